/// Attention rollout (Abnar and Zuidema, "Quantifying attention flow in transformers", 2020).
///
///     F_l = fuse(A_l);  Â_l = (F_l + I) / 2, rows renormalised;  R = Â_L ... Â_1
///
/// Discarding: the given share of the T x T entries of a fused matrix, smallest first, are set to zero before the identity is
/// added; ties in ascending order of position. With a class token the first entry is kept.
package enum AttentionRollout {
  /// The whole product.
  ///
  /// - Parameters:
  ///   - layers: number of blocks from the first on; nil = all.
  ///   - isCancelled: asked once a layer.
  /// - Returns: `[T, T]`, row-major; row q tells where token q of the last layer looks in the input.
  /// - Throws: `AttentionError` when `discard` is outside 0..<1, or on cancellation.
  package static func matrix(
    of stack: AttentionStack, heads: HeadSelection, discard: Double = 0, layers: Int? = nil,
    isCancelled: () -> Bool = { false }
  ) throws(AttentionError) -> [Double] {
    let count = stack.tokens
    var result = [Double](repeating: 0, count: count * count)
    for token in 0..<count { result[token * count + token] = 1 }
    return try rows(
      result, of: stack, heads: heads, discard: discard, layers: layers, isCancelled: isCancelled)
  }

  package static func matrix(
    of stack: AttentionStack, fusion: HeadFusion = .mean, discard: Double = 0,
    isCancelled: () -> Bool = { false }
  ) throws(AttentionError) -> [Double] {
    try matrix(of: stack, heads: .fused(fusion), discard: discard, isCancelled: isCancelled)
  }

  /// `start · R` from the last layer down, which needs no product of matrices where `start` is one row.
  ///
  /// - Parameter start: `[n, T]`, weights of the tokens of the last layer.
  /// - Returns: `[n, T]`.
  package static func rows(
    _ start: [Double], of stack: AttentionStack, heads: HeadSelection, discard: Double = 0,
    layers: Int? = nil, isCancelled: () -> Bool = { false }
  ) throws(AttentionError) -> [Double] {
    guard discard >= 0, discard < 1 else {
      throw AttentionError("the discard ratio \(discard) is outside 0 to 1")
    }
    let count = stack.tokens
    var result = start
    for layer in (0..<(layers ?? stack.layers)).reversed() {
      if isCancelled() { throw .cancelled }
      var fused = stack.fused(layer: layer, heads)
      let dropped = Int(discard * Double(count * count))
      if dropped > 0 {
        removeSmallest(dropped, from: &fused, keepsFirst: stack.prefixTokens > 0)
      }
      for row in 0..<count {
        let range = row * count..<(row + 1) * count
        fused[row * count + row] += 1
        let sum = fused[range].reduce(0, +)
        for index in range { fused[index] /= sum }
      }
      result = product(result, fused, count)
    }
    return result
  }

  /// Sets the `dropped` smallest numbers to zero, of equal ones those in front.
  private static func removeSmallest(
    _ dropped: Int, from values: inout [Double], keepsFirst: Bool
  ) {
    var copy = values
    let border = selected(dropped - 1, of: &copy)
    var ties = dropped
    for value in values where value < border { ties -= 1 }
    for index in values.indices {
      let value = values[index]
      if value > border { continue }
      if value == border {
        if ties == 0 { continue }
        ties -= 1
      }
      if index > 0 || !keepsFirst { values[index] = 0 }
    }
  }

  /// The number at `rank` in ascending order (Hoare's selection); the order of `values` is lost.
  private static func selected(_ rank: Int, of values: inout [Double]) -> Double {
    var low = 0
    var high = values.count - 1
    while low < high {
      let pivot = values[(low + high) / 2]
      var left = low
      var right = high
      while left <= right {
        while values[left] < pivot { left += 1 }
        while values[right] > pivot { right -= 1 }
        if left <= right {
          values.swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if rank <= right {
        high = right
      } else if rank >= left {
        low = left
      } else {
        break
      }
    }
    return values[rank]
  }

  /// `a · b` with `a` `[n, count]` and `b` square, row by row so that memory is read in order.
  static func product(_ a: [Double], _ b: [Double], _ count: Int) -> [Double] {
    var result = [Double](repeating: 0, count: a.count)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        result.withUnsafeMutableBufferPointer { result in
          for row in 0..<a.count / Swift.max(count, 1) {
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
