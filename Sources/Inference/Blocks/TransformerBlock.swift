import CKernels

/// One residual block: attention and MLP, norms before or after each.
///
/// Options that the weights show by their presence: LayerScale (`scale1`, `scale2`), norm on the joined heads
/// (`attention.norm`), on each query and key (`attention.norm_query`, `.norm_key`), on the attention branch
/// (`norm_attention`), head factors (`attention.head_scale`), gated MLP (`mlp.gate`), norm inside it (`mlp.norm`).
struct TransformerBlock {
  let width: Int
  let heads: Int
  let hidden: Int
  let postNorm: Bool
  let causal: Bool
  let activation: Activation
  let path: ProductPath
  let norm1: LayerNorm
  let norm2: LayerNorm
  let fused: Linear
  let output: Linear
  let up: Linear
  let gate: Linear?
  let down: Linear
  let headNorm: LayerNorm?
  let queryNorm: LayerNorm?
  let keyNorm: LayerNorm?
  let branchNorm: LayerNorm?
  let hiddenNorm: LayerNorm?
  let headFactors: AlignedBuffer?
  let scale1: AlignedBuffer?
  let scale2: AlignedBuffer?

  struct Shape {
    var width: Int
    var heads: Int
    var activation: Activation
    var epsilon: Float
    var postNorm = false
    var causal = false
  }

  init(_ prefix: String, _ shape: Shape, from loader: WeightLoader) throws(InferenceError) {
    width = shape.width
    heads = shape.heads
    postNorm = shape.postNorm
    causal = shape.causal
    activation = shape.activation
    path = loader.path
    let epsilon = shape.epsilon
    let headWidth = width / heads
    let attention = prefix + ".attention"
    norm1 = try loader.norm(prefix + ".norm1", width, epsilon: epsilon)
    norm2 = try loader.norm(prefix + ".norm2", width, epsilon: epsilon)
    fused = try loader.linear(
      [attention + ".query", attention + ".key", attention + ".value"], inputs: width,
      outputs: [width, width, width])
    output = try loader.linear(attention + ".output", inputs: width, outputs: width)
    headNorm = try loader.optionalNorm(attention + ".norm", width, epsilon: epsilon)
    queryNorm = try loader.optionalNorm(attention + ".norm_query", headWidth, epsilon: epsilon)
    keyNorm = try loader.optionalNorm(attention + ".norm_key", headWidth, epsilon: epsilon)
    branchNorm = try loader.optionalNorm(prefix + ".norm_attention", width, epsilon: epsilon)
    if loader.has(attention + ".head_scale") {
      let name = attention + ".head_scale"
      let found = try loader.shape(of: name)
      guard found.reduce(1, *) == heads else {
        throw .shapeMismatch(name: name, expected: [heads], found: found)
      }
      let factors = try WeightLoader.read(name, count: heads, from: loader.source)
      headFactors = AlignedBuffer(factors.flatMap { [Float](repeating: $0, count: headWidth) })
    } else {
      headFactors = nil
    }
    scale1 = try loader.optionalVector(prefix + ".scale1", width)
    scale2 = try loader.optionalVector(prefix + ".scale2", width)
    let isGated = loader.has(prefix + ".mlp.gate.weight")
    let upName = prefix + (isGated ? ".mlp.value" : ".mlp.fc1")
    let upShape = try loader.shape(of: upName + ".weight")
    guard upShape.count == 2, (1...1 << 20).contains(upShape[0]) else {
      throw .shapeMismatch(name: upName + ".weight", expected: [4 * width, width], found: upShape)
    }
    hidden = upShape[0]
    up = try loader.linear(upName, inputs: width, outputs: hidden)
    gate =
      isGated ? try loader.linear(prefix + ".mlp.gate", inputs: width, outputs: hidden) : nil
    hiddenNorm = try loader.optionalNorm(prefix + ".mlp.norm", hidden, epsilon: epsilon)
    down = try loader.linear(prefix + ".mlp.fc2", inputs: hidden, outputs: width)
  }

  /// Where the tokens of a batch are and what the attention may see.
  struct Batch {
    var count: Int
    var tokens: Int
    var rotary: RotaryTable?
    /// Tokens in front that are not rotated.
    var prefixTokens = 0
    /// `[count, tokens]`, 1 = hidden key.
    var hidden: UnsafePointer<UInt8>?

    var rows: Int { count * tokens }
  }

  /// Runs the block over `x` `[count * tokens, width]` in place.
  ///
  /// With `only`, one token of each input is needed afterwards: its row comes back in the first `count` rows of `x`, and the
  /// work that only serves the others is left out.
  ///
  /// - Parameter maps: `[count, heads, tokens, tokens]` to be filled with the probabilities, or nil.
  func apply(
    _ x: UnsafeMutablePointer<Float>, _ batch: Batch, only: [Int]? = nil,
    maps: UnsafeMutablePointer<Float>? = nil, in workspace: Workspace
  ) {
    let qkv = project(x, batch, in: workspace)
    let joined = workspace.floats(.heads, batch.rows * width)
    if let only, maps == nil {
      attend(from: only, qkv, batch, to: joined, in: workspace)
    } else {
      let parts = MultiHead.Rows.fused(qkv, width: width, count: batch.tokens)
      multiHead.apply(
        batch: batch.count, queries: parts.queries, keys: parts.keys, values: parts.values,
        hidden: batch.hidden, output: joined, maps: maps, in: workspace)
      if let only { gather(only, of: joined, batch) }
    }
    if let only { gather(only, of: x, batch) }
    let rows = only == nil ? batch.rows : batch.count
    if let headFactors { ck_scale_columns(joined, width, rows, width, headFactors.floats) }
    headNorm?.apply(joined, rows: rows, to: joined, team: workspace.team)
    let middle = workspace.floats(.streamAfterAttention, batch.rows * width)
    add(
      output, of: joined, norms: [branchNorm, postNorm ? norm1 : nil], scale: scale1, to: x,
      rows: rows, result: middle, in: workspace)

    let inner = activate(middle, rows: rows, in: workspace)
    add(
      down, of: inner, norms: [postNorm ? norm2 : nil], scale: scale2, to: middle, rows: rows,
      result: x, in: workspace)
  }

  /// Queries, keys and values of all tokens, `[count * tokens, 3 * width]`, normed and rotated.
  private func project(
    _ x: UnsafePointer<Float>, _ batch: Batch, in workspace: Workspace
  ) -> UnsafeMutablePointer<Float> {
    let qkv = workspace.floats(.fused, batch.rows * 3 * width)
    let source = normed(x, by: norm1, rows: batch.rows, in: workspace)
    fused.apply(source, rows: batch.rows, to: qkv, in: workspace)
    position(qkv, batch)
    return qkv
  }

  /// Attention from one token of each input; the joined heads go to the first `count` rows of `joined`.
  private func attend(
    from only: [Int], _ qkv: UnsafePointer<Float>, _ batch: Batch,
    to joined: UnsafeMutablePointer<Float>, in workspace: Workspace
  ) {
    var attention = multiHead
    attention.causal = false
    for (index, token) in only.enumerated() {
      let first = index * batch.tokens
      let start = qkv + first * 3 * width
      // One query: what a causal mask lets it see are simply fewer keys.
      let parts = MultiHead.Rows.fused(
        start, width: width, count: causal ? token + 1 : batch.tokens)
      attention.apply(
        batch: 1, queries: .init(base: start + token * 3 * width, stride: 3 * width, count: 1),
        keys: parts.keys, values: parts.values, hidden: batch.hidden.map { $0 + first },
        output: joined + index * width, in: workspace)
    }
  }

  /// Brings the row of one token of each input to the front.
  private func gather(_ only: [Int], of rows: UnsafeMutablePointer<Float>, _ batch: Batch) {
    for (index, token) in only.enumerated() {
      (rows + index * width).update(
        from: rows + (index * batch.tokens + token) * width, count: width)
    }
  }

  /// What a branch sees: the stream through its norm, or as it is where norms come after the branches.
  private func normed(
    _ x: UnsafePointer<Float>, by norm: LayerNorm, rows: Int, in workspace: Workspace
  ) -> UnsafePointer<Float> {
    if postNorm { return x }
    let result = workspace.floats(.normed, rows * width)
    norm.apply(x, rows: rows, to: result, team: workspace.team)
    return UnsafePointer(result)
  }

  /// The MLP up to its last product, `[rows, hidden]`.
  private func activate(
    _ x: UnsafePointer<Float>, rows: Int, in workspace: Workspace
  ) -> UnsafePointer<Float> {
    let source = normed(x, by: norm2, rows: rows, in: workspace)
    let inner = workspace.floats(.hidden, rows * hidden)
    if let gate {
      let gates = workspace.floats(.gate, rows * hidden)
      gate.apply(source, rows: rows, to: gates, in: workspace)
      up.apply(
        source, rows: rows, to: inner,
        Epilogue(activation: CK_SILU_GATE, operand: UnsafePointer(gates), operandStride: hidden),
        in: workspace)
    } else {
      up.apply(
        source, rows: rows, to: inner, Epilogue(activation: activation.kernel), in: workspace)
    }
    hiddenNorm?.apply(inner, rows: rows, to: inner, team: workspace.team)
    return UnsafePointer(inner)
  }

  /// `result = stream + scale * norms(product(input))`, `[rows, width]`; `result` must not be `stream`.
  private func add(
    _ product: Linear, of input: UnsafePointer<Float>, norms: [LayerNorm?], scale: AlignedBuffer?,
    to stream: UnsafePointer<Float>, rows: Int, result: UnsafeMutablePointer<Float>,
    in workspace: Workspace
  ) {
    let norms = norms.compactMap(\.self)
    if norms.isEmpty {
      product.apply(
        input, rows: rows, to: result,
        Epilogue(scale: scale, operand: stream, operandStride: width), in: workspace)
      return
    }
    product.apply(input, rows: rows, to: result, in: workspace)
    for norm in norms { norm.apply(result, rows: rows, to: result, team: workspace.team) }
    var sum = ck_epilogue()
    sum.scale = scale.map { UnsafePointer($0.floats) }
    sum.operand = stream
    sum.operand_stride = width
    sum.activation = CK_IDENTITY
    ck_finish(result, width, rows, width, 0, &sum)
  }

  /// Makes the products of `apply` with the same shapes and nothing between them, for measuring.
  func products(_ batch: Batch, isSingle: Bool, in workspace: Workspace) {
    let rows = batch.rows
    let outRows = isSingle ? batch.count : rows
    let x = workspace.floats(.normed, rows * width)
    let qkv = workspace.floats(.fused, rows * 3 * width)
    let joined = workspace.floats(.heads, rows * width)
    let middle = workspace.floats(.streamAfterAttention, rows * width)
    let inner = workspace.floats(.hidden, rows * hidden)
    fused.apply(x, rows: rows, to: qkv, in: workspace)
    var attention = multiHead
    attention.causal = causal && !isSingle
    var parts = MultiHead.Rows.fused(qkv, width: width, count: batch.tokens)
    if isSingle { parts.queries.count = 1 }
    attention.apply(
      batch: batch.count, queries: parts.queries, keys: parts.keys, values: parts.values,
      output: joined, productsOnly: true, in: workspace)
    output.apply(joined, rows: outRows, to: middle, in: workspace)
    up.apply(middle, rows: outRows, to: inner, in: workspace)
    gate?.apply(
      middle, rows: outRows, to: workspace.floats(.gate, rows * hidden), in: workspace)
    down.apply(inner, rows: outRows, to: x, in: workspace)
  }

  /// Multiplications and additions of one input, the whole block or what one token needs of the last.
  func operationCount(tokens: Int, isSingle: Bool) -> Double {
    let rows = Double(isSingle ? 1 : tokens)
    let all = Double(tokens)
    let width = Double(width)
    let matrices = gate == nil ? 2.0 : 3.0
    return 2 * (all * 3 * width * width + rows * width * width)
      + 2 * rows * matrices * width * Double(hidden) + 4 * rows * all * width
  }

  /// Attention over all tokens, with the block's mask.
  var multiHead: MultiHead {
    MultiHead(heads: heads, headWidth: width / heads, causal: causal, path: path)
  }

  /// Norms and rotation of queries and keys, a head at a time.
  func position(_ qkv: UnsafeMutablePointer<Float>, _ batch: Batch) {
    let headWidth = width / heads
    let stride = 3 * width
    for (offset, norm) in [(0, queryNorm), (width, keyNorm)] {
      guard let norm else { continue }
      for head in 0..<heads {
        let start = qkv + offset + head * headWidth
        norm.apply(start, stride: stride, rows: batch.rows, to: start, stride: stride, team: .alone)
      }
    }
    guard let rotary = batch.rotary else { return }
    for input in 0..<batch.count {
      let start = qkv + (input * batch.tokens + batch.prefixTokens) * stride
      for offset in [0, width] {
        ck_rotate(
          start + offset, stride, batch.tokens - batch.prefixTokens, heads, headWidth,
          rotary.cosines.floats, rotary.sines.floats)
      }
    }
  }
}
