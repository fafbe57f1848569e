import CKernels

/// Pooling by attention: learned queries look at all tokens (SigLIP and PE-Core's MAP head, CoCa's pooler).
struct PoolingHead {
  let width: Int
  let heads: Int
  let queryCount: Int
  /// Projected queries: they do not depend on the image, so they are computed once.
  let queries: AlignedBuffer
  let keyNorm: LayerNorm?
  let key: Linear
  let output: Linear
  let norm: LayerNorm?
  let up: Linear?
  let down: Linear?
  let activation: Activation
  let hidden: Int
  let path: ProductPath
  let inputWidth: Int

  /// - Parameters:
  ///   - inputWidth: width of the tokens.
  init(
    heads: Int, activation: Activation, inputWidth: Int, epsilon: Float, from loader: WeightLoader
  ) throws(InferenceError) {
    let prefix = "vision.pool"
    let probe = try loader.shape(of: prefix + ".probe")
    guard let width = probe.last, probe.count >= 2, width > 0, width <= 65_536,
      heads > 0, width % heads == 0, probe[probe.count - 2] > 0, probe[probe.count - 2] <= 65_536,
      probe.dropLast(2).allSatisfy({ $0 == 1 })
    else {
      throw .shapeMismatch(name: prefix + ".probe", expected: [1, inputWidth], found: probe)
    }
    self.width = width
    self.heads = heads
    self.inputWidth = inputWidth
    self.activation = activation
    path = loader.path
    let queryCount = probe[probe.count - 2]
    self.queryCount = queryCount
    // A loader of its own, since the queries are made now: what the tower has collected so far is read in parallel later.
    let early = WeightLoader(loader.source, options: LoadOptions(path: loader.path))
    let queryNorm = try early.optionalNorm(prefix + ".norm_query", width, epsilon: epsilon)
    let query = try early.linear(prefix + ".attention.query", inputs: width, outputs: width)
    try early.finish(on: .alone)
    var rows = try loader.values(prefix + ".probe", probe)
    if let queryNorm {
      rows.withUnsafeMutableBufferPointer { rows in
        guard let base = rows.baseAddress else { return }
        queryNorm.apply(base, rows: queryCount, to: base, team: .alone)
      }
    }
    queries = AlignedBuffer(floats: queryCount * width)
    query.apply(rows, rows: queryCount, to: queries.floats, in: Workspace(team: .alone))
    keyNorm = try loader.optionalNorm(prefix + ".norm_key", inputWidth, epsilon: epsilon)
    key = try loader.linear(
      [prefix + ".attention.key", prefix + ".attention.value"], inputs: inputWidth,
      outputs: [width, width])
    output = try loader.linear(prefix + ".attention.output", inputs: width, outputs: width)
    norm = try loader.optionalNorm(prefix + ".norm", width, epsilon: epsilon)
    if loader.has(prefix + ".mlp.fc1.weight") {
      let shape = try loader.shape(of: prefix + ".mlp.fc1.weight")
      guard shape.count == 2, (1...1 << 20).contains(shape[0]) else {
        throw .shapeMismatch(
          name: prefix + ".mlp.fc1.weight", expected: [4 * width, width], found: shape)
      }
      hidden = shape[0]
      up = try loader.linear(prefix + ".mlp.fc1", inputs: width, outputs: hidden)
      down = try loader.linear(prefix + ".mlp.fc2", inputs: hidden, outputs: width)
    } else {
      hidden = 0
      up = nil
      down = nil
    }
  }

  /// `[count, tokens, inputWidth]` to `[count, queryCount, width]`; probabilities `[count, heads, queryCount, tokens]` to `maps`.
  func apply(
    _ tokens: UnsafePointer<Float>, count: Int, tokenCount: Int,
    to result: UnsafeMutablePointer<Float>, maps: UnsafeMutablePointer<Float>? = nil,
    in workspace: Workspace
  ) {
    let rows = count * tokenCount
    var source = tokens
    if let keyNorm {
      let normed = workspace.floats(.normed, rows * inputWidth)
      keyNorm.apply(tokens, rows: rows, to: normed, team: workspace.team)
      source = UnsafePointer(normed)
    }
    let keys = workspace.floats(.keys, rows * 2 * width)
    key.apply(source, rows: rows, to: keys, in: workspace)
    let outRows = count * queryCount
    let joined = workspace.floats(.pooledBranch, outRows * width)
    MultiHead(heads: heads, headWidth: width / heads, path: path).apply(
      batch: count, queries: .init(base: queries.floats, stride: width, count: queryCount),
      keys: .init(base: keys, stride: 2 * width, count: tokenCount),
      values: .init(base: keys + width, stride: 2 * width, count: tokenCount), output: joined,
      maps: maps, sharedQueries: true, in: workspace)
    guard let up, let down else {
      output.apply(joined, rows: outRows, to: result, in: workspace)
      return
    }
    let middle = workspace.floats(.pooledNext, outRows * width)
    output.apply(joined, rows: outRows, to: middle, in: workspace)
    let inner = workspace.floats(.hidden, outRows * hidden)
    // The residual is around the MLP only.
    if let norm {
      norm.apply(middle, rows: outRows, to: joined, team: workspace.team)
    } else {
      joined.update(from: middle, count: outRows * width)
    }
    up.apply(
      joined, rows: outRows, to: inner, Epilogue(activation: activation.kernel), in: workspace)
    down.apply(
      inner, rows: outRows, to: result,
      Epilogue(operand: UnsafePointer(middle), operandStride: width), in: workspace)
  }
}
