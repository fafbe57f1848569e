/// An image (or video) tower that is ready to run.
///
/// Safe to use from several threads.
package final class ImageTower: Sendable {
  package let config: VisionConfig
  let network: Network
  let team: Team
  let pool = WorkspacePool()
  let packing: DeferredPacking

  enum Network: Sendable {
    case transformer(ImageTransformer)
    case residual(ModifiedResNet)
  }

  /// Reads and packs the weights, in parallel; afterwards the source is not needed any more, unless packing is put off.
  package init(
    _ config: VisionConfig, weights: any WeightSource, options: LoadOptions = LoadOptions()
  ) throws(InferenceError) {
    if options.path == .blas { _ = Team.singleThreadedBLAS }
    self.config = config
    team = Team(count: options.threads)
    let loader = WeightLoader(weights, options: options)
    if config.family == .residualNetwork {
      network = .residual(try ModifiedResNet(config, from: loader))
    } else {
      network = .transformer(try ImageTransformer(config, from: loader))
    }
    try loader.finish(on: team)
    packing = DeferredPacking(loader.deferred)
  }

  /// Packs what is still read from the file, as a second input would.
  /// - Throws: `InferenceError.unreadableTensor` where the file has changed.
  package func finishPacking() throws(InferenceError) { try packing.finish(on: team) }

  /// Floats of one input: `[3, H, W]`, or `[frames, 3, H, W]` for video.
  package var inputCount: Int {
    switch network {
    case .transformer(let tower): tower.inputCount
    case .residual: 3 * config.imageHeight * config.imageWidth
    }
  }

  package func extent(of output: TowerOutput) -> (tokens: Int, width: Int) {
    switch network {
    case .transformer(let tower): tower.extent(of: output)
    case .residual(let tower): tower.extent(of: output)
    }
  }

  /// Features of preprocessed images.
  ///
  /// - Parameters:
  ///   - pixels: `[count, 3, H, W]` row-major, normalised.
  ///   - count: images.
  ///   - output: stage that is wanted; features are not L2-normalised.
  /// - Returns: `[count, tokens, width]`.
  package func encode(
    _ pixels: [Float], count: Int, output: TowerOutput = .features,
    control: ForwardControl = ForwardControl()
  ) throws(InferenceError) -> FeatureRows {
    try check(pixels, count)
    try packing.prepare(count: count, on: team)
    let extent = extent(of: output)
    let rowCount = extent.tokens * extent.width
    let chunk = network.isResidual ? 1 : BatchRunner.chunk(tokens: extentTokens)
    let values = try Self.withPointer(to: pixels) { source throws(InferenceError) in
      try BatchRunner(team: team, chunk: chunk).run(
        count: count, rowCount: rowCount, pool: pool
      ) { first, size, result, workspace throws(InferenceError) in
        let start = source + first * self.inputCount
        switch network {
        case .transformer(let tower):
          try tower.forward(
            start, count: size, output: output, to: result, control: control, in: workspace)
        case .residual(let tower):
          for image in 0..<size {
            try tower.forward(
              start + image * self.inputCount, output: output, to: result + image * rowCount,
              control: control, in: workspace)
          }
        }
      }
    }
    try packing.check()
    return FeatureRows(count: count, tokens: extent.tokens, width: extent.width, values: values)
  }

  /// Makes only the matrix products of a forward, so that their time can be compared.
  ///
  /// Nil for families without a transformer; otherwise the number of operations of `count` images.
  package func products(count: Int) -> Double? {
    guard case .transformer(let tower) = network else { return nil }
    // What could not be read is told by the next forward; times do not depend on it.
    _ = try? packing.finish(on: team)
    let runner = BatchRunner(team: team, chunk: BatchRunner.chunk(tokens: tower.tokens))
    _ = try? runner.run(count: count, rowCount: 1, pool: pool) { _, size, _, workspace in
      tower.products(count: size, in: workspace)
    }
    return tower.operationCount * Double(count)
  }

  /// Features and attention of one image.
  package func trace(
    _ pixels: [Float], request: TraceRequest = TraceRequest(), output: TowerOutput = .features,
    control: ForwardControl = ForwardControl()
  ) throws(InferenceError) -> (features: FeatureRows, trace: Trace) {
    try check(pixels, 1)
    try checkMaps(request)
    try packing.prepare(count: 1, on: team)
    let extent = extent(of: output)
    let workspace = pool.take(team: team)
    defer { pool.give(workspace) }
    let result = try Self.withPointer(to: pixels) { source throws(InferenceError) in
      try FeatureRows.traced(extent) { result, trace throws(InferenceError) in
        switch network {
        case .transformer(let tower):
          try tower.forward(
            source, count: 1, output: output, to: result, request: request, trace: trace,
            control: control, in: workspace)
        case .residual(let tower):
          try tower.forward(
            source, output: output, to: result, trace: trace, control: control, in: workspace)
        }
      }
    }
    try packing.check()
    return result
  }

  /// Calls `body` with the pixels where they are; of no pixels at all, with a pointer that nothing is read from.
  private static func withPointer<Result>(
    to pixels: [Float], _ body: (UnsafePointer<Float>) throws(InferenceError) -> Result
  ) throws(InferenceError) -> Result {
    try pixels.withUnsafeBufferPointer { pixels throws(InferenceError) in
      try withUnsafePointer(to: Float(0)) { nothing throws(InferenceError) in
        try body(pixels.baseAddress ?? nothing)
      }
    }
  }

  /// Refuses attention maps that would not fit into memory.
  func checkMaps(_ request: TraceRequest, copies: Int = 1) throws(InferenceError) {
    guard case .transformer(let tower) = network else { return }
    try request.checkSize(
      layers: config.layers, heads: config.heads, tokens: tower.tokens, copies: copies)
  }

  private var extentTokens: Int {
    switch network {
    case .transformer(let tower): tower.tokens
    case .residual: 1
    }
  }

  func check(_ pixels: [Float], _ count: Int) throws(InferenceError) {
    guard count >= 0, pixels.count == count * inputCount else {
      throw .inputMismatch(
        what: "pixels of \(count) images", expected: count * inputCount, found: pixels.count)
    }
  }
}

extension ImageTower.Network {
  fileprivate var isResidual: Bool {
    if case .residual = self { return true }
    return false
  }
}
