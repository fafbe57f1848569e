extension LayerNorm {
  /// What an output gradient means for the input: `(g - mean g - x̂ mean(g x̂)) / σ` with `g = weight * gradient`.
  ///
  /// - Parameters:
  ///   - input: `[rows, width]`, what the norm was applied to.
  ///   - gradient: `[rows, width]`, of the norm's output.
  ///   - result: `[rows, width]`; may be `gradient`. All rows are `stride` floats apart (default: the width).
  func applyGradient(
    input: UnsafePointer<Float>, gradient: UnsafePointer<Float>, rows: Int,
    to result: UnsafeMutablePointer<Float>, stride: Int? = nil
  ) {
    let stride = stride ?? width
    let count = Double(width)
    for row in 0..<rows {
      let x = input + row * stride
      let g = gradient + row * stride
      let out = result + row * stride
      var sum = 0.0
      for i in 0..<width { sum += Double(x[i]) }
      let mean = sum / count
      var squares = 0.0
      for i in 0..<width {
        let difference = Double(x[i]) - mean
        squares += difference * difference
      }
      let inverse = 1 / (squares / count + Double(epsilon)).squareRoot()
      var gradientSum = 0.0
      var projected = 0.0
      for i in 0..<width {
        let weighted = Double(weight.floats[i] * g[i])
        gradientSum += weighted
        projected += weighted * (Double(x[i]) - mean) * inverse
      }
      gradientSum /= count
      projected /= count
      for i in 0..<width {
        let unit = (Double(x[i]) - mean) * inverse
        let weighted = Double(weight.floats[i] * g[i])
        out[i] = Float((weighted - gradientSum - unit * projected) * inverse)
      }
    }
  }
}
