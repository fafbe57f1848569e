/// Learned position embeddings brought to another patch grid, as OpenCLIP and timm do when they load a checkpoint.
enum PositionTable {
  /// Antialiased bicubic resampling (a = -0.5, half-pixel centres, no rounding) along both axes.
  ///
  /// - Parameters:
  ///   - table: `[rows * columns, width]`.
  ///   - from: grid of the table.
  ///   - to: grid that is wanted, at least 1 x 1.
  ///   - width: channels.
  /// - Returns: `[to.rows * to.columns, width]`.
  static func resized(
    _ table: [Float], from: RotaryConfig.GridSize, to: RotaryConfig.GridSize, width: Int
  ) -> [Float] {
    let across = taps(from: from.columns, to: to.columns)
    let down = taps(from: from.rows, to: to.rows)
    var middle = [Double](repeating: 0, count: from.rows * to.columns * width)
    for row in 0..<from.rows {
      for (column, tap) in across.enumerated() {
        let target = (row * to.columns + column) * width
        for (offset, weight) in tap.weights.enumerated() {
          let source = (row * from.columns + tap.first + offset) * width
          for channel in 0..<width {
            middle[target + channel] += weight * Double(table[source + channel])
          }
        }
      }
    }
    var result = [Float](repeating: 0, count: to.rows * to.columns * width)
    for (row, tap) in down.enumerated() {
      for place in 0..<to.columns * width {
        var sum = 0.0
        for (offset, weight) in tap.weights.enumerated() {
          sum += weight * middle[(tap.first + offset) * to.columns * width + place]
        }
        result[row * to.columns * width + place] = Float(sum)
      }
    }
    return result
  }

  /// Which source samples make one target sample; the weights sum to 1.
  private struct Taps {
    var first: Int
    var weights: [Double]
  }

  private static func taps(from: Int, to: Int) -> [Taps] {
    let scale = Double(from) / Double(to)
    // Shrinking widens the filter, so that no source sample is skipped.
    let stretch = max(scale, 1)
    let support = 2 * stretch
    return (0..<to).map { index in
      let centre = (Double(index) + 0.5) * scale
      let first = max(Int(centre - support + 0.5), 0)
      let last = min(Int(centre + support + 0.5), from)
      let weights = (first..<last).map { cubic((Double($0) + 0.5 - centre) / stretch) }
      let sum = weights.reduce(0, +)
      return Taps(first: first, weights: weights.map { $0 / sum })
    }
  }

  private static func cubic(_ x: Double) -> Double {
    let a = -0.5
    let t = abs(x)
    if t < 1 { return ((a + 2) * t - (a + 3)) * t * t + 1 }
    if t < 2 { return (((t - 5) * t + 8) * t - 4) * a }
    return 0
  }
}
