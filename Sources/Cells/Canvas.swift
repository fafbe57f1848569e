/// The look of a page: theme, glyphs, and what the terminal can show.
package struct Appearance: Sendable, Equatable {
  package var theme: Theme
  package var symbols: Symbols
  package var depth: ColorDepth
  /// Size of a cell where pictures are shown in pixels of the screen; nil draws them with half blocks.
  package var graphics: CellPixels?

  package init(
    theme: Theme, symbols: Symbols = .utf8, depth: ColorDepth = .trueColor,
    graphics: CellPixels? = nil
  ) {
    self.theme = theme
    self.symbols = symbols
    self.depth = depth
    self.graphics = graphics
  }
}

/// A window on a page of cells: what views draw with.
///
/// Coordinates are the canvas's own; everything is clipped to its frame; every string goes through `SafeText`.
/// Sub-canvases share the page, so drawing in one shows in all.
package struct Canvas {
  private final class Page {
    var buffer: CellBuffer
    var cursor: Point?
    init(_ buffer: CellBuffer) { self.buffer = buffer }
  }

  private let page: Page
  /// Position and size on the page, for finding out where a mouse click fell.
  package let frame: Rect
  /// The part of the page that may be touched.
  private let clip: Rect
  package let appearance: Appearance

  package init(size: Size, appearance: Appearance) {
    let base = appearance.theme.style(.text)
    let style = Style(foreground: base.foreground, background: appearance.theme.background)
    page = Page(CellBuffer(size: size, fill: Cell(style: style)))
    frame = Rect(size)
    clip = frame
    self.appearance = appearance
  }

  private init(page: Page, frame: Rect, clip: Rect, appearance: Appearance) {
    self.page = page
    self.frame = frame
    self.clip = clip
    self.appearance = appearance
  }

  package var size: Size { Size(columns: frame.columns, rows: frame.rows) }
  package var columns: Int { frame.columns }
  package var rows: Int { frame.rows }
  /// The whole canvas in its own coordinates.
  package var bounds: Rect { Rect(size) }
  package var symbols: Symbols { appearance.symbols }
  package var theme: Theme { appearance.theme }
  /// The page drawn so far.
  package var buffer: CellBuffer { page.buffer }
  /// Where the terminal's cursor should stand, in page coordinates.
  package var cursor: Point? { page.cursor }

  /// The part `rect` (own coordinates) as a canvas of its own.
  ///
  /// It keeps its size where it hangs over; drawing is clipped.
  package func sub(_ rect: Rect) -> Canvas {
    let moved = Rect(
      column: frame.column + rect.column, row: frame.row + rect.row, columns: rect.columns,
      rows: rect.rows)
    return Canvas(
      page: page, frame: moved, clip: clip.intersection(moved), appearance: appearance)
  }

  package func style(_ role: Role) -> Style { theme.style(role) }

  /// Places the terminal's cursor, if the point is visible.
  package func setCursor(_ point: Point) {
    let absolute = Point(column: frame.column + point.column, row: frame.row + point.row)
    if clip.contains(absolute) { page.cursor = absolute }
  }

  // MARK: Text

  /// Writes text and says how many columns it took.
  ///
  /// - Parameters:
  ///   - text: anything; cleaned by `SafeText`.
  ///   - point: the first cell, own coordinates; may lie outside.
  ///   - style: a nil background keeps the one that is there.
  ///   - maxColumns: the room; nil means up to the canvas's edge.
  ///   - truncation: where a mark replaces what does not fit.
  @discardableResult
  package func put(
    _ text: String, at point: Point, style: Style, maxColumns: Int? = nil,
    truncation: Truncation = .end
  ) -> Int {
    let room = min(maxColumns ?? Int.max, columns - point.column)
    guard room > 0 else { return 0 }
    var safe = SafeText(Self.ends(of: text, columns: room), asciiOnly: symbols.asciiOnly)
    if safe.columns > room {
      safe = safe.truncated(to: room, truncation, mark: SafeText(symbols.ellipsis))
    }
    let row = frame.row + point.row
    guard row >= clip.row && row < clip.endRow else { return safe.columns }
    var column = frame.column + point.column
    for glyph in safe.glyphs {
      place(glyph, column: column, row: row, style: style)
      column += glyph.columns
    }
    return safe.columns
  }

  /// The text, or of one that is very long no more than its ends, which are all that a line of `columns` can show: names from files
  /// may be megabytes long.
  private static func ends(of text: String, columns: Int) -> String {
    // Every column takes a code point at least; a code point takes four bytes and brings four marks at most.
    let count = min(columns, 4_096) * GlyphWidth.maximumCodePoints
    guard text.utf8.count > 8 * count else { return text }
    let scalars = text.unicodeScalars
    return String(String.UnicodeScalarView(scalars.prefix(count)))
      + String(String.UnicodeScalarView(scalars.suffix(count)))
  }

  @discardableResult
  package func put(
    _ text: String, at point: Point, role: Role = .text, maxColumns: Int? = nil,
    truncation: Truncation = .end
  ) -> Int {
    put(
      text, at: point, style: theme.style(role), maxColumns: maxColumns, truncation: truncation)
  }

  /// Writes text that ends before column `end` (exclusive); for numbers.
  @discardableResult
  package func putRight(
    _ text: String, endingAt end: Int, row: Int, role: Role = .text, maxColumns: Int? = nil
  ) -> Int {
    let room = min(maxColumns ?? Int.max, end)
    let width = min(columns(of: text), max(room, 0))
    return put(
      text, at: Point(column: end - width, row: row), role: role, maxColumns: width)
  }

  /// Writes several pieces one after the other; says how many columns they took together.
  @discardableResult
  package func put(_ spans: [Span], at point: Point, maxColumns: Int? = nil) -> Int {
    var used = 0
    for span in spans {
      if let maxColumns, used >= maxColumns { break }
      used += put(
        span.text, at: Point(column: point.column + used, row: point.row),
        style: span.style ?? theme.style(span.role), maxColumns: maxColumns.map { $0 - used })
    }
    return used
  }

  /// Columns that `put` would take without a limit.
  package func columns(of text: String) -> Int {
    SafeText.columns(of: text, asciiOnly: symbols.asciiOnly)
  }

  // MARK: Areas

  /// Blanks an area with a style.
  package func fill(_ rect: Rect, style: Style) {
    let moved = Rect(
      column: frame.column + rect.column, row: frame.row + rect.row, columns: rect.columns,
      rows: rect.rows
    ).intersection(clip)
    guard !moved.isEmpty else { return }
    let blank = SafeText.Glyph(text: " ", columns: 1)
    for row in moved.row..<moved.endRow {
      for column in moved.column..<moved.endColumn {
        place(blank, column: column, row: row, style: style, keepsBackground: false)
      }
    }
  }

  package func fill(_ rect: Rect, role: Role) { fill(rect, style: theme.style(role)) }

  /// Gives the cells of an area another style and leaves their glyphs: for selection bars.
  ///
  /// A nil colour keeps what is there; attributes are added.
  package func restyle(_ rect: Rect, style: Style) {
    let moved = Rect(
      column: frame.column + rect.column, row: frame.row + rect.row, columns: rect.columns,
      rows: rect.rows
    ).intersection(clip)
    guard !moved.isEmpty else { return }
    for row in moved.row..<moved.endRow {
      for column in moved.column..<moved.endColumn {
        var cell = page.buffer[column, row]
        if let color = style.foreground { cell.style.foreground = color }
        if let color = style.background { cell.style.background = color }
        cell.style.attributes.formUnion(style.attributes)
        page.buffer[column, row] = cell
      }
    }
  }

  package func restyle(_ rect: Rect, role: Role) { restyle(rect, style: theme.style(role)) }

  /// A thin line across the canvas with a title in it.
  package func horizontalRule(row: Int, title: String? = nil, focused: Bool = false) {
    horizontalRule(row: row, from: 0, to: columns, title: title, focused: focused)
  }

  package func horizontalRule(
    row: Int, from start: Int, to end: Int, title: String? = nil, focused: Bool = false
  ) {
    guard end > start else { return }
    let style = theme.style(.rule)
    for column in start..<end {
      put(symbols.horizontal, at: Point(column: column, row: row), style: style)
    }
    guard let title, end - start > 4 else { return }
    put(
      " \(title) ", at: Point(column: start + 1, row: row),
      role: focused ? .titleFocused : .title, maxColumns: end - start - 2)
  }

  /// A thin line down the canvas.
  package func verticalRule(column: Int, from start: Int = 0, to end: Int? = nil) {
    let style = theme.style(.rule)
    let last = min(end ?? rows, rows)
    guard start < last else { return }
    for row in start..<last {
      put(symbols.vertical, at: Point(column: column, row: row), style: style)
    }
  }

  /// One cell painted with a background colour, or with two colours as upper and lower half.
  package func halfBlock(at point: Point, upper: Color?, lower: Color?) {
    let column = frame.column + point.column
    let row = frame.row + point.row
    guard clip.contains(Point(column: column, row: row)) else { return }
    // Equal halves are a space: anti-aliased fonts leave faint outlines around half blocks.
    if upper == lower {
      place(
        SafeText.Glyph(text: " ", columns: 1), column: column, row: row,
        style: Style(background: upper), keepsBackground: upper == nil)
    } else if upper == nil {
      place(
        SafeText.Glyph(text: symbols.lowerHalf, columns: 1), column: column, row: row,
        style: Style(foreground: lower))
    } else {
      place(
        SafeText.Glyph(text: symbols.upperHalf, columns: 1), column: column, row: row,
        style: Style(foreground: upper, background: lower))
    }
  }

  // MARK: Pictures

  /// Draws a picture that can be made at any size: in pixels of the screen where the terminal shows them, else as half blocks.
  ///
  /// - Parameters:
  ///   - width: in cells.
  ///   - height: in halves of cells.
  ///   - content: differs where the picture differs.
  ///   - draw: makes the picture at a size; called later, or not at all, for pixels of the screen.
  /// - Returns: what was drawn as half blocks; nil where pixels of the screen are shown.
  @discardableResult
  package func picture(
    at point: Point, width: Int, height: Int, content: Int,
    _ draw: @escaping @Sendable (PictureSize) -> PixelGrid
  ) -> PixelGrid? {
    let area = Rect(column: point.column, row: point.row, columns: width, rows: (height + 1) / 2)
    if let cell = appearance.graphics, placePicture(area, height, content, cell, draw) {
      return nil
    }
    let grid = draw(PictureSize(width: width, height: height, isFine: false))
    picture(grid, at: point)
    return grid
  }

  /// False where a part of the picture would be clipped or it has more cells than can be counted.
  private func placePicture(
    _ area: Rect, _ height: Int, _ content: Int, _ cell: CellPixels,
    _ draw: @escaping @Sendable (PictureSize) -> PixelGrid
  ) -> Bool {
    let moved = Rect(
      column: frame.column + area.column, row: frame.row + area.row, columns: area.columns,
      rows: area.rows)
    guard !moved.isEmpty, moved.intersection(clip) == moved, cell.width > 0, cell.height > 0,
      max(moved.columns, moved.rows) <= PicturePlaceholder.limit
    else { return false }
    // Terminals scale up what is sent small; nobody needs more pixels than this.
    let longest = max(moved.columns * cell.width, moved.rows * cell.height)
    let shrink = (longest + Self.mostPixels - 1) / Self.mostPixels
    let wide = max(moved.columns * cell.width / shrink, 1)
    let high = max(moved.rows * cell.height / shrink, 1)
    let used = max(high * height / (2 * moved.rows), 1)
    var hasher = Hasher()
    hasher.combine(content)
    hasher.combine(wide)
    hasher.combine(high)
    page.buffer.pictures.append(
      PlacedPicture(columns: moved.columns, rows: moved.rows, content: hasher.finalize()) {
        draw(PictureSize(width: wide, height: used, isFine: true)).padded(height: high)
      })
    let number = UInt32(page.buffer.pictures.count)
    for row in 0..<moved.rows {
      for column in 0..<moved.columns {
        guard let text = PicturePlaceholder.glyph(row: row, column: column) else { continue }
        let (x, y) = (moved.column + column, moved.row + row)
        place(SafeText.Glyph(text: text, columns: 1), column: x, row: y, style: Style())
        page.buffer[x, y].picture = number
      }
    }
    return true
  }

  private static let mostPixels = 800

  // MARK: Cells

  /// Writes one glyph; heals wide glyphs that it cuts, and replaces one that the clip would cut by a blank.
  private func place(
    _ glyph: SafeText.Glyph, column: Int, row: Int, style: Style, keepsBackground: Bool = true
  ) {
    guard row >= clip.row && row < clip.endRow else { return }
    if glyph.columns == 2 && (column < clip.column || column + 1 >= clip.endColumn) {
      let blank = SafeText.Glyph(text: " ", columns: 1)
      for part in column...column + 1 where part >= clip.column && part < clip.endColumn {
        place(blank, column: part, row: row, style: style, keepsBackground: keepsBackground)
      }
      return
    }
    guard column >= clip.column && column < clip.endColumn else { return }
    var shown = style
    if keepsBackground && shown.background == nil {
      shown.background = page.buffer[column, row].style.background
    }
    heal(column: column, row: row)
    page.buffer[column, row] = Cell(
      glyph: glyph.text, style: shown, width: UInt8(glyph.columns))
    if glyph.columns == 2 {
      heal(column: column + 1, row: row)
      page.buffer[column + 1, row] = Cell(glyph: "", style: shown, width: 0)
    }
  }

  /// Before a cell is overwritten: the other half of a wide glyph that covers it becomes a blank.
  private func heal(column: Int, row: Int) {
    let old = page.buffer[column, row]
    if old.width == 0 && column > 0 {
      page.buffer[column - 1, row].glyph = " "
      page.buffer[column - 1, row].width = 1
    } else if old.width == 2 && column + 1 < page.buffer.size.columns {
      page.buffer[column + 1, row].glyph = " "
      page.buffer[column + 1, row].width = 1
    }
  }
}

/// A piece of a line with its own style.
package struct Span: Sendable, Equatable {
  package var text: String
  package var role: Role
  /// Replaces the role's style when present.
  package var style: Style?

  package init(_ text: String, _ role: Role = .text) {
    self.text = text
    self.role = role
  }

  package init(_ text: String, style: Style) {
    self.text = text
    role = .text
    self.style = style
  }
}
