extension [TransformerBlock] {
  /// Runs the blocks of a tower over `x`, `[count * tokens, width]`, in place.
  ///
  /// - Parameters:
  ///   - only: the token of each input that is needed after the last block, which brings these rows to the front of `x`; nil
  ///     where all are needed.
  ///   - request: what `trace` is to keep; nil = nothing.
  ///   - trace: of one input.
  func apply(
    _ x: UnsafeMutablePointer<Float>, width: Int, _ batch: TransformerBlock.Batch, only: [Int]?,
    request: TraceRequest?, trace: UnsafeMutablePointer<Trace>?, control: ForwardControl,
    in workspace: Workspace
  ) throws(InferenceError) {
    precondition(trace == nil || batch.count == 1, "a trace is of one input")
    func keepState() {
      guard request?.hiddenStates == true else { return }
      trace?.pointee.hiddenStates.append(
        [Float](UnsafeBufferPointer(start: x, count: batch.tokens * width)))
    }
    for (layer, block) in enumerated() {
      try control.check()
      keepState()
      let only = layer == count - 1 ? only : nil
      guard let request, let trace, request.wants(layer) else {
        block.apply(x, batch, only: only, in: workspace)
        continue
      }
      trace.pointee.attention[layer] = AttentionMap(
        heads: block.heads, queries: batch.tokens, keys: batch.tokens
      ) { block.apply(x, batch, only: only, maps: $0, in: workspace) }
    }
    keepState()
  }

  /// Makes only the products of `apply`, for measuring.
  func products(_ batch: TransformerBlock.Batch, isSingle: Bool, in workspace: Workspace) {
    for (layer, block) in enumerated() {
      block.products(batch, isSingle: isSingle && layer == count - 1, in: workspace)
    }
  }

  /// Multiplications and additions of one input; the last block serves one token alone where `isSingle`.
  func operationCount(tokens: Int, isSingle: Bool) -> Double {
    var sum = 0.0
    for (layer, block) in enumerated() {
      sum += block.operationCount(tokens: tokens, isSingle: isSingle && layer == count - 1)
    }
    return sum
  }
}
