/// Which 2-D part of a tensor the heat map shows, and how fine.
struct SliceRequest: Hashable, Sendable {
  var entry: EntryReference
  var slice: SliceChoice
  /// Largest size of the picture, in pixels.
  var pixelRows: Int
  var pixelColumns: Int
}

/// Two axes of a tensor, an index on each of the others, and the stretch of rows and columns that is in view.
struct SliceChoice: Hashable, Sendable {
  /// Nil for tensors of rank 0 and 1, which are one row.
  var rowAxis: Int?
  /// Nil for scalars.
  var columnAxis: Int?
  /// The axis that the index keys move; nil when the two axes are all there are.
  var heldAxis: Int?
  /// One index an axis; those of the two shown axes are not used.
  var indices: [Int]
  var rows: Range<Int>
  var columns: Range<Int>
  let sizes: [Int]

  /// The last two axes, first index of all others.
  ///
  /// - Parameter sizes: the tensor's shape, no size negative.
  init(sizes: [Int]) {
    self.sizes = sizes
    let rank = sizes.count
    columnAxis = rank >= 1 ? rank - 1 : nil
    rowAxis = rank >= 2 ? rank - 2 : nil
    // Convolutions are [out, in, h, w]: out by in says more than one 3 by 3 kernel.
    if rank == 4, sizes[2] * sizes[3] <= 49 {
      rowAxis = 0
      columnAxis = 1
    }
    indices = Array(repeating: 0, count: rank)
    rows = 0..<0
    columns = 0..<0
    heldAxis = nil
    heldAxis = heldAxes.last
    resetZoom()
  }

  var rowCount: Int { rowAxis.map { sizes[$0] } ?? 1 }
  var columnCount: Int { columnAxis.map { sizes[$0] } ?? 1 }
  /// Axes that are neither rows nor columns.
  var heldAxes: [Int] { sizes.indices.filter { $0 != rowAxis && $0 != columnAxis } }
  var isWhole: Bool { rows == 0..<rowCount && columns == 0..<columnCount }

  mutating func resetZoom() {
    rows = 0..<max(rowCount, 0)
    columns = 0..<max(columnCount, 0)
  }

  /// Takes the next axis for the rows; swaps when it is the columns' one.
  mutating func cycleRowAxis() {
    guard let old = rowAxis else { return }
    let next = (old + 1) % sizes.count
    if next == columnAxis { columnAxis = old }
    rowAxis = next
    settleHeldAxis()
  }

  mutating func cycleColumnAxis() {
    guard let old = columnAxis, rowAxis != nil else { return }
    let next = (old + 1) % sizes.count
    if next == rowAxis { rowAxis = old }
    columnAxis = next
    settleHeldAxis()
  }

  mutating func cycleHeldAxis() {
    let axes = heldAxes
    guard let held = heldAxis, let place = axes.firstIndex(of: held) else { return }
    heldAxis = axes[(place + 1) % axes.count]
  }

  mutating func moveIndex(by step: Int) {
    guard let held = heldAxis, sizes[held] > 0 else { return }
    indices[held] = min(max(indices[held] + step, 0), sizes[held] - 1)
  }

  /// Halves (or doubles) what is in view, around a value.
  mutating func zoom(in isIn: Bool, row: Int, column: Int) {
    rows = Self.zoomed(rows, of: rowCount, around: row, isIn: isIn)
    columns = Self.zoomed(columns, of: columnCount, around: column, isIn: isIn)
  }

  private static func zoomed(
    _ range: Range<Int>, of count: Int, around center: Int, isIn: Bool
  ) -> Range<Int> {
    guard count > 0 else { return 0..<0 }
    let wanted = isIn ? max(range.count / 2, min(8, count)) : min(range.count * 2, count)
    let start = min(max(center - wanted / 2, 0), count - wanted)
    return start..<start + wanted
  }

  private mutating func settleHeldAxis() {
    if heldAxis == nil || heldAxis == rowAxis || heldAxis == columnAxis { heldAxis = heldAxes.last }
    resetZoom()
  }
}
