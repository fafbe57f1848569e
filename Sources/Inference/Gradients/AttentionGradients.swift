/// Probabilities of one attention and the gradient of a number computed from the features.
package struct AttentionGradient: Sendable, Equatable {
  package enum Place: Sendable, Hashable {
    case block(Int)
    /// The pooling head, or the attention pool of a residual network.
    case pooling
  }

  package var place: Place
  /// A, `[heads, queries, keys]`.
  package var map: AttentionMap
  /// ∂y/∂A of the same shape, masked entries included.
  package var gradient: AttentionMap

  package init(place: Place, map: AttentionMap, gradient: AttentionMap) {
    self.place = place
    self.map = map
    self.gradient = gradient
  }
}

/// What a forward and the way back through it give for one input.
package struct AttentionGradients: Sendable, Equatable {
  package var features: FeatureRows
  package var trace: Trace
  /// By block index, shaped like `trace.attention`.
  package var gradients: [Int: AttentionMap] = [:]
  /// Shaped like `trace.pooling`.
  package var pooling: AttentionMap?
}

/// From the features of a forward to the gradient ∂y/∂features, `[tokens * width]` numbers.
package typealias FeatureGradient = (FeatureRows) throws(InferenceError) -> [Float]

extension ImageTower {
  /// Runs one image forward, then back to the attention probabilities of every block.
  ///
  /// The forward keeps the input of each block only; the way back computes one block's activations at a time again, and
  /// `visit` gets its maps before the next block is looked at. So memory is that of the block inputs and one block.
  /// - Parameters:
  ///   - pixels: as for `trace`.
  ///   - featureGradient: asked once, with the features that are not L2-normalised.
  ///   - visit: called with the pooling head first, where there is one, then with the blocks from the last to the first.
  /// - Returns: features and a trace without maps.
  package func visitAttentionGradients(
    _ pixels: [Float], featureGradient: FeatureGradient,
    control: ForwardControl = ForwardControl(), visit: (AttentionGradient) -> Void
  ) throws(InferenceError) -> (features: FeatureRows, trace: Trace) {
    try check(pixels, 1)
    // One block's maps, their gradient and the scores.
    try checkMaps(TraceRequest(layers: [0]), copies: 3)
    try packing.finish(on: team)
    let workspace = pool.take(team: team)
    defer { pool.give(workspace) }
    let source = AlignedBuffer(pixels)
    switch network {
    case .transformer(let tower):
      return try tower.attentionGradients(
        source.floats, featureGradient, control: control, in: workspace, visit: visit)
    case .residual(let tower):
      return try tower.attentionGradients(
        source.floats, featureGradient, control: control, in: workspace, visit: visit)
    }
  }

  /// The same with all maps and gradients kept.
  package func attentionGradients(
    _ pixels: [Float], featureGradient: FeatureGradient,
    control: ForwardControl = ForwardControl()
  ) throws(InferenceError) -> AttentionGradients {
    try checkMaps(TraceRequest(), copies: 2)
    var visited: [AttentionGradient] = []
    let (features, trace) = try visitAttentionGradients(
      pixels, featureGradient: featureGradient, control: control
    ) { visited.append($0) }
    return AttentionGradients(features, trace, visited)
  }
}

extension TextTower {
  /// Runs one text forward, then back to the attention probabilities of every block; see `ImageTower`.
  package func visitAttentionGradients(
    _ ids: [Int], featureGradient: FeatureGradient,
    control: ForwardControl = ForwardControl(), visit: (AttentionGradient) -> Void
  ) throws(InferenceError) -> (features: FeatureRows, trace: Trace) {
    try packing.finish(on: team)
    let workspace = pool.take(team: team)
    defer { pool.give(workspace) }
    return try attentionGradients(
      ids, featureGradient, control: control, in: workspace, visit: visit)
  }

  /// The same with all maps and gradients kept.
  package func attentionGradients(
    _ ids: [Int], featureGradient: FeatureGradient, control: ForwardControl = ForwardControl()
  ) throws(InferenceError) -> AttentionGradients {
    var visited: [AttentionGradient] = []
    let (features, trace) = try visitAttentionGradients(
      ids, featureGradient: featureGradient, control: control
    ) { visited.append($0) }
    return AttentionGradients(features, trace, visited)
  }
}

extension AttentionGradients {
  fileprivate init(_ features: FeatureRows, _ trace: Trace, _ visited: [AttentionGradient]) {
    self.features = features
    self.trace = trace
    for item in visited {
      switch item.place {
      case .block(let layer):
        self.trace.attention[layer] = item.map
        gradients[layer] = item.gradient
      case .pooling:
        self.trace.pooling = item.map
        pooling = item.gradient
      }
    }
  }
}

extension FeatureRows {
  /// The caller's gradient, checked.
  func gradient(_ make: FeatureGradient) throws(InferenceError) -> [Float] {
    let result = try make(self)
    guard result.count == values.count else {
      throw .inputMismatch(
        what: "gradient of the features", expected: values.count, found: result.count)
    }
    return result
  }
}
