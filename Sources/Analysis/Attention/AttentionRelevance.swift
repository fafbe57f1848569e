package import Inference

/// Gradient-weighted relevance (Chefer, Gur and Wolf, "Generic attention-model explainability", 2021), for one tower.
///
///     G_l = ∂y/∂A_l;  Ā_l = mean over heads of max(0, G_l ⊙ A_l);  R = (I + Ā_L) ... (I + Ā_1)
///
/// y is the scaled cosine of an image and a text, without bias; the other tower's vector is a constant.
package struct AttentionRelevance: Sendable, Equatable {
  /// T.
  package private(set) var tokens = 0
  /// Ā of each block, `[T, T]`.
  package private(set) var layers: [[Float]] = []
  /// Ā of the pooling head's first query, `[T]`, where the tower has a pooling head.
  package private(set) var pooling: [Float]?
  /// y.
  package var score: Float?

  /// - Parameter gradients: of every attention, as a tower's `visitAttentionGradients` gives them.
  package init(_ gradients: some Sequence<AttentionGradient>, score: Float? = nil) {
    self.init()
    self.score = score
    for gradient in gradients { insert(gradient) }
  }

  private init() {}

  /// What makes the picture's score with the text: Ā of the image tower.
  ///
  /// - Parameters:
  ///   - pixels: `[3, H, W]`, preprocessed.
  ///   - text: the text's features, one vector, not normalised.
  package static func image(
    _ tower: ImageTower, pixels: [Float], text: FeatureRows, scoring: Scoring,
    control: ForwardControl = ForwardControl()
  ) throws(InferenceError) -> AttentionRelevance {
    try scored(with: text, scoring) { gradient, visit throws(InferenceError) in
      _ = try tower.visitAttentionGradients(
        pixels, featureGradient: gradient, control: control, visit: visit)
    }
  }

  /// What makes the text's score with the picture: Ā of the text tower.
  ///
  /// - Parameters:
  ///   - ids: tokens of one text.
  ///   - image: the picture's features, one vector, not normalised.
  package static func text(
    _ tower: TextTower, ids: [Int], image: FeatureRows, scoring: Scoring,
    control: ForwardControl = ForwardControl()
  ) throws(InferenceError) -> AttentionRelevance {
    try scored(with: image, scoring) { gradient, visit throws(InferenceError) in
      _ = try tower.visitAttentionGradients(
        ids, featureGradient: gradient, control: control, visit: visit)
    }
  }

  /// What `back`, the way back from a score to the attention, visits; the score is that of its features with `other`.
  private static func scored(
    with other: FeatureRows, _ scoring: Scoring,
    back: (FeatureGradient, (AttentionGradient) -> Void) throws(InferenceError) -> Void
  ) throws(InferenceError) -> AttentionRelevance {
    var result = AttentionRelevance()
    var score: Float = 0
    try back(
      { features throws(InferenceError) in
        let (value, gradient) = try scoring.score(features, with: other)
        score = value
        return gradient
      }, { result.insert($0) })
    result.score = score
    return result
  }

  private mutating func insert(_ item: AttentionGradient) {
    let map = item.map
    tokens = map.keys
    switch item.place {
    case .pooling:
      pooling = Self.weighted(item, count: map.keys)
    case .block(let layer):
      if layers.count <= layer {
        layers += [[Float]](repeating: [], count: layer + 1 - layers.count)
      }
      layers[layer] = Self.weighted(item, count: map.queries * map.keys)
    }
  }

  /// Mean over the heads of the positive part of G ⊙ A, the first `count` entries of each head.
  private static func weighted(_ item: AttentionGradient, count: Int) -> [Float] {
    let map = item.map
    let size = map.queries * map.keys
    var result = [Double](repeating: 0, count: count)
    map.values.withUnsafeBufferPointer { values in
      item.gradient.values.withUnsafeBufferPointer { gradients in
        for head in 0..<map.heads {
          for index in 0..<count {
            let product = Double(values[head * size + index] * gradients[head * size + index])
            result[index] += max(0, product)
          }
        }
      }
    }
    let heads = Double(map.heads)
    return result.map { Float($0 / heads) }
  }

  /// `start · R`, from the last layer down.
  ///
  /// - Parameters:
  ///   - start: `[n, T]`, weights of the tokens of the last layer.
  ///   - count: number of blocks from the first on; nil = all.
  /// - Returns: `[n, T]`.
  package func rows(
    _ start: [Double], layers count: Int? = nil, isCancelled: () -> Bool = { false }
  ) throws(AttentionError) -> [Double] {
    var result = start
    for layer in layers.prefix(count ?? layers.count).reversed() {
      if isCancelled() { throw .cancelled }
      let change = AttentionRollout.product(result, layer.map(Double.init), tokens)
      for index in result.indices { result[index] += change[index] }
    }
    return result
  }

  /// R, `[T, T]`.
  package func matrix(
    layers count: Int? = nil, isCancelled: () -> Bool = { false }
  ) throws(AttentionError) -> [Double] {
    var identity = [Double](repeating: 0, count: tokens * tokens)
    for token in 0..<tokens { identity[token * tokens + token] = 1 }
    return try rows(identity, layers: count, isCancelled: isCancelled)
  }
}
