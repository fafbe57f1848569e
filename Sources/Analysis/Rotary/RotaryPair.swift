import Glibc
package import Inference

/// What one pair of channels does to a vector at each patch.
///
/// With the angles a and b of its two channels it applies `M(p) = [[cos a, -sin a], [sin b, cos b]]`. A rotation has a = b
/// everywhere; V-JEPA 2 gives the channels of most pairs different frequencies.
package struct RotaryPair: Sendable, Equatable {
  /// The channel with the minus sign, and its partner.
  package let first: Int
  package let second: Int
  /// Frequencies an axis, radians per unit of coordinate.
  private let frequencies: (first: [Double], second: [Double])
  private let axes: [RotaryEmbedding.Axis]
  private let coordinates: [[Double]]

  /// - Throws: `RotaryError` for a channel that the head does not have.
  package init(channel: Int, of specification: RotarySpecification) throws(RotaryError) {
    let embedding = try specification.embedding()
    guard (0..<embedding.headWidth).contains(channel) else {
      throw RotaryError("channel \(channel) is outside 0 to \(embedding.headWidth - 1)")
    }
    self.init(
      channel: channel, of: embedding,
      coordinates: specification.axes.map { specification.axisCoordinates($0) })
  }

  /// All pairs of a head, in the order of their first channels.
  ///
  /// - Throws: `RotaryError` where there is no embedding of these parameters.
  package static func all(of specification: RotarySpecification) throws(RotaryError) -> [RotaryPair]
  {
    let embedding = try specification.embedding()
    let coordinates = specification.axes.map { specification.axisCoordinates($0) }
    return (0..<embedding.headWidth).filter { embedding.sign(of: $0) < 0 }.map {
      RotaryPair(channel: $0, of: embedding, coordinates: coordinates)
    }
  }

  /// - Parameter coordinates: those of every axis, one a patch.
  private init(channel: Int, of embedding: RotaryEmbedding, coordinates: [[Double]]) {
    let partner = embedding.partner(of: channel)
    let isFirst = embedding.sign(of: channel) < 0
    first = isFirst ? channel : partner
    second = isFirst ? partner : channel
    func row(_ channel: Int) -> [Double] {
      embedding.axes.indices.map { embedding.frequency(channel: channel, axis: $0) }
    }
    frequencies = (row(first), row(second))
    axes = embedding.axes
    self.coordinates = coordinates
  }

  package static func == (a: RotaryPair, b: RotaryPair) -> Bool {
    a.first == b.first && a.second == b.second && a.frequencies == b.frequencies && a.axes == b.axes
      && a.coordinates == b.coordinates
  }

  /// Whether lengths are kept at every position.
  package var isRotation: Bool { frequencies.first == frequencies.second }

  /// The axis that moves the pair; nil where none or several do.
  package var axis: RotaryEmbedding.Axis? {
    let active = axes.indices.filter { frequencies.first[$0] != 0 || frequencies.second[$0] != 0 }
    return active.count == 1 ? axes[active[0]] : nil
  }

  /// Angles of the two channels at a patch, in radians.
  package func angles(frame: Int = 0, row: Int, column: Int) -> (first: Double, second: Double) {
    var result = (first: 0.0, second: 0.0)
    for (index, axis) in axes.enumerated() {
      let place = axis == .t ? frame : axis == .y ? row : column
      let coordinate = coordinates[index][min(max(place, 0), coordinates[index].count - 1)]
      result.first += frequencies.first[index] * coordinate
      result.second += frequencies.second[index] * coordinate
    }
    return result
  }

  /// Where the unit vector along the first channel goes: a point on the circle for a rotation.
  package func point(frame: Int = 0, row: Int, column: Int) -> (x: Double, y: Double) {
    let angles = angles(frame: frame, row: row, column: column)
    return (cos(angles.first), sin(angles.second))
  }

  /// The factor on the length of the vector that is shortened most, the least singular value `sqrt(1 - |sin(a - b)|)`.
  ///
  /// 1 for rotations, 0 where the pair collapses to a line.
  package func leastGain(frame: Int = 0, row: Int, column: Int) -> Double {
    let angles = angles(frame: frame, row: row, column: column)
    return max(1 - abs(sin(angles.first - angles.second)), 0).squareRoot()
  }
}
