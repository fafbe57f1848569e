import Dialects
import Inference

/// From what is known about a checkpoint to what the towers need.
struct ModelConfiguration {
  let path: String
  let identity: Identity
  let weights: MappedWeights
  let request: ModelRequest

  private func refusal(_ reason: String, lack: ModelLack? = nil) -> ModelError {
    ModelError(path: path, reason: reason, lack: lack)
  }

  private func known(_ value: Int?, _ what: String) throws(ModelError) -> Int {
    guard let value else { throw refusal("\(what) is not known") }
    return value
  }

  private func heads(_ value: Int?, _ tower: String) throws(ModelError) -> Int {
    guard let value else {
      throw refusal(
        "the number of heads of the \(tower) tower is not known; give --heads", lack: .heads)
    }
    return value
  }

  private func activation(
    _ value: Dialects.Activation?, _ tower: String
  ) throws(ModelError) -> Inference.Activation {
    switch value {
    case .quickGelu: .quickGELU
    // A gated MLP has its SiLU built in; the field is not used there.
    case .gelu, .swiglu: .gelu
    case .geluTanh: .geluTanh
    case nil:
      throw refusal(
        "the activation of the \(tower) tower is not known; give \(Dialects.Activation.choice)",
        lack: .activation)
    }
  }

  func vision(_ facts: VisionFacts) throws(ModelError) -> VisionConfig {
    switch facts.trunk {
    case .vit, .clipViT, .siglip, .eva02, .eva01, .evaPostNorm, .pe, .otherViT, .vjepa2: break
    case .resnet: return try residual(facts)
    default:
      throw refusal(
        "the forward pass of \(facts.trunk.rawValue) towers is not built in", lack: .imageTower)
    }
    if facts.trunk == .otherViT, weights.shape(of: "vision.patch_embedding.weight") == nil {
      throw refusal("this kind of image tower is not built in", lack: .imageTower)
    }
    let patch = try known(facts.patchHeight, "the patch size")
    guard facts.patchWidth == nil || facts.patchWidth == patch else {
      throw refusal("patches that are not square are not supported")
    }
    let size = request.identity.imageSize
    let heads = try heads(facts.heads, "image")
    let activation = try activation(facts.activation, "image")
    var config = VisionConfig(
      imageHeight: try known(size ?? facts.imageHeight, "the image size (--image-size gives it)"),
      imageWidth: try known(size ?? facts.imageWidth, "the image size (--image-size gives it)"),
      patchSize: patch, width: try known(facts.width, "the width of the image tower"),
      layers: try known(facts.layers, "the number of blocks of the image tower"), heads: heads,
      activation: activation, epsilon: Float(facts.eps),
      normAfterPooling: facts.normAfterPool, postNorm: facts.isPostNorm,
      rotary: rotary(facts))
    config.pooling = try pooling(facts, heads: heads, activation: activation)
    if facts.trunk == .vjepa2 {
      let tubelet = try known(facts.tubelet, "the number of frames a token")
      let clip = identity.config?.document["frames_per_clip"]?.integer
      config.family = .video(
        frames: try known(request.frames ?? clip, "the number of frames"), tubelet: tubelet)
      config.pooling = .none
    }
    return config
  }

  private func pooling(
    _ facts: VisionFacts, heads: Int, activation: Inference.Activation
  ) throws(ModelError) -> ImagePooling {
    switch facts.pooling {
    case .classToken: .classToken
    case .mean: .average
    case .map: .map(heads: facts.poolHeads ?? heads, activation: activation)
    case .attentional:
      .queries(heads: try known(facts.poolHeads, "the number of heads of the pooler"))
    case .attentionPool, .none: .none
    }
  }

  private func rotary(_ facts: VisionFacts) -> RotaryConfig? {
    guard let rotary = facts.rotary else { return nil }
    // A side of the training grid; sizes from files are checked before anything is made of them.
    let side = Int(max(1, min(rotary.referenceSide, 65_536)))
    switch rotary.family {
    case .eva02:
      return .axial(
        columnsFirst: false, offset: rotary.offset, reference: .init(rows: side, columns: side),
        base: rotary.theta)
    case .pe, .peBigG:
      // The original code keeps indices at every size; timm scales them to the grid of the training.
      let reference: RotaryConfig.GridSize? =
        identity.layout == "pe-orig" ? nil : .init(rows: side, columns: side)
      return .axial(
        columnsFirst: true, offset: rotary.offset, reference: reference, base: rotary.theta)
    case .vjepa2: return .tubelets(gridSize: facts.gridHeight ?? 16, base: rotary.theta)
    }
  }

  private func residual(_ facts: VisionFacts) throws(ModelError) -> VisionConfig {
    var stages: [Int] = []
    for stage in 1...4 {
      var count = 0
      while count < 256,
        weights.shape(of: "vision.resnet.layer\(stage).\(count).conv1.weight") != nil
      {
        count += 1
      }
      stages.append(count)
    }
    let size = request.identity.imageSize
    return VisionConfig(
      family: .residualNetwork,
      imageHeight: try known(size ?? facts.imageHeight, "the image size"),
      imageWidth: try known(size ?? facts.imageWidth, "the image size"), patchSize: 32,
      width: try known(facts.width, "the width of the image tower"), layers: 0,
      heads: try heads(facts.heads, "image"), stages: stages)
  }

  func text(_ facts: TextFacts) throws(ModelError) -> TextConfig {
    let pooling: Inference.TextPooling =
      if facts.hasClassToken {
        .classToken(padID: facts.padID)
      } else {
        switch facts.pooling {
        case .argmax: .largestID
        case .firstEqual(let id): .endOfText(id: id)
        case .last: .last
        case .first: .first
        }
      }
    return TextConfig(
      width: facts.width, layers: facts.layers, heads: try heads(facts.heads, "text"),
      activation: try activation(facts.activation, "text"), epsilon: Float(facts.eps),
      isCausal: facts.isCausal, pooling: pooling)
  }
}
