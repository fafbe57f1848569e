import CKernels
import Tensors

/// The image towers that are transformers over patches: CLIP ViT, timm ViT, SigLIP, EVA-01/02, PE-Core, CoCa.
///
/// Stages: patches, class token, position, norm, blocks, norm, pooling, projection. The weights and `VisionConfig` say
/// which of them a family has.
final class ImageTransformer: Sendable {
  let config: VisionConfig
  let tokens: Int
  let prefixTokens: Int
  private let patch: Linear
  private let classToken: AlignedBuffer?
  private let position: AlignedBuffer?
  private let normBefore: LayerNorm?
  let blocks: [TransformerBlock]
  let normAfter: LayerNorm?
  let head: PoolingHead?
  let projection: Projection
  let rotary: RotaryTable?
  private let tubelet: Int
  private let frames: Int

  /// Width of what the pooling gives.
  let pooledWidth: Int

  init(_ config: VisionConfig, from loader: WeightLoader) throws(InferenceError) {
    try config.validate()
    self.config = config
    let width = config.width
    var tubelet = 1
    var frames = 1
    if case .video(let wanted, let size) = config.family {
      guard (1...64).contains(size), (1...4_096).contains(wanted) else {
        throw .invalidConfiguration(field: "frames", reason: "\(wanted) of tubelets of \(size)")
      }
      tubelet = size
      frames = max(wanted, size)
    }
    self.tubelet = tubelet
    self.frames = frames
    let steps = frames / tubelet
    let rows = config.gridRows
    let columns = config.gridColumns
    patch = try loader.linear(
      "vision.patch_embedding", inputs: 3 * tubelet * config.patchSize * config.patchSize,
      outputs: width)
    classToken = try loader.optionalVector("vision.class_token", width)
    prefixTokens = classToken == nil ? 0 : 1
    tokens = steps * rows * columns + prefixTokens
    guard tokens <= 262_144 else {
      throw .invalidConfiguration(field: "image size", reason: "gives \(tokens) tokens")
    }
    position = try Self.position(config, tokens: tokens, prefix: prefixTokens, from: loader)
    normBefore = try loader.optionalNorm("vision.norm_pre", width, epsilon: config.epsilon)
    let shape = TransformerBlock.Shape(
      width: width, heads: config.heads, activation: config.activation, epsilon: config.epsilon,
      postNorm: config.postNorm)
    var blocks: [TransformerBlock] = []
    for layer in 0..<config.layers {
      blocks.append(try TransformerBlock("vision.blocks.\(layer)", shape, from: loader))
    }
    self.blocks = blocks
    var pooled = width
    switch config.pooling {
    case .map(let heads, let activation):
      head = try PoolingHead(
        heads: heads, activation: activation, inputWidth: width, epsilon: config.epsilon,
        from: loader)
      pooled = head?.width ?? width
    case .queries(let heads):
      // The pooler's norms keep the default epsilon whatever the tower has.
      head = try PoolingHead(
        heads: heads, activation: config.activation, inputWidth: width, epsilon: 1e-5, from: loader)
      pooled = head?.width ?? width
    case .classToken:
      guard classToken != nil else {
        throw .invalidConfiguration(field: "pooling", reason: "needs a class token")
      }
      head = nil
    case .average, .none: head = nil
    }
    pooledWidth = pooled
    if case .queries = config.pooling {
      normAfter = try loader.optionalNorm("vision.norm", pooled, epsilon: config.epsilon)
    } else {
      normAfter = try loader.optionalNorm("vision.norm", width, epsilon: config.epsilon)
    }
    projection = try Projection("vision.projection", inputs: pooled, from: loader)
    rotary = try config.rotary.map { rotary throws(InferenceError) in
      try RotaryTable(
        rotary, headWidth: width / config.heads, rows: rows, columns: columns, frames: steps)
    }
  }

  /// The position table, resampled where it was made for another (square) grid.
  private static func position(
    _ config: VisionConfig, tokens: Int, prefix: Int, from loader: WeightLoader
  ) throws(InferenceError) -> AlignedBuffer? {
    let name = "vision.position"
    guard loader.has(name) else { return nil }
    let width = config.width
    let found = try loader.shape(of: name)
    guard found.count >= 2, let stored = found.dropLast().last, stored != tokens,
      case .transformer = config.family, (prefix + 1...262_144).contains(stored)
    else { return try loader.table(name, [tokens, width]) }
    let side = Int(Double(stored - prefix).squareRoot().rounded())
    guard side * side == stored - prefix else {
      throw .shapeMismatch(name: name, expected: [tokens, width], found: found)
    }
    let table = try loader.values(name, [stored, width])
    let resize = GridResize(
      prefixRows: prefix, oldHeight: side, oldWidth: side, newHeight: config.gridRows,
      newWidth: config.gridColumns)
    return AlignedBuffer(resize.apply(to: table, width: width))
  }

  /// Floats of one input: `[3, H, W]`, or `[frames, 3, H, W]`.
  var inputCount: Int { frames * 3 * config.imageHeight * config.imageWidth }

  /// Tokens and width of one input's result.
  func extent(of output: TowerOutput) -> (tokens: Int, width: Int) {
    switch (output, config.pooling) {
    case (.tokens, .queries): ((head?.queryCount ?? 1) - 1, pooledWidth)
    case (.tokens, _): (tokens - prefixTokens, config.width)
    case (.features, .none): (tokens, projection.outputs)
    case (.pooled, .none): (tokens, config.width)
    case (.features, _): (1, projection.outputs)
    case (.pooled, _): (1, pooledWidth)
    }
  }

  /// Runs `count` inputs, one where a trace is kept.
  func forward(
    _ pixels: UnsafePointer<Float>, count: Int, output: TowerOutput,
    to result: UnsafeMutablePointer<Float>, request: TraceRequest? = nil,
    trace: UnsafeMutablePointer<Trace>? = nil, control: ForwardControl, in workspace: Workspace
  ) throws(InferenceError) {
    let width = config.width
    let x = workspace.floats(.stream, count * tokens * width)
    embed(pixels, count: count, to: x, in: workspace)
    let batch = TransformerBlock.Batch(
      count: count, tokens: tokens, rotary: rotary, prefixTokens: prefixTokens)
    // Only the class token's row of the last block is looked at, unless all tokens are wanted.
    let isSingle =
      config.pooling == .classToken && output != .tokens && !(request?.hiddenStates ?? false)
    try blocks.apply(
      x, width: width, batch, only: isSingle ? [Int](repeating: 0, count: count) : nil,
      request: request, trace: trace, control: control, in: workspace)
    trace?.pointee.prefixTokens = prefixTokens
    trace?.pointee.grid =
      frames > 1
      ? [frames / tubelet, config.gridRows, config.gridColumns]
      : [config.gridRows, config.gridColumns]
    pool(
      x, count: count, isSingle: isSingle && !blocks.isEmpty, output: output, to: result,
      trace: request == nil ? nil : trace, in: workspace)
  }

  /// Only the products of `count` inputs, for measuring.
  func products(count: Int, in workspace: Workspace) {
    let grid = tokens - prefixTokens
    let rows = workspace.floats(.patches, grid * patch.inputs)
    let x = workspace.floats(.stream, count * tokens * config.width)
    for _ in 0..<count { patch.apply(rows, rows: grid, to: x, in: workspace) }
    let batch = TransformerBlock.Batch(count: count, tokens: tokens)
    blocks.products(batch, isSingle: config.pooling == .classToken, in: workspace)
  }

  /// Operations of one input as executed; pooling heads and projection are left out.
  var operationCount: Double {
    2.0 * Double(tokens - prefixTokens) * Double(patch.inputs * config.width)
      + blocks.operationCount(tokens: tokens, isSingle: config.pooling == .classToken)
  }

  private func embed(
    _ pixels: UnsafePointer<Float>, count: Int, to x: UnsafeMutablePointer<Float>,
    in workspace: Workspace
  ) {
    let width = config.width
    let height = config.imageHeight
    let columns = config.imageWidth
    let plane = height * columns
    let cell = config.patchSize * config.patchSize
    let grid = config.gridRows * config.gridColumns
    let steps = frames / tubelet
    let rows = workspace.floats(.patches, steps * grid * patch.inputs)
    for input in 0..<count {
      let start = pixels + input * inputCount
      for step in 0..<steps {
        for slice in 0..<tubelet {
          // Inner order of a tubelet is (channel, frame, row, column).
          let frame = start + (step * tubelet + slice) * 3 * plane
          for channel in 0..<3 {
            ck_patches(
              rows + step * grid * patch.inputs + (channel * tubelet + slice) * cell, patch.inputs,
              frame + channel * plane, plane, 1, height, columns, config.patchSize)
          }
        }
      }
      let base = x + input * tokens * width
      let first = base + prefixTokens * width
      patch.apply(
        rows, rows: steps * grid, to: first,
        Epilogue(
          operand: position.map { UnsafePointer($0.floats) + prefixTokens * width },
          operandStride: width), in: workspace)
      if let classToken {
        base.update(from: classToken.floats, count: width)
        if let position { ck_add_rows(base, width, position.floats, width, 1, width) }
      }
    }
    normBefore?.apply(x, rows: count * tokens, to: x, team: workspace.team)
  }

  /// From the last block's output to the result.
  ///
  /// - Parameters:
  ///   - x: `[count * tokens, D]`, or one row of each input where `isSingle`; used up.
  private func pool(
    _ x: UnsafeMutablePointer<Float>, count: Int, isSingle: Bool, output: TowerOutput,
    to result: UnsafeMutablePointer<Float>, trace: UnsafeMutablePointer<Trace>?,
    in workspace: Workspace
  ) {
    let pooled = workspace.floats(
      .pooled, count * max(tokens, head?.queryCount ?? 1) * max(pooledWidth, config.width))
    if case .queries = config.pooling, let head {
      attend(head, x, count: count, to: pooled, trace: trace, in: workspace)
      finishQueries(
        pooled, count: count, each: head.queryCount, output, to: result, in: workspace)
      return
    }
    if !config.normAfterPooling {
      normAfter?.apply(x, rows: count * (isSingle ? 1 : tokens), to: x, team: workspace.team)
    }
    if output == .tokens {
      copyPatches(x, count: count, to: result)
      return
    }
    var source: UnsafePointer<Float>
    if config.pooling == .none || isSingle {
      source = UnsafePointer(x)
    } else {
      poolRows(x, count: count, to: pooled, trace: trace, in: workspace)
      source = UnsafePointer(pooled)
    }
    let rows = config.pooling == .none ? count * tokens : count
    if config.normAfterPooling {
      normAfter?.apply(source, rows: rows, to: pooled, team: workspace.team)
      source = UnsafePointer(pooled)
    }
    finish(source, rows, output, to: result, in: workspace)
  }

  /// Of the rows of several queries, the first is the feature and the others are the tokens.
  ///
  /// - Parameter pooled: `[count, each, pooledWidth]`; used up.
  private func finishQueries(
    _ pooled: UnsafeMutablePointer<Float>, count: Int, each: Int, _ output: TowerOutput,
    to result: UnsafeMutablePointer<Float>, in workspace: Workspace
  ) {
    normAfter?.apply(pooled, rows: count * each, to: pooled, team: workspace.team)
    for input in 0..<count {
      let start = pooled + input * each * pooledWidth
      if output == .tokens {
        (result + input * (each - 1) * pooledWidth).update(
          from: start + pooledWidth, count: (each - 1) * pooledWidth)
      } else {
        (pooled + input * pooledWidth).update(from: start, count: pooledWidth)
      }
    }
    if output != .tokens { finish(pooled, count, output, to: result, in: workspace) }
  }

  /// `[count, tokens, D]` without the tokens in front.
  private func copyPatches(
    _ x: UnsafePointer<Float>, count: Int, to result: UnsafeMutablePointer<Float>
  ) {
    let size = (tokens - prefixTokens) * config.width
    for input in 0..<count {
      (result + input * size).update(
        from: x + (input * tokens + prefixTokens) * config.width, count: size)
    }
  }

  /// One row of each input, `[count, pooledWidth]`, from all of its tokens.
  private func poolRows(
    _ x: UnsafePointer<Float>, count: Int, to pooled: UnsafeMutablePointer<Float>,
    trace: UnsafeMutablePointer<Trace>?, in workspace: Workspace
  ) {
    let width = config.width
    switch config.pooling {
    case .none: break
    case .classToken:
      for input in 0..<count {
        (pooled + input * width).update(from: x + input * tokens * width, count: width)
      }
    case .average:
      for input in 0..<count {
        ck_mean_rows(
          pooled + input * width, x + (input * tokens + prefixTokens) * width, width,
          tokens - prefixTokens, width)
      }
    case .map, .queries:
      if let head { attend(head, x, count: count, to: pooled, trace: trace, in: workspace) }
    }
  }

  private func attend(
    _ head: PoolingHead, _ x: UnsafePointer<Float>, count: Int,
    to pooled: UnsafeMutablePointer<Float>, trace: UnsafeMutablePointer<Trace>?,
    in workspace: Workspace
  ) {
    func apply(maps: UnsafeMutablePointer<Float>?) {
      head.apply(x, count: count, tokenCount: tokens, to: pooled, maps: maps, in: workspace)
    }
    guard let trace else { return apply(maps: nil) }
    trace.pointee.pooling = AttentionMap(
      heads: head.heads, queries: head.queryCount, keys: tokens, filledBy: apply)
  }

  private func finish(
    _ rows: UnsafePointer<Float>, _ count: Int, _ output: TowerOutput,
    to result: UnsafeMutablePointer<Float>, in workspace: Workspace
  ) {
    if output == .pooled {
      result.update(from: rows, count: count * pooledWidth)
    } else {
      projection.apply(rows, rows: count, to: result, in: workspace)
    }
  }
}
