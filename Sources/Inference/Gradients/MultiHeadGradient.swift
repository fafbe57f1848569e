import COpenBLAS

extension MultiHead {
  /// Gradients of one input's attention.
  ///
  /// With `O = A V`: `∂A = ∂O Vᵀ`, `∂V = Aᵀ ∂O`, `∂S = A ⊙ (∂A - rowsum(∂A ⊙ A))`, `∂Q = ∂S K / √d`, `∂K = ∂Sᵀ Q / √d`.
  struct Gradients {
    /// `[H, T, S]`: of the probabilities, masked ones included.
    var maps: UnsafeMutablePointer<Float>
    /// Rows laid out like the queries; nil where nothing asks for them.
    var queries: UnsafeMutablePointer<Float>?
    var queryStride = 0
    /// Nil with `values` where only the probabilities' gradient is wanted.
    var keys: UnsafeMutablePointer<Float>?
    var values: UnsafeMutablePointer<Float>?
    var keyStride = 0
  }

  /// - Parameters:
  ///   - maps: `[H, T, S]`, the probabilities of the forward.
  ///   - output: `[T, H * headWidth]`, gradient of the joined heads.
  ///   - gradients: where the results go; all are overwritten.
  func applyGradient(
    queries: Rows, keys: Rows, values: Rows, maps: UnsafePointer<Float>,
    output: UnsafePointer<Float>, to gradients: Gradients, in workspace: Workspace
  ) {
    let size = queries.count * keys.count
    let scratch = workspace.attentionScratch(size)
    let parts = min(workspace.team.count, heads)
    let width = blasint(heads * headWidth)
    let (t, s, d) = (blasint(queries.count), blasint(keys.count), blasint(headWidth))
    let scale = 1 / Float(headWidth).squareRoot()
    workspace.team.run(parts) { part in
      let scores = scratch.base + part * scratch.stride
      for head in heads * part / parts..<heads * (part + 1) / parts {
        let channel = head * headWidth
        let map = maps + head * size
        let gradient = gradients.maps + head * size
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasTrans, t, s, d, 1, output + channel, width,
          values.base + channel, blasint(values.stride), 0, gradient, s)
        if let result = gradients.values {
          cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, s, d, t, 1, map, s, output + channel, width, 0,
            result + channel, blasint(gradients.keyStride))
        }
        guard gradients.queries != nil || gradients.keys != nil else { continue }
        for row in 0..<queries.count {
          let a = map + row * keys.count
          let g = gradient + row * keys.count
          var sum = 0.0
          for key in 0..<keys.count { sum += Double(a[key] * g[key]) }
          let rowSum = Float(sum)
          let out = scores + row * keys.count
          for key in 0..<keys.count { out[key] = a[key] * (g[key] - rowSum) }
        }
        if let result = gradients.queries {
          cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, t, d, s, scale, scores, s,
            keys.base + channel, blasint(keys.stride), 0, result + channel,
            blasint(gradients.queryStride))
        }
        if let result = gradients.keys {
          cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, s, d, t, scale, scores, s,
            queries.base + channel, blasint(queries.stride), 0, result + channel,
            blasint(gradients.keyStride))
        }
      }
    }
  }
}

extension RotaryTable {
  /// Turns the gradient of rotated vectors into that of the vectors, in place: the transpose of the rotation.
  ///
  /// It is written for any factors of the two members of a pair: V-JEPA 2 turns them by different angles.
  /// - Parameter vectors: heads of the first rotated token, `[tokens, heads * width]`, rows `stride` floats apart.
  func applyGradient(
    _ vectors: UnsafeMutablePointer<Float>, stride: Int, tokens: Int, heads: Int, width: Int
  ) {
    for token in 0..<tokens {
      let c = cosines.floats + token * width
      let s = sines.floats + token * width
      for head in 0..<heads {
        let x = vectors + token * stride + head * width
        for d in Swift.stride(from: 0, to: width - 1, by: 2) {
          let (a, b) = (x[d], x[d + 1])
          x[d] = a * c[d] + b * s[d + 1]
          x[d + 1] = b * c[d + 1] + a * s[d]
        }
      }
    }
  }
}
