import CKernels

/// The nonlinearity of an MLP.
package enum Activation: String, Sendable, Hashable, CaseIterable {
  /// `x * sigmoid(1.702 x)`
  case quickGELU = "quick_gelu"
  /// `x (1 + erf(x / √2)) / 2`
  case gelu
  /// The tanh form, `gelu_pytorch_tanh`.
  case geluTanh = "gelu_tanh"

  var kernel: ck_activation {
    switch self {
    case .quickGELU: CK_QUICK_GELU
    case .gelu: CK_GELU
    case .geluTanh: CK_GELU_TANH
    }
  }
}

/// How the tokens of an image become one vector.
package enum ImagePooling: Sendable, Hashable {
  /// The class token.
  case classToken
  /// Mean over the patch tokens, class token excluded.
  case average
  /// Every token is projected.
  case none
  /// One learned query attends to all tokens, then a residual MLP (SigLIP, PE-Core).
  case map(heads: Int, activation: Activation)
  /// Learned queries with norms of their own (CoCa); query 0 is the feature.
  case queries(heads: Int)
}

/// What the names of the weights do not say about an image tower.
///
/// Sizes that the weights say (hidden width of the MLP, embedding width, presence of biases, LayerScale, sub-norms)
/// are read from them.
package struct VisionConfig: Sendable, Hashable {
  package enum Family: Sendable, Hashable {
    case transformer
    /// ModifiedResNet with attention pool.
    case residualNetwork
    /// V-JEPA 2: tubelets of `frames` frames, 3-D RoPE with the grid of the configuration.
    case video(frames: Int, tubelet: Int)
  }

  package var family: Family
  package var imageHeight: Int
  package var imageWidth: Int
  package var patchSize: Int
  package var width: Int
  package var layers: Int
  package var heads: Int
  package var activation: Activation
  package var epsilon: Float
  package var pooling: ImagePooling
  /// Norm before the projection is applied to the pooled vector instead of all tokens (CLIPA; timm `fc_norm`).
  package var normAfterPooling: Bool
  /// Norms follow the branches instead of preceding them (EVA02-E).
  package var postNorm: Bool
  package var rotary: RotaryConfig?
  /// Blocks of each stage of a residual network.
  package var stages: [Int]

  package init(
    family: Family = .transformer, imageHeight: Int, imageWidth: Int, patchSize: Int, width: Int,
    layers: Int, heads: Int, activation: Activation = .gelu, epsilon: Float = 1e-5,
    pooling: ImagePooling = .classToken, normAfterPooling: Bool = false, postNorm: Bool = false,
    rotary: RotaryConfig? = nil, stages: [Int] = []
  ) {
    self.family = family
    self.imageHeight = imageHeight
    self.imageWidth = imageWidth
    self.patchSize = patchSize
    self.width = width
    self.layers = layers
    self.heads = heads
    self.activation = activation
    self.epsilon = epsilon
    self.pooling = pooling
    self.normAfterPooling = normAfterPooling
    self.postNorm = postNorm
    self.rotary = rotary
    self.stages = stages
  }

  package var gridRows: Int { patchSize > 0 ? imageHeight / patchSize : 0 }
  package var gridColumns: Int { patchSize > 0 ? imageWidth / patchSize : 0 }

  /// Refuses sizes that cannot be a model, before anything is computed from them.
  func validate() throws(InferenceError) {
    for (field, value, limit) in [
      ("image height", imageHeight, 16_384), ("image width", imageWidth, 16_384),
      ("width", width, 65_536), ("heads", heads, 4_096),
    ] where value < 1 || value > limit {
      throw .invalidConfiguration(field: field, reason: "is \(value), outside 1...\(limit)")
    }
    guard (0...1_024).contains(layers) else {
      throw .invalidConfiguration(field: "layers", reason: "is \(layers), outside 0...1024")
    }
    guard epsilon > 0, epsilon < 1 else {
      throw .invalidConfiguration(field: "epsilon", reason: "is \(epsilon), outside 0..<1")
    }
    if family == .residualNetwork { return }
    guard patchSize >= 1, patchSize <= min(imageHeight, imageWidth) else {
      throw .invalidConfiguration(
        field: "patch size", reason: "\(patchSize) does not fit the image")
    }
    guard width % heads == 0 else {
      throw .invalidConfiguration(
        field: "heads", reason: "\(heads) does not divide the width \(width)")
    }
  }
}
