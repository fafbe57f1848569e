package import Cells
import Glibc
import Tensors

/// Shows pages on the terminal through curses; hands over only cells that changed.
package struct CursesPainter: Painter {
  private let window: Curses.Window
  private let depth: ColorDepth
  private var last: CellBuffer?
  /// Nil where cells cannot name pictures.
  private var board: PictureBoard?

  init(window: Curses.Window, depth: ColorDepth, insideTmux: Bool) {
    self.window = window
    self.depth = depth
    board = PictureBoard.numbers(depth).map { PictureBoard(numbers: $0, insideTmux: insideTmux) }
  }

  package var size: Size { Size(columns: Curses.columns, rows: Curses.rows) }

  /// Forgets what is on the screen: after a resize, and when we come back from being stopped.
  package mutating func invalidate() {
    last = nil
    removePictures()
  }

  /// Takes the pictures off the terminal; the next frame sends its own again.
  mutating func removePictures() {
    (board?.clear() ?? []).writeAll(to: STDOUT_FILENO)
  }

  package mutating func present(_ page: CellBuffer, cursor: Point?) {
    guard var board, !board.isEmpty || !page.pictures.isEmpty else {
      return show(page, cursor: cursor)
    }
    let (numbered, change) = board.resolve(page)
    self.board = board
    // Curses writes at the end of `show`, so these stand before and behind its bytes; none of them moves the cursor.
    change.before.writeAll(to: STDOUT_FILENO)
    show(numbered, cursor: cursor)
    change.after.writeAll(to: STDOUT_FILENO)
  }

  private mutating func show(_ page: CellBuffer, cursor: Point?) {
    let columns = min(page.size.columns, Curses.columns)
    let rows = min(page.size.rows, Curses.rows)
    let known = last.flatMap { $0.size == page.size ? $0 : nil }
    if known == nil {
      Curses.erase(window)
      Curses.repaintAll(window)
    }
    var previous: (style: Style, picture: UInt32)?
    var attributes: UInt32 = 0
    var pair: Int32 = 0
    for row in 0..<max(rows, 0) {
      for column in 0..<max(columns, 0) {
        let cell = page[column, row]
        if let known, known[column, row] == cell { continue }
        guard cell.width > 0 else { continue }
        if previous.map({ $0.style != cell.style || $0.picture != cell.picture }) ?? true {
          (attributes, pair) =
            cell.picture == 0 ? look(of: cell.style) : look(ofPicture: cell.picture, cell.style)
          previous = (cell.style, cell.picture)
        }
        paint(cell, column: column, row: row, attributes: attributes, pair: pair)
      }
    }
    last = page
    let shown = cursor.flatMap { $0.column < columns && $0.row < rows ? $0 : nil }
    Curses.show(window, cursor: shown.map { ($0.column, $0.row) })
  }

  private func paint(_ cell: Cell, column: Int, row: Int, attributes: UInt32, pair: Int32) {
    var glyph = cell.glyph
    if let first = glyph.unicodeScalars.first, first.value >= 0x7F,
      Curses.libraryWidth(first) != Int(cell.width)
    {
      // Curses would count other columns than we do: keep the grid and lose the glyph.
      glyph = "?"
      if cell.width == 2 {
        Curses.put(
          window, row: row, column: column + 1, glyph: "?", attributes: attributes, pair: pair)
      }
    }
    Curses.put(window, row: row, column: column, glyph: glyph, attributes: attributes, pair: pair)
  }

  /// The foreground colour of a placeholder is the number of its picture.
  private func look(
    ofPicture picture: UInt32, _ style: Style
  ) -> (attributes: UInt32, pair: Int32) {
    (0, Curses.pair(Int(picture), style.background.map(number) ?? -1))
  }

  private func look(of style: Style) -> (attributes: UInt32, pair: Int32) {
    var bits: UInt32 = 0
    if style.attributes.contains(.bold) { bits |= Curses.bold }
    if style.attributes.contains(.dim) { bits |= Curses.dim }
    if style.attributes.contains(.underline) { bits |= Curses.underline }
    if style.attributes.contains(.reverse) { bits |= Curses.reverse }
    if style.attributes.contains(.italic) { bits |= Curses.italic }
    guard depth != .mono else { return (bits, 0) }
    var foreground = style.foreground.map(number) ?? -1
    var background = style.background.map(number) ?? -1
    if depth == .indexed16 && Curses.colors < 16 {
      // Eight colours: the bright ones are bold.
      if foreground >= 8 {
        foreground -= 8
        bits |= Curses.bold
      }
      if background >= 8 { background -= 8 }
    }
    return (bits, Curses.pair(foreground, background))
  }

  private func number(_ color: Color) -> Int {
    if let index = depth.index(nearest: color) { return index }
    let value = Int(color.red) << 16 | Int(color.green) << 8 | Int(color.blue)
    // In direct-colour entries the values 0 to 7 mean the eight ANSI colours.
    return max(value, 8)
  }
}
