import Glibc

extension Activation {
  /// Derivative at `x`.
  func slope(_ x: Float) -> Float {
    switch self {
    case .quickGELU:
      let s = 1 / (1 + expf(-1.702 * x))
      return s + 1.702 * x * s * (1 - s)
    case .gelu:
      // Φ(x) + x φ(x)
      return 0.5 * erfcf(-x * 0.707_106_77) + x * 0.398_942_3 * expf(-0.5 * x * x)
    case .geluTanh:
      let inner = 0.797_884_6 * (x + 0.044_715 * x * x * x)
      let t = tanhf(inner)
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * 0.797_884_6 * (1 + 3 * 0.044_715 * x * x)
    }
  }

  /// Multiplies a gradient by the slopes at the inputs, in place; both have `count` numbers.
  func applyGradient(
    input: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, count: Int
  ) {
    for i in 0..<count { gradient[i] *= slope(input[i]) }
  }
}

/// `value * silu(gate)`, the product of a gated MLP.
enum SwishGate {
  /// Turns the gradient of the product into those of both factors.
  ///
  /// - Parameters:
  ///   - gradient: of the product; becomes that of `value`. All have `count` numbers.
  ///   - gateGradient: to be filled.
  static func applyGradient(
    value: UnsafePointer<Float>, gate: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>, gateGradient: UnsafeMutablePointer<Float>, count: Int
  ) {
    for i in 0..<count {
      let s = 1 / (1 + expf(-gate[i]))
      gateGradient[i] = gradient[i] * value[i] * s * (1 + gate[i] * (1 - s))
      gradient[i] *= gate[i] * s
    }
  }
}
