/// Size of a terminal, pane or picture, in cells.
package struct Size: Sendable, Hashable {
  package var columns: Int
  package var rows: Int

  package init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }
}

/// A cell position; the top left one is (0, 0).
package struct Point: Sendable, Hashable {
  package var column: Int
  package var row: Int

  package init(column: Int, row: Int) {
    self.column = column
    self.row = row
  }
}

/// A rectangle of cells.
///
/// May be empty, never negative.
package struct Rect: Sendable, Hashable {
  package var column: Int
  package var row: Int
  package var columns: Int
  package var rows: Int

  package init(column: Int, row: Int, columns: Int, rows: Int) {
    self.column = column
    self.row = row
    self.columns = max(columns, 0)
    self.rows = max(rows, 0)
  }

  package init(_ size: Size) {
    self.init(column: 0, row: 0, columns: size.columns, rows: size.rows)
  }

  package var isEmpty: Bool { columns == 0 || rows == 0 }
  /// The upper left cell.
  package var corner: Point { Point(column: column, row: row) }
  package var endColumn: Int { column + columns }
  package var endRow: Int { row + rows }

  package func contains(_ point: Point) -> Bool {
    point.column >= column && point.column < endColumn && point.row >= row && point.row < endRow
  }

  package func intersection(_ other: Rect) -> Rect {
    let left = max(column, other.column)
    let top = max(row, other.row)
    return Rect(
      column: left, row: top, columns: min(endColumn, other.endColumn) - left,
      rows: min(endRow, other.endRow) - top)
  }

  package func inset(columns dx: Int = 0, rows dy: Int = 0) -> Rect {
    Rect(column: column + dx, row: row + dy, columns: columns - 2 * dx, rows: rows - 2 * dy)
  }

  /// Cuts `count` rows (columns) off one side; the first part is the cut piece.
  package func splitTop(_ count: Int) -> (top: Rect, rest: Rect) {
    let n = min(max(count, 0), rows)
    return (
      Rect(column: column, row: row, columns: columns, rows: n),
      Rect(column: column, row: row + n, columns: columns, rows: rows - n)
    )
  }

  package func splitBottom(_ count: Int) -> (bottom: Rect, rest: Rect) {
    let n = min(max(count, 0), rows)
    return (
      Rect(column: column, row: endRow - n, columns: columns, rows: n),
      Rect(column: column, row: row, columns: columns, rows: rows - n)
    )
  }

  package func splitLeft(_ count: Int) -> (left: Rect, rest: Rect) {
    let n = min(max(count, 0), columns)
    return (
      Rect(column: column, row: row, columns: n, rows: rows),
      Rect(column: column + n, row: row, columns: columns - n, rows: rows)
    )
  }
}
