package import Cells

/// Where the parts of the page stand, in coordinates of the screen.
package struct RopeLayout: Equatable, Sendable {
  package struct FieldPlace: Equatable, Sendable {
    package var field: RopeField
    package var area: Rect
  }

  package let headline: Rect
  /// Empty where only one pane has room.
  package let left: Rect
  package let kernel: Rect
  package let spectrum: Rect
  package let fields: [FieldPlace]
  /// Columns of the lines between the panes.
  package let rules: [Int]

  package init(_ body: Rect, _ rope: RopeState, symbols: Symbols = .utf8) {
    let inner = body.inset(columns: 1)
    let most = body.rows >= 16 ? 4 : 1
    var places: [FieldPlace] = []
    var column = inner.column
    var line = 0
    for field in RopeField.fields(of: rope) {
      let width = SafeText.columns(of: Self.text(field, rope, symbols))
      if column + width > inner.endColumn, column > inner.column {
        column = inner.column
        line += 1
      }
      places.append(
        FieldPlace(
          field: field,
          area: Rect(column: column, row: line, columns: min(width, inner.columns), rows: 1)))
      column += width + 3
    }
    let lines = min(line + 1, most)
    // Where the lines do not all fit, those around the chosen field are on show.
    let chosen = places.first { $0.field == rope.field }?.area.row ?? 0
    let first = max(min(chosen, line + 1 - lines), 0)
    let foot = inner.endRow - lines
    fields = places.compactMap { place in
      guard place.area.row >= first, place.area.row < first + lines else { return nil }
      var moved = place
      moved.area.row = foot + place.area.row - first
      return moved
    }
    headline = Rect(column: inner.column, row: inner.row, columns: inner.columns, rows: 1)
    let hasGaps = body.rows >= 16
    let top = inner.row + (hasGaps ? 2 : 1)
    let panes = Rect(
      column: inner.column, row: top, columns: inner.columns,
      rows: foot - top - (hasGaps ? 1 : 0))
    let none = Rect(column: panes.endColumn, row: panes.row, columns: 0, rows: panes.rows)
    if panes.columns >= Self.threePanes {
      let side = panes.columns * 31 / 100
      let (left, rest) = panes.splitLeft(side)
      let (kernel, spectrum) = rest.splitLeft(3).rest.splitLeft(side)
      self.left = left
      self.kernel = kernel
      self.spectrum = spectrum.splitLeft(3).rest
      rules = [left.endColumn + 1, kernel.endColumn + 1]
    } else {
      // One pane: the picture that the keys move on, or what stands left of it while fields are changed.
      let showsKernel = rope.focus == .picture
      left = showsKernel ? none : panes
      kernel = showsKernel ? panes : none
      spectrum = none
      rules = []
    }
  }

  static let threePanes = 66

  static func text(_ field: RopeField, _ rope: RopeState, _ symbols: Symbols) -> String {
    "\(field.label(symbols)) \(symbols.chevronLeft) \(field.value(rope)) \(symbols.chevronRight)"
  }

  package init(_ state: State) {
    self.init(FrameLayout(state.size).body, state.rope)
  }
}

/// A picture of so many patches in a pane: whole enlargements, or evenly left-out patches where it is too large.
package struct PictureFit: Equatable, Sendable {
  package let rows: Int
  package let columns: Int
  /// Pixels, two to a cell on top of each other.
  package let width: Int
  package let height: Int
  package let area: Rect

  /// - Parameters:
  ///   - pane: title above, read-out and legend below the picture.
  ///   - keepsSquares: false lets the sides differ in scale, for pictures whose sides are different things.
  package init(
    rows: Int, columns: Int, in pane: Rect, below: Int = 2, keepsSquares: Bool = true
  ) {
    self.rows = rows
    self.columns = columns
    let room = pane.splitTop(1).rest.splitBottom(below).rest
    let zoom = min(room.columns / max(columns, 1), 2 * room.rows / max(rows, 1))
    if !keepsSquares {
      width = columns <= room.columns ? columns * (room.columns / max(columns, 1)) : room.columns
      height =
        rows <= 2 * room.rows
        ? rows * min(2 * room.rows / max(rows, 1), 2) : 2 * room.rows
    } else if zoom >= 1 {
      width = columns * zoom
      height = rows * zoom
    } else {
      // One factor for both sides, so that patches stay squares, except where a picture is much wider than high.
      let shrink = min(
        Double(room.columns) / Double(max(columns, 1)), Double(2 * room.rows) / Double(max(rows, 1))
      )
      width = min(max(Int(Double(columns) * shrink), 1), max(room.columns, 0))
      height = min(max(Int(Double(rows) * shrink), min(rows, 2)), max(2 * room.rows, 0))
    }
    area = Rect(column: room.column, row: room.row, columns: width, rows: (height + 1) / 2)
  }

  package var isReduced: Bool { width < columns || height < rows }

  /// The patch under a point of the screen.
  package func patch(at point: Point) -> (row: Int, column: Int)? {
    guard area.contains(point), width > 0, height > 0 else { return nil }
    let y = min(2 * (point.row - area.row), height - 1)
    return (y * rows / height, (point.column - area.column) * columns / width)
  }

  /// The pixel in the middle of a patch.
  func pixel(row: Int, column: Int) -> (x: Int, y: Int) {
    let x = (2 * column + 1) * width / (2 * max(columns, 1))
    let y = (2 * row + 1) * height / (2 * max(rows, 1))
    return (min(x, max(width - 1, 0)), min(y, max(height - 1, 0)))
  }
}
