extension ModifiedResNet {
  /// Only the attention pool has probabilities, so the way back ends there.
  func attentionGradients(
    _ pixels: UnsafePointer<Float>, _ featureGradient: FeatureGradient, control: ForwardControl,
    in workspace: Workspace, visit: (AttentionGradient) -> Void
  ) throws(InferenceError) -> (features: FeatureRows, trace: Trace) {
    let places = extent(of: .tokens).tokens
    let tokens = places + 1
    let pixelRows = AlignedBuffer(floats: places * channels)
    var trace = Trace()
    try forward(
      pixels, output: .tokens, to: pixelRows.floats, trace: &trace, control: control, in: workspace)
    let rows = AlignedBuffer(floats: tokens * channels)
    poolTokens(pixelRows.floats, places, to: rows.floats)
    let queries = AlignedBuffer(floats: channels)
    let keys = AlignedBuffer(floats: tokens * 2 * channels)
    let joined = AlignedBuffer(floats: channels)
    query.apply(rows.floats, rows: 1, to: queries.floats, in: workspace)
    keyValue.apply(rows.floats, rows: tokens, to: keys.floats, in: workspace)
    let attention = MultiHead(
      heads: config.heads, headWidth: channels / config.heads, path: path)
    let queryRows = MultiHead.Rows(base: queries.floats, stride: channels, count: 1)
    let keyRows = MultiHead.Rows(base: keys.floats, stride: 2 * channels, count: tokens)
    let valueRows = MultiHead.Rows(
      base: keys.floats + channels, stride: 2 * channels, count: tokens)
    let map = AttentionMap(heads: config.heads, queries: 1, keys: tokens) {
      attention.apply(
        batch: 1, queries: queryRows, keys: keyRows, values: valueRows, output: joined.floats,
        maps: $0, in: workspace)
    }
    let result = AlignedBuffer(floats: output.outputs)
    output.apply(joined.floats, rows: 1, to: result.floats, in: workspace)
    let features = FeatureRows(
      count: 1, tokens: 1, width: output.outputs,
      values: Array(UnsafeBufferPointer(start: result.floats, count: output.outputs)))

    let joinedGradient = AlignedBuffer(floats: channels)
    let featureRows = AlignedBuffer(try features.gradient(featureGradient))
    output.applyTransposed(featureRows.floats, rows: 1, to: joinedGradient.floats, in: workspace)
    let gradient = map.derived { maps, target in
      attention.applyGradient(
        queries: queryRows, keys: keyRows, values: valueRows, maps: maps,
        output: joinedGradient.floats, to: .init(maps: target), in: workspace)
    }
    visit(AttentionGradient(place: .pooling, map: map, gradient: gradient))
    return (features, trace)
  }
}
