/// The interpolation of a resize.
///
/// The kernels are Pillow's.
package enum ResamplingFilter: String, Sendable, CaseIterable {
  case nearest
  case bilinear
  case bicubic

  /// Half-width of the kernel in source pixels when not shrinking.
  var support: Double {
    switch self {
    case .nearest: 0.5
    case .bilinear: 1
    case .bicubic: 2
    }
  }

  /// The kernel at distance `x`; bicubic has a = -0.5.
  func weight(_ x: Double) -> Double {
    let x = abs(x)
    switch self {
    case .nearest: return x <= 0.5 ? 1 : 0
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
      return 0
    }
  }
}

/// The taps of one axis of a resize: which source pixels make each output pixel, and with which weights.
struct ResamplingTaps<Weight> {
  /// First source pixel of each output pixel.
  var starts: [Int]
  /// Number of taps of each output pixel.
  var counts: [Int]
  /// `[outputs, stride]`; unused places are 0.
  var weights: [Weight]
  var stride: Int

  /// Source pixels that some output needs.
  var sources: Range<Int> {
    guard let low = starts.first, let last = starts.indices.last else { return 0..<0 }
    return low..<max(low, starts[last] + counts[last])
  }

  /// The taps of some of the outputs, counted from the first.
  func part(_ outputs: Range<Int>) -> ResamplingTaps {
    if outputs == starts.indices { return self }
    return ResamplingTaps(
      starts: Array(starts[outputs]), counts: Array(counts[outputs]),
      weights: Array(weights[outputs.lowerBound * stride..<outputs.upperBound * stride]),
      stride: stride)
  }
}

extension ResamplingTaps<Double> {
  /// Taps of the outputs `window` of a resize from `input` to `output` pixels, in Pillow's order of operations.
  ///
  /// Weights are normalised to sum 1.
  init(input: Int, output: Int, window: Range<Int>, filter: ResamplingFilter) {
    let scale = Double(input) / Double(output)
    let filterScale = max(scale, 1)
    let support = filter.support * filterScale
    stride = min(Int(support.rounded(.up)) * 2 + 1, input)
    starts = []
    counts = []
    weights = [Double](repeating: 0, count: window.count * stride)
    starts.reserveCapacity(window.count)
    counts.reserveCapacity(window.count)
    let inverse = 1 / filterScale
    for (row, k) in window.enumerated() {
      let center = (Double(k) + 0.5) * scale
      let low = max(0, Int(center - support + 0.5))
      let high = min(input, Int(center + support + 0.5))
      let count = max(0, min(high - low, stride))
      var sum = 0.0
      for j in 0..<count {
        let weight = filter.weight((Double(j + low) - center + 0.5) * inverse)
        weights[row * stride + j] = weight
        sum += weight
      }
      if sum != 0 {
        for j in 0..<count { weights[row * stride + j] /= sum }
      }
      starts.append(low)
      counts.append(count)
    }
  }

  /// Weights as integers with `bits` fraction bits, rounded half away from zero.
  func quantized(bits: Int) -> ResamplingTaps<Int32> {
    let one = Double(1 << bits)
    return ResamplingTaps<Int32>(
      starts: starts, counts: counts,
      weights: weights.map { Int32($0 < 0 ? $0 * one - 0.5 : $0 * one + 0.5) }, stride: stride)
  }

  /// Torchvision's precision: the most bits, at most 22, with which the largest weight of the whole axis fits 16 bits.
  func narrowBits() -> Int {
    let largest = weights.max() ?? 0
    var bits = 0
    while bits < 22, Int(0.5 + largest * Double(1 << (bits + 1))) < 1 << 15 { bits += 1 }
    return bits
  }
}
