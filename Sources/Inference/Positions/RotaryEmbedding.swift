/// Rotary position embedding of one attention head, described by data instead of code paths.
///
/// With head width D and axes a (for example y and x), token n at coordinates `pos[n][a]`:
///
///     angle(n, d) = Σ_a frequencies[d][a] · pos[n][a]
///     out[d] = x[d]·scale·cos(angle(n, d)) + sign[d]·x[partner[d]]·scale·sin(angle(n, d))
///
/// It is a rotation exactly when every channel has the frequencies of its partner. V-JEPA 2 breaks that on purpose
/// (its weights were trained so), which is why frequencies belong to channels and not to pairs.
/// Reference: Su et al., "RoFormer" (2021); Heo et al., "Rotary position embedding for vision transformer" (2024).
package struct RotaryEmbedding: Sendable, Equatable {
  /// A coordinate axis.
  package enum Axis: String, Sendable, Equatable, CaseIterable {
    case t
    case y
    case x
  }

  /// Which channels rotate together.
  package enum Layout: String, Sendable, Equatable, CaseIterable {
    /// Channels (2j, 2j+1).
    case interleaved
    /// Channels (j, j + D/2).
    case halves
  }

  package var axes: [Axis]
  /// D, the width of one head.
  package var headWidth: Int
  package var layout: Layout
  /// `[D, axes]`, row-major, radians per unit of coordinate; 0 for channels that are passed through.
  package var frequencies: [Double]
  /// Factor on cos and sin; 1 but for YaRN.
  package var scale: Double

  package init(
    axes: [Axis], headWidth: Int, layout: Layout, frequencies: [Double], scale: Double = 1
  ) {
    self.axes = axes
    self.headWidth = headWidth
    self.layout = layout
    self.frequencies = frequencies
    self.scale = scale
  }

  /// The channel that rotates together with `channel`; the last one of an odd number is alone.
  package func partner(of channel: Int) -> Int {
    switch layout {
    case .interleaved: min(channel ^ 1, headWidth - 1)
    case .halves: channel < headWidth / 2 ? channel + headWidth / 2 : channel - headWidth / 2
    }
  }

  /// Minus one for the first channel of a pair, plus one for the second.
  package func sign(of channel: Int) -> Double {
    switch layout {
    case .interleaved: channel & 1 == 0 ? -1 : 1
    case .halves: channel < headWidth / 2 ? -1 : 1
    }
  }

  package func frequency(channel: Int, axis: Int) -> Double {
    frequencies[channel * axes.count + axis]
  }

  /// Angle in radians of one channel at a coordinate (one number an axis).
  package func angle(channel: Int, at position: ArraySlice<Double>) -> Double {
    var sum = 0.0
    for (axis, coordinate) in position.enumerated() {
      sum += frequency(channel: channel, axis: axis) * coordinate
    }
    return sum
  }

  /// Cosines and sines of every token.
  ///
  /// Angles are formed in Double: in Float an angle of 10,000 radians is already off by 5e-4.
  /// - Parameter positions: coordinates with the same axes.
  /// - Returns: `cosines` and `sines`, each `[N, D]` row-major, `scale` included.
  package func table(at positions: RotaryPositions) -> (cosines: [Float], sines: [Float]) {
    let count = positions.count
    var cosines = [Float](repeating: 0, count: count * headWidth)
    var sines = cosines
    for token in 0..<count {
      let position = positions[token]
      for channel in 0..<headWidth {
        let angle = angle(channel: channel, at: position)
        cosines[token * headWidth + channel] = Float(scale * Trigonometry.cosine(angle))
        sines[token * headWidth + channel] = Float(scale * Trigonometry.sine(angle))
      }
    }
    return (cosines, sines)
  }
}

/// Coordinates of the tokens that are rotated, in the model's own token order.
///
/// Prefix tokens are not among them.
package struct RotaryPositions: Sendable, Equatable {
  package var axisCount: Int
  /// `[N, axes]`, row-major.
  package var coordinates: [Double]

  package init(axisCount: Int, coordinates: [Double]) {
    self.axisCount = axisCount
    self.coordinates = coordinates
  }

  package var count: Int { axisCount == 0 ? 0 : coordinates.count / axisCount }

  package subscript(token: Int) -> ArraySlice<Double> {
    coordinates[token * axisCount..<(token + 1) * axisCount]
  }
}

/// A grid of tokens: frames, rows, columns.
package struct TokenGrid: Sendable, Hashable, CustomStringConvertible {
  package var frames: Int
  package var rows: Int
  package var columns: Int

  package init(frames: Int = 1, rows: Int, columns: Int) {
    self.frames = frames
    self.rows = rows
    self.columns = columns
  }

  /// Parses `14x14` or `32x16x16` (frames, rows, columns); sizes from 1 to 4096, at most 2^22 tokens.
  package init?(parsing text: String) {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2 || parts.count == 3 else { return nil }
    var sizes: [Int] = []
    for part in parts {
      guard let size = part, size >= 1, size <= 4096 else { return nil }
      sizes.append(size)
    }
    if sizes.count == 2 { sizes.insert(1, at: 0) }
    guard sizes[0] * sizes[1] * sizes[2] <= 1 << 22 else { return nil }
    self.init(frames: sizes[0], rows: sizes[1], columns: sizes[2])
  }

  package var tokenCount: Int { frames * rows * columns }

  package var description: String {
    frames == 1 ? "\(rows)x\(columns)" : "\(frames)x\(rows)x\(columns)"
  }
}
