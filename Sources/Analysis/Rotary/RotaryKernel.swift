import Glibc
package import Inference

/// How alike two positions are by rotary embedding alone.
///
/// For a query and a key that are equal, isotropic and of unit length, the expected score of a key at p from a query at p0 is
///
///     K(p, p0) = 1/D · Σ_d cos(Σ_a W[d][a] · (p_a − p0_a))
///
/// Channels that see no position contribute 1, so K(p0, p0) = 1. This holds for V-JEPA 2 too, although its pairs are no rotations.
///
/// Bands that see one axis add up to one profile an axis, so a value costs three additions; only mixed bands need a cosine each.
package struct RotaryKernel: Sendable, Equatable {
  package let grid: TokenGrid
  /// Frame, row and column of the query.
  package var query: (frame: Int, row: Int, column: Int) {
    (queryFrame, queryRow, queryColumn)
  }
  private let queryFrame: Int
  private let queryRow: Int
  private let queryColumn: Int
  private let axes: [RotaryEmbedding.Axis]
  /// Distance from the query in coordinate units, one list an axis.
  private let distances: [[Double]]
  /// Σ cos over the bands of one axis, at each of its patches.
  private let profiles: [[Double]]
  /// Number of channels that see no position.
  private let constant: Double
  /// `[channels, axes]` of the bands that see several axes.
  private let mixed: [[Double]]
  private let headWidth: Double

  package init(
    of specification: RotarySpecification, frame: Int = 0, row: Int, column: Int
  ) throws(RotaryError) {
    let grid = specification.grid
    guard (0..<grid.frames).contains(frame), (0..<grid.rows).contains(row),
      (0..<grid.columns).contains(column)
    else {
      let place = specification.axes.count == 3 ? [frame, row, column] : [row, column]
      throw RotaryError(
        "the query (\(place.map(String.init).joined(separator: ", "))) is outside the grid \(grid)")
    }
    let embedding = try specification.embedding()
    let distances = specification.axes.map { axis in
      let coordinates = specification.axisCoordinates(axis)
      let place = axis == .t ? frame : axis == .y ? row : column
      let origin = coordinates[min(place, coordinates.count - 1)]
      return coordinates.map { $0 - origin }
    }
    var profiles = distances.map { [Double](repeating: 0, count: $0.count) }
    var mixed: [[Double]] = []
    var constant = 0.0
    for channel in 0..<embedding.headWidth {
      let row = (0..<embedding.axes.count).map { embedding.frequency(channel: channel, axis: $0) }
      let active = row.indices.filter { row[$0] != 0 }
      if active.isEmpty {
        constant += 1
      } else if active.count == 1 {
        let axis = active[0]
        for (index, distance) in distances[axis].enumerated() {
          profiles[axis][index] += cos(row[axis] * distance)
        }
      } else {
        mixed.append(row)
      }
    }
    self.grid = grid
    queryFrame = frame
    queryRow = row
    queryColumn = column
    axes = specification.axes
    self.distances = distances
    self.profiles = profiles
    self.constant = constant
    self.mixed = mixed
    headWidth = Double(embedding.headWidth)
  }

  /// K at one patch.
  package func value(frame: Int, row: Int, column: Int) -> Double {
    let y = axes.count - 2
    let x = axes.count - 1
    var sum = constant + profiles[y][row] + profiles[x][column]
    if axes.count == 3 { sum += profiles[0][min(frame, profiles[0].count - 1)] }
    for frequencies in mixed {
      var angle = frequencies[y] * distances[y][row] + frequencies[x] * distances[x][column]
      if axes.count == 3 {
        angle += frequencies[0] * distances[0][min(frame, distances[0].count - 1)]
      }
      sum += cos(angle)
    }
    return sum / headWidth
  }

  /// The least K of the whole grid; nil where bands see several axes, so that it takes all values to know.
  package var least: Double? {
    guard mixed.isEmpty else { return nil }
    return profiles.reduce(constant) { $0 + ($1.min() ?? 0) } / headWidth
  }

  /// The picture of one frame, `[rows, columns]`, row-major.
  package func frame(_ index: Int) -> [Double] {
    let y = axes.count - 2
    let x = axes.count - 1
    let time = axes.count == 3 ? min(index, profiles[0].count - 1) : 0
    var picture: [Double] = []
    picture.reserveCapacity(grid.rows * grid.columns)
    for row in 0..<grid.rows {
      let base = constant + profiles[y][row] + (axes.count == 3 ? profiles[0][time] : 0)
      for column in 0..<grid.columns { picture.append(base + profiles[x][column]) }
    }
    // cos(a + b) = cos a cos b - sin a sin b: sides of cosines instead of a cosine a patch.
    for frequencies in mixed {
      let offset = axes.count == 3 ? frequencies[0] * distances[0][time] : 0
      let columns = (0..<grid.columns).map { column in
        let angle = frequencies[x] * distances[x][column]
        return (cos(angle), sin(angle))
      }
      for row in 0..<grid.rows {
        let angle = frequencies[y] * distances[y][row] + offset
        let (cosine, sine) = (cos(angle), sin(angle))
        for (column, pair) in columns.enumerated() {
          picture[row * grid.columns + column] += cosine * pair.0 - sine * pair.1
        }
      }
    }
    return picture.map { $0 / headWidth }
  }

  /// `[frames, rows, columns]`, row-major, whatever the token order of the model.
  package var values: [Double] { (0..<grid.frames).flatMap { frame($0) } }

  /// K against time at the query's row and column.
  package var timeProfile: [Double] {
    (0..<grid.frames).map { value(frame: $0, row: queryRow, column: queryColumn) }
  }
}
