import CKernels

extension PoolingHead {
  /// From the gradient of the pooled rows to that of the tokens and of the pooling probabilities, for one input.
  ///
  /// - Parameters:
  ///   - tokens: `[tokenCount, inputWidth]`, what the forward was given.
  ///   - gradient: `[queryCount, width]`.
  ///   - result: `[tokenCount, inputWidth]`, to be filled.
  /// - Returns: probabilities and their gradient, `[heads, queryCount, tokenCount]`.
  func applyGradient(
    _ tokens: UnsafePointer<Float>, tokenCount: Int, gradient: UnsafePointer<Float>,
    to result: UnsafeMutablePointer<Float>, in workspace: Workspace
  ) -> (map: AttentionMap, gradient: AttentionMap) {
    let team = workspace.team
    let normed = AlignedBuffer(floats: tokenCount * inputWidth)
    var source = tokens
    if let keyNorm {
      keyNorm.apply(tokens, rows: tokenCount, to: normed.floats, team: team)
      source = UnsafePointer(normed.floats)
    }
    let keys = AlignedBuffer(floats: tokenCount * 2 * width)
    key.apply(source, rows: tokenCount, to: keys.floats, in: workspace)
    let pooled = queryCount * width
    let joined = AlignedBuffer(floats: pooled)
    let attention = MultiHead(heads: heads, headWidth: width / heads, path: path)
    let queryRows = MultiHead.Rows(base: queries.floats, stride: width, count: queryCount)
    let keyRows = MultiHead.Rows(base: keys.floats, stride: 2 * width, count: tokenCount)
    let valueRows = MultiHead.Rows(base: keys.floats + width, stride: 2 * width, count: tokenCount)
    let map = AttentionMap(heads: heads, queries: queryCount, keys: tokenCount) {
      attention.apply(
        batch: 1, queries: queryRows, keys: keyRows, values: valueRows, output: joined.floats,
        maps: $0, sharedQueries: true, in: workspace)
    }

    let middleGradient = AlignedBuffer(floats: pooled)
    middleGradient.floats.update(from: gradient, count: pooled)
    if up != nil {
      let middle = AlignedBuffer(floats: pooled)
      output.apply(joined.floats, rows: queryCount, to: middle.floats, in: workspace)
      addMLPGradient(middle.floats, gradient: gradient, to: middleGradient.floats, in: workspace)
    }
    let joinedGradient = AlignedBuffer(floats: pooled)
    output.applyTransposed(
      middleGradient.floats, rows: queryCount, to: joinedGradient.floats, in: workspace)

    let keyGradient = AlignedBuffer(floats: tokenCount * 2 * width)
    let mapGradient = map.derived { maps, target in
      attention.applyGradient(
        queries: queryRows, keys: keyRows, values: valueRows, maps: maps,
        output: joinedGradient.floats,
        to: .init(
          maps: target, keys: keyGradient.floats, values: keyGradient.floats + width,
          keyStride: 2 * width), in: workspace)
    }
    key.applyTransposed(keyGradient.floats, rows: tokenCount, to: result, in: workspace)
    keyNorm?.applyGradient(input: tokens, gradient: result, rows: tokenCount, to: result)
    return (map, mapGradient)
  }

  /// Adds what the residual MLP passes on to the gradient of its input `middle`.
  private func addMLPGradient(
    _ middle: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    to result: UnsafeMutablePointer<Float>, in workspace: Workspace
  ) {
    guard let up, let down else { return }
    let branch = AlignedBuffer(floats: queryCount * width)
    if let norm {
      norm.apply(middle, rows: queryCount, to: branch.floats, team: workspace.team)
    } else {
      branch.floats.update(from: middle, count: queryCount * width)
    }
    let inner = AlignedBuffer(floats: queryCount * hidden)
    let innerGradient = AlignedBuffer(floats: queryCount * hidden)
    up.apply(branch.floats, rows: queryCount, to: inner.floats, in: workspace)
    down.applyTransposed(gradient, rows: queryCount, to: innerGradient.floats, in: workspace)
    activation.applyGradient(
      input: inner.floats, gradient: innerGradient.floats, count: queryCount * hidden)
    up.applyTransposed(innerGradient.floats, rows: queryCount, to: branch.floats, in: workspace)
    norm?.applyGradient(
      input: middle, gradient: branch.floats, rows: queryCount, to: branch.floats)
    ck_add_rows(result, width, branch.floats, width, queryCount, width)
  }
}
