extension TextTower {
  func attentionGradients(
    _ ids: [Int], _ featureGradient: FeatureGradient, control: ForwardControl,
    in workspace: Workspace, visit: (AttentionGradient) -> Void
  ) throws(InferenceError) -> (features: FeatureRows, trace: Trace) {
    let length = try check(ids, 1)
    try TraceRequest(layers: [0]).checkSize(
      layers: config.layers, heads: config.heads, tokens: length + 1, copies: 3)
    let extent = extent(of: .features, length: length)
    var (features, trace) = try FeatureRows.traced(extent) { result, trace throws(InferenceError) in
      try forward(
        ids[...], count: 1, length: length, output: .features, to: result,
        request: TraceRequest(layers: [], hiddenStates: true), trace: trace, control: control,
        in: workspace)
    }
    var states = trace.hiddenStates
    trace.hiddenStates = []
    guard let last = states.popLast() else { return (features, trace) }
    let width = config.width
    let tokens = last.count / width
    let output = AlignedBuffer(last)
    let gradient = AlignedBuffer(floats: tokens * width)
    let featureRows = AlignedBuffer(try features.gradient(featureGradient))
    // One row of the last state becomes the feature, or each of them.
    let rows = extent.tokens
    let first = config.pooling == .none ? 0 : pooledPosition(ids[...]) * width
    let pooled = AlignedBuffer(floats: rows * width)
    norm.apply(output.floats + first, rows: rows, to: pooled.floats, team: workspace.team)
    projection.applyGradient(
      input: pooled.floats, gradient: featureRows.floats, rows: rows, to: gradient.floats + first,
      in: workspace)
    norm.applyGradient(
      input: output.floats + first, gradient: gradient.floats + first, rows: rows,
      to: gradient.floats + first)

    let mask = keyMask(ids[...])
    try mask.withUnsafeBufferPointer { hidden throws(InferenceError) in
      let batch = TransformerBlock.Batch(
        count: 1, tokens: tokens, hidden: hidden.isEmpty ? nil : hidden.baseAddress)
      try BlockStackGradient(
        blocks: blocks, batch: batch, control: control, workspace: workspace
      ).run(&states, gradient, visit: visit)
    }
    return (features, trace)
  }
}
