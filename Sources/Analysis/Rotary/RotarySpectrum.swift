import Glibc
package import Inference

/// Wavelengths of a rotary embedding over a grid.
package struct RotarySpectrum: Sendable, Equatable {
  /// One pair of channels (for V-JEPA 2: one channel of the pair at a time is the same band used twice).
  package struct Band: Sendable, Equatable {
    /// `t`, `y`, `x`; nil where a band mixes axes.
    package var axis: RotaryEmbedding.Axis?
    /// Radians per unit of coordinate; length of the vector where a band mixes axes.
    package var omega: Double
    /// In patches of this grid.
    package var wavelength: Double
    /// Direction in degrees of a band that mixes axes, 0 along x, 90 along y.
    package var direction: Double?
    /// First channel that uses the band.
    package var channel: Int
  }

  package struct AxisSummary: Sendable, Equatable {
    package var axis: RotaryEmbedding.Axis
    package var bands: Int
    /// Patches along the axis.
    package var positions: Int
    /// Bands that turn less than once between the first and the last patch.
    package var belowOneCycle: Int
    /// Bands that turn less than half: their cosine alone orders the positions.
    package var belowHalfCycle: Int
    /// Coordinate units from one patch to the next.
    package var step: Double
    package var shortestWavelength: Double
    package var longestWavelength: Double
    /// Bands with less than two patches a turn: they alias.
    package var aliased: Int
  }

  package var axes: [AxisSummary]
  package var bands: [Band]
  package var scale: Double
}

extension RotarySpectrum {
  /// Measures an embedding on the grid of its specification.
  package init(of specification: RotarySpecification) throws(RotaryError) {
    let embedding = try specification.embedding()
    var bands: [Band] = []
    let steps = specification.axes.map { specification.step(along: $0) }
    for channel in specification.bandChannels {
      let row = (0..<embedding.axes.count).map { embedding.frequency(channel: channel, axis: $0) }
      let active = row.indices.filter { row[$0] != 0 }
      guard let first = active.first else { continue }
      if active.count == 1, specification.family != .mixed {
        let omega = abs(row[first])
        bands.append(
          Band(
            axis: embedding.axes[first], omega: omega,
            wavelength: 2 * .pi / (omega * steps[first]), direction: nil, channel: channel))
      } else {
        let perPatch = zip(row, steps).map { $0 * $1 }
        let length = perPatch.map { $0 * $0 }.reduce(0, +).squareRoot()
        let omega = row.map { $0 * $0 }.reduce(0, +).squareRoot()
        let (fy, fx) = (row[row.count - 2], row[row.count - 1])
        bands.append(
          Band(
            axis: nil, omega: omega, wavelength: 2 * .pi / length,
            direction: atan2(fy, fx) * 180 / .pi, channel: channel))
      }
    }
    self.bands = bands
    scale = embedding.scale
    axes = zip(specification.axes, steps).compactMap { axis, step in
      let own = bands.filter { $0.axis == axis }
      guard let shortest = own.map(\.wavelength).min(), let longest = own.map(\.wavelength).max()
      else { return nil }
      let count = specification.patchCount(along: axis)
      let cycles = own.map { $0.omega * step * Double(count - 1) / (2 * .pi) }
      return AxisSummary(
        axis: axis, bands: own.count, positions: count,
        belowOneCycle: cycles.count { $0 < 1 }, belowHalfCycle: cycles.count { $0 < 0.5 },
        step: step, shortestWavelength: shortest, longestWavelength: longest,
        aliased: own.count { $0.wavelength < 2 })
    }
  }
}

extension RotarySpecification {
  /// Patches along an axis of the grid.
  package func patchCount(along axis: RotaryEmbedding.Axis) -> Int {
    switch axis {
    case .t: grid.frames
    case .y: grid.rows
    case .x: grid.columns
    }
  }

  /// Coordinate units between neighbouring patches; 1 where there is only one patch to measure.
  package func step(along axis: RotaryEmbedding.Axis) -> Double {
    let coordinates = axisCoordinates(axis)
    if coordinates.count > 1 { return abs(coordinates[1] - coordinates[0]) }
    // One patch has no neighbour: what a second one would be away.
    switch family {
    case .dinov3: return 2
    default:
      guard axis != .t, let referenceGrid else { return 1 }
      return Double(axis == .y ? referenceGrid.rows : referenceGrid.columns)
    }
  }

  /// One channel for every distinct band.
  ///
  /// V-JEPA 2 deals its frequencies channel by channel, twice over each block; everything else has them in pairs.
  fileprivate var bandChannels: [Int] {
    if family == .vjepa2 {
      let width = 2 * (headWidth / 3 / 2)
      return (0..<3).flatMap { block in (0..<width / 2).map { block * width + $0 } }
    }
    return layout == .interleaved
      ? Array(stride(from: 0, to: headWidth, by: 2)) : Array(0..<headWidth / 2)
  }
}
