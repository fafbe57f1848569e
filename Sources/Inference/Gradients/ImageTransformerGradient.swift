import CKernels

extension ImageTransformer {
  func attentionGradients(
    _ pixels: UnsafePointer<Float>, _ featureGradient: FeatureGradient, control: ForwardControl,
    in workspace: Workspace, visit: (AttentionGradient) -> Void
  ) throws(InferenceError) -> (features: FeatureRows, trace: Trace) {
    let extent = extent(of: .features)
    var (features, trace) = try FeatureRows.traced(extent) { result, trace throws(InferenceError) in
      try forward(
        pixels, count: 1, output: .features, to: result,
        request: TraceRequest(layers: [], hiddenStates: true), trace: trace, control: control,
        in: workspace)
    }
    trace.pooling = nil
    var states = trace.hiddenStates
    trace.hiddenStates = []
    guard let last = states.popLast() else { return (features, trace) }
    let output = AlignedBuffer(last)
    let gradient = AlignedBuffer(floats: tokens * config.width)
    let featureRows = AlignedBuffer(try features.gradient(featureGradient))
    poolingGradient(
      output.floats, featureRows.floats, to: gradient.floats, in: workspace, visit: visit)
    let batch = TransformerBlock.Batch(
      count: 1, tokens: tokens, rotary: rotary, prefixTokens: prefixTokens)
    try BlockStackGradient(
      blocks: blocks, batch: batch, control: control, workspace: workspace
    ).run(&states, gradient, visit: visit)
    return (features, trace)
  }

  /// From the gradient of the features to that of the last block's output, `[T, D]`, which is zero at first.
  private func poolingGradient(
    _ x: UnsafePointer<Float>, _ features: UnsafePointer<Float>,
    to result: UnsafeMutablePointer<Float>, in workspace: Workspace,
    visit: (AttentionGradient) -> Void
  ) {
    let width = config.width
    // Where the norm stands before the pooling, the pooling sees normed tokens.
    var isNormedFirst = !config.normAfterPooling
    if case .queries = config.pooling { isNormedFirst = false }
    let normed = AlignedBuffer(floats: tokens * width)
    normed.floats.update(from: x, count: tokens * width)
    if isNormedFirst {
      normAfter?.apply(x, rows: tokens, to: normed.floats, team: workspace.team)
    }
    let pooled = pooledRows(normed.floats, in: workspace)
    let pooledGradient = AlignedBuffer(byteCount: pooled.byteCount)
    projectionGradient(
      pooled.floats, features, norm: isNormedFirst ? nil : normAfter, to: pooledGradient.floats,
      in: workspace)
    switch config.pooling {
    case .none: result.update(from: pooledGradient.floats, count: tokens * width)
    case .classToken: result.update(from: pooledGradient.floats, count: width)
    case .average:
      let share = 1 / Float(max(tokens - prefixTokens, 1))
      for token in prefixTokens..<tokens {
        for channel in 0..<width {
          result[token * width + channel] = pooledGradient.floats[channel] * share
        }
      }
    case .map, .queries:
      guard let head else { return }
      let (map, gradient) = head.applyGradient(
        normed.floats, tokenCount: tokens, gradient: pooledGradient.floats, to: result,
        in: workspace)
      visit(AttentionGradient(place: .pooling, map: map, gradient: gradient))
    }
    if isNormedFirst {
      normAfter?.applyGradient(input: x, gradient: result, rows: tokens, to: result)
    }
  }

  /// What the pooling makes of `[T, D]` tokens, again: one row, all of them, or one a query.
  private func pooledRows(
    _ tokenRows: UnsafePointer<Float>, in workspace: Workspace
  ) -> AlignedBuffer {
    let rows: Int =
      switch config.pooling {
      case .none: tokens
      case .classToken, .average: 1
      case .map, .queries: head?.queryCount ?? 1
      }
    let pooled = AlignedBuffer(floats: rows * pooledWidth)
    switch config.pooling {
    case .none, .classToken: pooled.floats.update(from: tokenRows, count: rows * config.width)
    case .average:
      ck_mean_rows(
        pooled.floats, tokenRows + prefixTokens * config.width, config.width,
        tokens - prefixTokens, config.width)
    case .map, .queries:
      head?.apply(tokenRows, count: 1, tokenCount: tokens, to: pooled.floats, in: workspace)
    }
    return pooled
  }

  /// From the gradient of the features to that of the pooled rows, of which only the first of several queries is the feature.
  ///
  /// - Parameter norm: the one between pooling and projection, if there is one.
  private func projectionGradient(
    _ pooled: UnsafePointer<Float>, _ features: UnsafePointer<Float>, norm: LayerNorm?,
    to result: UnsafeMutablePointer<Float>, in workspace: Workspace
  ) {
    let rows = config.pooling == .none ? tokens : 1
    let final = AlignedBuffer(floats: rows * pooledWidth)
    final.floats.update(from: pooled, count: rows * pooledWidth)
    norm?.apply(pooled, rows: rows, to: final.floats, team: workspace.team)
    projection.applyGradient(
      input: final.floats, gradient: features, rows: rows, to: result, in: workspace)
    norm?.applyGradient(input: pooled, gradient: result, rows: rows, to: result)
  }
}
