import Cells

/// Where a picture of so many elements is drawn in a pane, and which element is where.
struct PictureFit: Equatable, Sendable {
  /// Of the picture, in elements: patches, heads, pixels of a photograph.
  let rows: Int
  let columns: Int
  /// Of what is drawn, in pixels: one column wide, two to a row on top of each other.
  let width: Int
  let height: Int
  let area: Rect

  private init(rows: Int, columns: Int, width: Int, height: Int, at corner: Rect) {
    self.rows = rows
    self.columns = columns
    self.width = width
    self.height = height
    area = Rect(column: corner.column, row: corner.row, columns: width, rows: (height + 1) / 2)
  }

  /// Whole enlargements, or evenly left-out elements where the picture is too large.
  ///
  /// - Parameters:
  ///   - pane: a title stands above the picture.
  ///   - below: rows of read-out and legend below it.
  ///   - keepsSquares: false lets the sides differ in scale, for pictures whose sides are different things.
  init(
    rows: Int, columns: Int, in pane: Rect, below: Int = 2, keepsSquares: Bool = true
  ) {
    let room = pane.splitTop(1).rest.splitBottom(below).rest
    let zoom = min(room.columns / max(columns, 1), 2 * room.rows / max(rows, 1))
    let width: Int
    let height: Int
    if !keepsSquares {
      width = columns <= room.columns ? columns * (room.columns / max(columns, 1)) : room.columns
      height =
        rows <= 2 * room.rows
        ? rows * min(2 * room.rows / max(rows, 1), 2) : 2 * room.rows
    } else if zoom >= 1 {
      width = columns * zoom
      height = rows * zoom
    } else {
      // One factor for both sides, so that elements stay squares, except where a picture is much wider than high.
      let shrink = Self.scale(width: columns, height: rows, in: room)
      width = min(max(Int(Double(columns) * shrink), 1), max(room.columns, 0))
      height = min(max(Int(Double(rows) * shrink), min(rows, 2)), max(2 * room.rows, 0))
    }
    self.init(rows: rows, columns: columns, width: width, height: height, at: room)
  }

  /// As large as it fits with the sides of a picture of `width` by `height`.
  init(rows: Int, columns: Int, width: Int, height: Int, in room: Rect) {
    let scale = Self.scale(width: width, height: height, in: room)
    self.init(
      rows: max(rows, 1), columns: max(columns, 1),
      width: min(max(Int(Double(width) * scale), 1), max(room.columns, 0)),
      height: min(max(Int(Double(height) * scale), 1), max(2 * room.rows, 0)), at: room)
  }

  /// Every element as a rectangle of `cell` pixels, or as many as there is room for.
  init(rows: Int, columns: Int, cell: (width: Int, height: Int), in room: Rect) {
    let (rows, columns) = (max(rows, 1), max(columns, 1))
    let fits = rows * cell.height <= 2 * room.rows
    self.init(
      rows: rows, columns: columns, width: min(columns * cell.width, room.columns),
      height: min(fits ? rows * cell.height : rows, 2 * room.rows), at: room)
  }

  /// The factor by which a picture fills the room.
  private static func scale(width: Int, height: Int, in room: Rect) -> Double {
    min(
      Double(room.columns) / Double(max(width, 1)), Double(2 * room.rows) / Double(max(height, 1)))
  }

  var isReduced: Bool { width < columns || height < rows }

  /// The element under a point of the screen.
  func element(at point: Point) -> (row: Int, column: Int)? {
    guard area.contains(point), width > 0, height > 0 else { return nil }
    let y = min(2 * (point.row - area.row), height - 1)
    return (y * rows / height, (point.column - area.column) * columns / width)
  }

  /// The cell of the screen in the middle of an element, with its pixel.
  func cell(row: Int, column: Int) -> (point: Point, x: Int, y: Int)? {
    guard width > 0, height > 0 else { return nil }
    let x = min((2 * column + 1) * width / (2 * max(columns, 1)), width - 1)
    let y = min((2 * row + 1) * height / (2 * max(rows, 1)), height - 1)
    return (Point(column: area.column + x, row: area.row + y / 2), x, y)
  }
}
