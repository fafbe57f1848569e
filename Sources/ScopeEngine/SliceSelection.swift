/// Which 2-D slice of a tensor to look at, and how large its picture may be.
package struct SliceSelection: Sendable, Hashable {
  /// Axis that runs down, and axis that runs across; nil rows for a vector.
  package var rowAxis: Int?
  package var columnAxis: Int?
  /// One index an axis; those of `rowAxis` and `columnAxis` are not looked at.
  package var indices: [Int]
  package var maximumRows: Int
  package var maximumColumns: Int

  package init(
    rowAxis: Int?, columnAxis: Int?, indices: [Int], maximumRows: Int, maximumColumns: Int
  ) {
    self.rowAxis = rowAxis
    self.columnAxis = columnAxis
    self.indices = indices
    self.maximumRows = maximumRows
    self.maximumColumns = maximumColumns
  }

  /// The last two axes at index 0 of all others.
  package static func lastTwoAxes(
    rank: Int, maximumRows: Int, maximumColumns: Int
  ) -> SliceSelection {
    SliceSelection(
      rowAxis: rank >= 2 ? rank - 2 : nil, columnAxis: rank >= 1 ? rank - 1 : nil,
      indices: Array(repeating: 0, count: rank), maximumRows: maximumRows,
      maximumColumns: maximumColumns)
  }
}
