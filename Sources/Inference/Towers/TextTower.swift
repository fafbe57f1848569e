import CKernels

/// A text tower that is ready to run.
///
/// Safe to use from several threads.
package final class TextTower: Sendable {
  package let config: TextConfig
  /// Token ids of one text, the appended class token of CoCa not counted.
  package let contextLength: Int
  package let vocabularySize: Int
  private let embedding: TokenEmbedding
  private let position: AlignedBuffer
  let classToken: AlignedBuffer?
  let blocks: [TransformerBlock]
  let norm: LayerNorm
  let projection: Projection
  let team: Team
  let pool = WorkspacePool()
  let packing: DeferredPacking

  package init(
    _ config: TextConfig, weights: any WeightSource, options: LoadOptions = LoadOptions()
  ) throws(InferenceError) {
    if options.path == .blas { _ = Team.singleThreadedBLAS }
    try config.validate()
    self.config = config
    team = Team(count: options.threads)
    let loader = WeightLoader(weights, options: options)
    let width = config.width
    let table = try loader.shape(of: "text.token_embedding")
    guard table.count == 2, table[1] == width, (1...1 << 22).contains(table[0]) else {
      throw .shapeMismatch(
        name: "text.token_embedding", expected: [table.first ?? 1, width], found: table)
    }
    vocabularySize = table[0]
    embedding = TokenEmbedding(source: weights, width: width, count: table[0])
    let positions = try loader.shape(of: "text.position")
    guard positions.count >= 2, positions[positions.count - 1] == width,
      (1...65_536).contains(positions[positions.count - 2])
    else {
      throw .shapeMismatch(name: "text.position", expected: [77, width], found: positions)
    }
    let length = positions[positions.count - 2]
    position = try loader.table("text.position", [length, width])
    if case .classToken = config.pooling {
      classToken = try loader.vector("text.class_token", width)
      contextLength = length - 1
    } else {
      classToken = nil
      contextLength = length
    }
    let shape = TransformerBlock.Shape(
      width: width, heads: config.heads, activation: config.activation, epsilon: config.epsilon,
      causal: config.isCausal)
    var blocks: [TransformerBlock] = []
    for layer in 0..<config.layers {
      blocks.append(try TransformerBlock("text.blocks.\(layer)", shape, from: loader))
    }
    self.blocks = blocks
    norm = try loader.norm("text.norm", width, epsilon: config.epsilon)
    projection = try Projection("text.projection", inputs: width, from: loader)
    try loader.finish(on: team)
    try embedding.prepare(inPlace: options.defersPacking)
    packing = DeferredPacking(loader.deferred, embedding: embedding)
  }

  package func extent(of output: TowerOutput, length: Int) -> (tokens: Int, width: Int) {
    switch output {
    case .tokens: (length, config.width)
    case .features: (config.pooling == .none ? length : 1, projection.outputs)
    case .pooled: (config.pooling == .none ? length : 1, config.width)
    }
  }

  /// Packs what is still read from the file, as a second input would.
  /// - Throws: `InferenceError.unreadableTensor` where the file has changed.
  package func finishPacking() throws(InferenceError) { try packing.finish(on: team) }

  /// Features of token ids.
  ///
  /// - Parameters:
  ///   - ids: `[count, length]`, padded as the model expects; padding is not masked.
  ///   - count: texts.
  ///   - output: stage that is wanted; features are not L2-normalised.
  package func encode(
    _ ids: [Int], count: Int, output: TowerOutput = .features,
    control: ForwardControl = ForwardControl()
  ) throws(InferenceError) -> FeatureRows {
    let length = try check(ids, count)
    try packing.prepare(count: count, on: team)
    let extent = extent(of: output, length: length)
    let rowCount = extent.tokens * extent.width
    let chunk = BatchRunner.chunk(tokens: length)
    let values = try BatchRunner(team: team, chunk: chunk).run(
      count: count, rowCount: rowCount, pool: pool
    ) { first, size, result, workspace throws(InferenceError) in
      try forward(
        ids[first * length..<(first + size) * length], count: size, length: length,
        output: output, to: result, control: control, in: workspace)
    }
    try packing.check()
    return FeatureRows(count: count, tokens: extent.tokens, width: extent.width, values: values)
  }

  /// Makes only the matrix products of a forward of `count` texts of full length; the result is the number of operations.
  package func products(count: Int) -> Double {
    // What could not be read is told by the next forward; times do not depend on it.
    _ = try? packing.finish(on: team)
    let tokens = classToken == nil ? contextLength : contextLength + 1
    let isSingle = config.pooling != .none
    let runner = BatchRunner(team: team, chunk: BatchRunner.chunk(tokens: tokens))
    _ = try? runner.run(count: count, rowCount: 1, pool: pool) { _, size, _, workspace in
      let batch = TransformerBlock.Batch(count: size, tokens: tokens)
      blocks.products(batch, isSingle: isSingle, in: workspace)
    }
    return blocks.operationCount(tokens: tokens, isSingle: isSingle) * Double(count)
  }

  /// Features and attention of one text.
  package func trace(
    _ ids: [Int], request: TraceRequest = TraceRequest(), output: TowerOutput = .features,
    control: ForwardControl = ForwardControl()
  ) throws(InferenceError) -> (features: FeatureRows, trace: Trace) {
    let length = try check(ids, 1)
    try packing.prepare(count: 1, on: team)
    try request.checkSize(layers: config.layers, heads: config.heads, tokens: length + 1)
    let extent = extent(of: output, length: length)
    let workspace = pool.take(team: team)
    defer { pool.give(workspace) }
    let result = try FeatureRows.traced(extent) { result, trace throws(InferenceError) in
      try forward(
        ids[...], count: 1, length: length, output: output, to: result, request: request,
        trace: trace, control: control, in: workspace)
    }
    try packing.check()
    return result
  }

  func check(_ ids: [Int], _ count: Int) throws(InferenceError) -> Int {
    guard count > 0 else {
      if count == 0, ids.isEmpty { return 1 }
      throw .inputMismatch(what: "texts", expected: 1, found: count)
    }
    let length = ids.count / count
    guard length * count == ids.count, length >= 1, length <= contextLength else {
      throw .inputMismatch(
        what: "token ids of each text", expected: contextLength, found: length)
    }
    for id in ids where id < 0 || id >= vocabularySize {
      throw .tokenOutOfRange(id: id, vocabularySize: vocabularySize)
    }
    return length
  }

  /// 1 for every key of one text that no query sees; empty where there is no such mask.
  func keyMask(_ ids: ArraySlice<Int>) -> [UInt8] {
    guard case .classToken(let padID) = config.pooling else { return [] }
    // Released weights expect the mask one column late: column 0 is visible, column j follows id j - 1.
    return [0] + ids.map { $0 == padID ? 1 : 0 }
  }

  /// Index of the token that stands for the whole text.
  func pooledPosition(_ ids: ArraySlice<Int>) -> Int {
    switch config.pooling {
    case .largestID:
      var best = ids.startIndex
      for index in ids.indices where ids[index] > ids[best] { best = index }
      return best - ids.startIndex
    case .endOfText(let id): return (ids.firstIndex(of: id) ?? ids.startIndex) - ids.startIndex
    case .first, .none: return 0
    case .last: return ids.count - 1
    case .classToken: return ids.count
    }
  }

  func forward(
    _ ids: ArraySlice<Int>, count: Int, length: Int, output: TowerOutput,
    to result: UnsafeMutablePointer<Float>, request: TraceRequest? = nil,
    trace: UnsafeMutablePointer<Trace>? = nil, control: ForwardControl, in workspace: Workspace
  ) throws(InferenceError) {
    let width = config.width
    let tokens = classToken == nil ? length : length + 1
    let x = workspace.floats(.stream, count * tokens * width)
    var hiddenKeys: [UInt8] = []
    var pooled: [Int] = []
    for text in 0..<count {
      let start = ids.startIndex + text * length
      let own = ids[start..<start + length]
      let base = x + text * tokens * width
      for (index, id) in own.enumerated() { embedding.copy(id, to: base + index * width) }
      if let classToken {
        (base + length * width).update(from: classToken.floats, count: width)
      }
      ck_add_rows(base, width, position.floats, width, tokens, width)
      pooled.append(pooledPosition(own))
      hiddenKeys.append(contentsOf: keyMask(own))
    }
    let isSingle =
      config.pooling != .none && output != .tokens && !(request?.hiddenStates ?? false)
    try hiddenKeys.withUnsafeBufferPointer { hidden throws(InferenceError) in
      let batch = TransformerBlock.Batch(
        count: count, tokens: tokens, hidden: hidden.isEmpty ? nil : hidden.baseAddress)
      try blocks.apply(
        x, width: width, batch, only: isSingle ? pooled : nil, request: request, trace: trace,
        control: control, in: workspace)
    }
    trace?.pointee.pooledPosition = pooled.first
    finish(
      x, count: count, tokens: tokens, length: length, pooled: pooled,
      isSingle: isSingle && !blocks.isEmpty, output: output, to: result, in: workspace)
  }

  private func finish(
    _ x: UnsafeMutablePointer<Float>, count: Int, tokens: Int, length: Int, pooled: [Int],
    isSingle: Bool, output: TowerOutput, to result: UnsafeMutablePointer<Float>,
    in workspace: Workspace
  ) {
    let width = config.width
    if output == .tokens {
      // CoCa hands its tokens to the caption decoder without the final norm.
      if classToken == nil { norm.apply(x, rows: count * tokens, to: x, team: workspace.team) }
      for text in 0..<count {
        (result + text * length * width).update(
          from: x + text * tokens * width, count: length * width)
      }
      return
    }
    var rows = count
    if config.pooling == .none {
      rows = count * tokens
    } else if !isSingle {
      for (text, token) in pooled.enumerated() {
        (x + text * width).update(from: x + (text * tokens + token) * width, count: width)
      }
    }
    let vectors = workspace.floats(.pooled, rows * width)
    norm.apply(x, rows: rows, to: vectors, team: workspace.team)
    if output == .pooled {
      result.update(from: vectors, count: rows * width)
    } else {
      projection.apply(vectors, rows: rows, to: result, in: workspace)
    }
  }
}
