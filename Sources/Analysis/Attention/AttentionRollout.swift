/// Attention rollout (Abnar and Zuidema, "Quantifying attention flow in transformers", 2020).
package enum AttentionRollout {
  /// Product of the layers' fused matrices, each mixed half and half with the identity.
  ///
  ///     F_l = fuse(A_l);  Â_l = (F_l + I) / 2, rows renormalised;  R = Â_L ... Â_1
  ///
  /// - Parameters:
  ///   - discard: share of the T x T entries of a fused matrix, smallest first, that are set to zero before the
  ///     identity is added; ties in ascending order of position. With a class token the first entry is kept.
  ///   - isCancelled: asked once a layer.
  /// - Returns: `[T, T]`, row-major; row q tells where token q of the last layer looks in the input.
  /// - Throws: `AttentionError` when `discard` is outside 0..<1, or on cancellation.
  package static func matrix(
    of stack: AttentionStack, fusion: HeadFusion = .mean, discard: Double = 0,
    isCancelled: () -> Bool = { false }
  ) throws(AttentionError) -> [Double] {
    guard discard >= 0, discard < 1 else {
      throw AttentionError("the discard ratio \(discard) is outside 0 to 1")
    }
    let count = stack.tokens
    var result = [Double](repeating: 0, count: count * count)
    for token in 0..<count { result[token * count + token] = 1 }
    for layer in 0..<stack.layers {
      if isCancelled() { throw AttentionError("cancelled") }
      var fused = stack.fused(layer: layer, fusion)
      let dropped = Int(discard * Double(count * count))
      if dropped > 0 {
        let order = fused.indices.sorted {
          fused[$0] == fused[$1] ? $0 < $1 : fused[$0] < fused[$1]
        }
        for index in order.prefix(dropped) where !(index == 0 && stack.prefixTokens > 0) {
          fused[index] = 0
        }
      }
      for row in 0..<count {
        var sum = 0.0
        for column in 0..<count {
          let index = row * count + column
          fused[index] = (fused[index] + (row == column ? 1 : 0)) / 2
          sum += fused[index]
        }
        for column in 0..<count { fused[row * count + column] /= sum }
      }
      result = product(fused, result, count)
    }
    return result
  }

  /// `a · b` of square matrices, row by row so that memory is read in order.
  static func product(_ a: [Double], _ b: [Double], _ count: Int) -> [Double] {
    var result = [Double](repeating: 0, count: count * count)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        result.withUnsafeMutableBufferPointer { result in
          for row in 0..<count {
            for inner in 0..<count {
              let factor = a[row * count + inner]
              if factor == 0 { continue }
              for column in 0..<count {
                result[row * count + column] += factor * b[inner * count + column]
              }
            }
          }
        }
      }
    }
    return result
  }
}
