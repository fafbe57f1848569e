import Glibc
package import Inference

/// How alike two positions are by rotary embedding alone.
///
/// For a query and a key that are equal, isotropic and of unit length, the expected score of a key at p from a query at p0 is
///
///     K(p, p0) = 1/D · Σ_d cos(Σ_a W[d][a] · (p_a − p0_a))
///
/// Channels that see no position contribute 1, so K(p0, p0) = 1. This holds for V-JEPA 2 too, although its pairs are no rotations.
package struct RotaryKernel: Sendable, Equatable {
  package var grid: TokenGrid
  /// Frame, row and column of the query.
  package var query: (frame: Int, row: Int, column: Int) {
    (queryFrame, queryRow, queryColumn)
  }
  private var queryFrame: Int
  private var queryRow: Int
  private var queryColumn: Int
  /// `[frames, rows, columns]`, row-major, whatever the token order of the model.
  package var values: [Double]

  package init(
    of specification: RotarySpecification, frame: Int = 0, row: Int, column: Int
  ) throws(RotaryError) {
    let grid = specification.grid
    guard (0..<grid.frames).contains(frame), (0..<grid.rows).contains(row),
      (0..<grid.columns).contains(column)
    else {
      throw RotaryError("the query (\(frame), \(row), \(column)) is outside the grid \(grid)")
    }
    let embedding = try specification.embedding()
    let coordinates = specification.axes.map { specification.axisCoordinates($0) }
    let origin = specification.axes.enumerated().map { index, axis in
      coordinates[index][axis == .t ? frame : axis == .y ? row : column]
    }
    // The angle is a sum over axes; for bands that see one axis the sum falls apart into one profile an axis.
    var values = [Double](repeating: 0, count: grid.tokenCount)
    var mixedChannels: [Int] = []
    var profiles = specification.axes.map { _ in [Double]() }
    for axis in profiles.indices {
      profiles[axis] = [Double](repeating: 0, count: coordinates[axis].count)
    }
    var constant = 0.0
    for channel in 0..<embedding.headWidth {
      let row = (0..<embedding.axes.count).map { embedding.frequency(channel: channel, axis: $0) }
      let active = row.indices.filter { row[$0] != 0 }
      if active.isEmpty {
        constant += 1
      } else if active.count == 1 {
        let axis = active[0]
        for (index, coordinate) in coordinates[axis].enumerated() {
          profiles[axis][index] += cos(row[axis] * (coordinate - origin[axis]))
        }
      } else {
        mixedChannels.append(channel)
      }
    }
    let width = Double(embedding.headWidth)
    let hasTime = specification.axes.count == 3
    for t in 0..<grid.frames {
      for y in 0..<grid.rows {
        for x in 0..<grid.columns {
          var sum = constant
          let indices = hasTime ? [t, y, x] : [y, x]
          for (axis, index) in indices.enumerated() {
            sum += profiles[axis][min(index, profiles[axis].count - 1)]
          }
          for channel in mixedChannels {
            var angle = 0.0
            for (axis, index) in indices.enumerated() {
              angle +=
                embedding.frequency(channel: channel, axis: axis)
                * (coordinates[axis][index] - origin[axis])
            }
            sum += cos(angle)
          }
          values[(t * grid.rows + y) * grid.columns + x] = sum / width
        }
      }
    }
    self.grid = grid
    self.values = values
    queryFrame = frame
    queryRow = row
    queryColumn = column
  }

  /// The picture of one frame, `[rows, columns]`.
  package func frame(_ index: Int) -> ArraySlice<Double> {
    let size = grid.rows * grid.columns
    return values[index * size..<(index + 1) * size]
  }

  /// K against time at the query's row and column.
  package var timeProfile: [Double] {
    (0..<grid.frames).map {
      values[($0 * grid.rows + queryRow) * grid.columns + queryColumn]
    }
  }
}
