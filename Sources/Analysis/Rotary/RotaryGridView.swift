import Glibc
package import Inference

/// Pictures of cosines and sines of a rotary embedding.
package enum RotaryGridView {
  package enum Function: String, Sendable, CaseIterable {
    case cosine = "cos"
    case sine = "sin"
  }

  /// One channel over the grid.
  ///
  /// - Parameter frames: which frames; nil for all.
  /// - Returns: `[frames, rows, columns]`, row-major, between minus and plus the scale of the embedding.
  package static func channel(
    _ channel: Int, function: Function, of specification: RotarySpecification,
    frames: Range<Int>? = nil
  ) throws(RotaryError) -> [Double] {
    let embedding = try specification.embedding()
    guard (0..<embedding.headWidth).contains(channel) else {
      throw RotaryError("channel \(channel) is outside 0 to \(embedding.headWidth - 1)")
    }
    let coordinates = specification.axes.map { specification.axisCoordinates($0) }
    let grid = specification.grid
    let frames = (frames ?? 0..<grid.frames).clamped(to: 0..<grid.frames)
    let frequency = specification.axes.indices.map {
      embedding.frequency(channel: channel, axis: $0)
    }
    let (y, x) = (frequency.count - 2, frequency.count - 1)
    var values: [Double] = []
    values.reserveCapacity(frames.count * grid.rows * grid.columns)
    for frame in frames {
      let time =
        frequency.count == 3
        ? frequency[0] * coordinates[0][min(frame, coordinates[0].count - 1)] : 0
      for row in 0..<grid.rows {
        let base = time + frequency[y] * coordinates[y][row]
        for column in 0..<grid.columns {
          let angle = base + frequency[x] * coordinates[x][column]
          values.append(embedding.scale * (function == .cosine ? cos(angle) : sin(angle)))
        }
      }
    }
    return values
  }

  /// Positions along one axis (rows) by channels (columns), the other coordinates at their first patch.
  ///
  /// - Parameter sortedByFrequency: channels from the fastest to the slowest instead of in the model's order,
  ///   since the layout hides the spectrum.
  /// - Returns: channel order and values `[positions, channels]`, row-major.
  package static func positionsByChannel(
    along axis: RotaryEmbedding.Axis, function: Function, of specification: RotarySpecification,
    sortedByFrequency: Bool = false
  ) throws(RotaryError) -> (channels: [Int], values: [Double]) {
    let embedding = try specification.embedding()
    guard let axisIndex = specification.axes.firstIndex(of: axis) else {
      throw RotaryError("this embedding has no axis \(axis.rawValue)")
    }
    let coordinates = specification.axisCoordinates(axis)
    var channels = Array(0..<embedding.headWidth)
    if sortedByFrequency {
      channels.sort {
        let a = abs(embedding.frequency(channel: $0, axis: axisIndex))
        let b = abs(embedding.frequency(channel: $1, axis: axisIndex))
        return a == b ? $0 < $1 : a > b
      }
    }
    var values: [Double] = []
    for coordinate in coordinates {
      for channel in channels {
        let angle = embedding.frequency(channel: channel, axis: axisIndex) * coordinate
        values.append(embedding.scale * (function == .cosine ? cos(angle) : sin(angle)))
      }
    }
    return (channels, values)
  }
}
