import Tensors

/// Sizes of the towers from the shapes of their tensors.
struct ArchitectureInference {
  let keys: KeyShapes
  let detection: DialectDetection

  func vision() -> VisionFacts? {
    guard let trunk = detection.trunk else { return nil }
    var facts = VisionFacts(trunk: trunk)
    switch trunk {
    case .resnet: resnet(&facts)
    case .vjepa2: vjepa(&facts)
    case .fastvit: fastvit(&facts)
    default:
      guard trunk.isTransformer, let names = VisionNames.of(detection.layout, trunk) else {
        facts.pooling = .none
        return facts
      }
      transformer(&facts, names)
    }
    return facts
  }

  private func transformer(_ facts: inout VisionFacts, _ names: VisionNames) {
    let isNaFlex = detection.layout == "hf-siglip2-naflex"
    let isJax = names.isJax
    facts.width = isJax ? keys.size(names.patch, -1) : keys.rows(names.patch)
    if facts.trunk == .mciViT { facts.width = keys.size(names.position, -1) }
    facts.layers = keys.layers(names.blocks)
    if isNaFlex {
      facts.patchHeight = keys.size(names.patch, 1).flatMap { SquareRoot.exact($0 / 3) }
      facts.patchWidth = facts.patchHeight
    } else if facts.trunk == .mciViT {
      facts.patchHeight = 16
      facts.patchWidth = 16
    } else {
      facts.patchHeight = keys.size(names.patch, isJax ? 0 : -2)
      facts.patchWidth = keys.size(names.patch, isJax ? 1 : -1)
    }
    let hasClass = names.classToken.map { keys.has($0) } ?? false
    facts.prefixTokens = hasClass ? 1 : 0
    let hasClassRow = hasClass && facts.trunk != .mciViT
    if let rows = keys.size(names.position, -2),
      let side = SquareRoot.exact(rows - (hasClassRow ? 1 : 0))
    {
      facts.gridHeight = side
      facts.gridWidth = side
    }
    facts.mlpHidden = names.hidden.lazy.compactMap { keys.size($0, isJax ? -1 : 0) }.first
    facts.hasProjection = names.projection.contains { keys.has($0) }
    if names.isJax,
      let heads = keys.size(names.blocks + "0/MultiHeadDotProductAttention_0/query/kernel", 1)
    {
      facts.heads = heads
    }
    describe(&facts)
    if let grid = facts.gridHeight, let patch = facts.patchHeight {
      facts.imageHeight = grid.multipliedReportingOverflow(by: patch).overflow ? nil : grid * patch
      facts.imageWidth = facts.imageHeight
    }
  }

  /// What the family fixes.
  private func describe(_ facts: inout VisionFacts) {
    switch facts.trunk {
    case .vit:
      facts.pooling = keys.has("visual.attn_pool.query") ? .attentional : .classToken
      if detection.layout == "oc-clip" || detection.layout == "oc-custom",
        !keys.has("visual.ln_pre.weight")
      {
        facts.pooling = .mean
        facts.normAfterPool = true
      }
    case .clipViT: facts.pooling = .classToken
    case .siglip:
      let hasHead =
        keys.has(suffix: "head.probe") || keys.has(suffix: "attn_pool.latent")
        || keys.has(suffix: "MAPHead_0/probe")
      facts.pooling = hasHead ? .map : .none
      facts.eps = 1e-6
    case .eva02, .eva01, .evaPostNorm:
      facts.pooling = .classToken
      facts.eps = 1e-6
      facts.isPostNorm = facts.trunk == .evaPostNorm
      if facts.trunk == .eva02 {
        facts.rotary = RotaryFacts(family: .eva02, theta: 10000, referenceSide: 16, offset: 0)
      }
    case .pe:
      facts.pooling = .map
      let isBig = facts.prefixTokens == 0
      facts.rotary = RotaryFacts(
        family: isBig ? .peBigG : .pe, theta: 10000,
        referenceSide: Double(isBig ? 32 : Self.trainedSide(ofPE: facts)), offset: isBig ? 0 : 1)
    case .mciViT:
      facts.pooling = .classToken
      facts.eps = 1e-6
    case .otherViT, .relativePosition:
      // The mean of the patches has its own norm, or the usual one where there is no class token to pool either.
      facts.normAfterPool = keys.has("visual.trunk.fc_norm.weight")
      facts.pooling = facts.normAfterPool || facts.prefixTokens == 0 ? .mean : .classToken
      facts.eps = 1e-6
      facts.hasProjection = keys.has("visual.head.proj.weight") || facts.hasProjection
    default: break
    }
    if facts.heads == nil, let width = facts.width { facts.heads = HeadRule.vision(width) }
    switch facts.trunk {
    case .pe: facts.poolHeads = 8
    case .siglip: facts.poolHeads = facts.heads
    case .vit where facts.pooling == .attentional: facts.poolHeads = 8
    default: break
    }
  }

  /// Side of the grid that a published PE-Core was trained with, which timm keeps at every size; the stored one for widths that none has.
  private static func trainedSide(ofPE facts: VisionFacts) -> Int {
    switch facts.width {
    case 768: 14
    case 192, 384, 1024: 24
    default: facts.gridHeight ?? 24
    }
  }

  private func resnet(_ facts: inout VisionFacts) {
    guard let stem = keys.rows("visual.layer1.0.conv1.weight") else { return }
    facts.width = stem
    facts.layers = nil
    facts.pooling = .attentionPool
    facts.hasProjection = true
    if stem <= 1 << 20 {
      facts.heads = stem * 32 / 64
      facts.poolHeads = facts.heads
    }
    if let rows = keys.rows("visual.attnpool.positional_embedding"),
      let side = SquareRoot.exact(rows - 1)
    {
      facts.gridHeight = side
      facts.gridWidth = side
      facts.patchHeight = 32
      facts.patchWidth = 32
      facts.imageHeight = side * 32
      facts.imageWidth = side * 32
    }
  }

  private func vjepa(_ facts: inout VisionFacts) {
    let patch = "encoder.embeddings.patch_embeddings.proj.weight"
    facts.width = keys.rows(patch)
    facts.tubelet = keys.size(patch, 2)
    facts.patchHeight = keys.size(patch, 3)
    facts.patchWidth = keys.size(patch, 4)
    facts.layers = keys.layers("encoder.layer.")
    facts.mlpHidden = keys.rows("encoder.layer.0.mlp.fc1.weight")
    facts.eps = 1e-6
    facts.pooling = keys.has("pooler.query_tokens") ? .map : .none
    switch facts.width {
    case 1024: facts.heads = 16
    case 1280: facts.heads = 16
    case 1408: facts.heads = 22
    default: break
    }
    facts.rotary = RotaryFacts(family: .vjepa2, theta: 10000, referenceSide: 0, offset: 0)
  }

  private func fastvit(_ facts: inout VisionFacts) {
    let names = FastViTNames.of(detection.layout)
    facts.width = names.stem.lazy.compactMap { keys.rows($0) }.first
    facts.stageDepths = names.stages.compactMap { keys.layers($0) }
    facts.layers = facts.stageDepths.isEmpty ? nil : facts.stageDepths.reduce(0, +)
    facts.isReparametrised = keys.keys.contains {
      $0.contains(".reparam_conv.") || $0.contains(".lkb_reparam.")
    }
    facts.pooling = .mean
    facts.hasProjection = names.projection.contains { keys.has($0) }
  }

  func text() -> TextFacts? {
    guard let names = TextNames.of(detection.layout),
      let vocabulary = keys.rows(names.tokens), let width = keys.size(names.tokens, 1),
      let rows = keys.size(names.positions, -2), let layers = keys.layers(names.blocks)
    else { return nil }
    var facts = TextFacts(
      width: width, layers: layers, contextLength: rows, vocabularySize: vocabulary)
    facts.hasClassToken = keys.has("text.cls_emb")
    if facts.hasClassToken { facts.contextLength = max(rows - 1, 0) }
    facts.heads = HeadRule.text(width)
    if names.isJax,
      let heads = keys.size(names.blocks + "0/MultiHeadDotProductAttention_0/query/kernel", 1)
    {
      facts.heads = heads
    }
    facts.mlpHidden = keys.size(names.hidden, names.isJax ? -1 : 0)
    facts.hasProjection = names.projection.contains { keys.has($0) }
    facts.hasMixerBlocks = keys.has(prefix: names.blocks + "0.token_mixer.")
    // MobileCLIP with a FastViT has bidirectional text; with the hybrid ViT it is causal.
    if detection.trunk == .fastvit { facts.isCausal = false }
    if detection.trunk == .siglip || names.isSiglip {
      facts.eps = 1e-6
      facts.isCausal = false
      facts.pooling = .last
    } else if detection.trunk == .vit,
      detection.layout == "oc-clip" || detection.layout == "oc-custom",
      keys.has("visual.conv1.weight"), !keys.has("visual.ln_pre.weight")
    {
      // CLIPA: towers without a first norm were trained with bidirectional text, last token pooled.
      facts.isCausal = false
      facts.pooling = .last
    }
    return facts
  }

  /// Width of the joint space.
  func embedDim(_ text: TextFacts?) -> Int? {
    for key in [
      "visual.proj", "text_projection", "text.text_projection", "params/txt/head/kernel",
      "text_encoder.projection_layer", "text_projection/kernel", "visual_projection/kernel",
      "image_encoder.model.head.proj", "image_encoder.model.classifier.proj",
    ] {
      if keys.rank(key) == 2, let size = keys.size(key, 1) { return size }
    }
    for key in [
      "text_projection.weight", "text.text_projection.weight", "visual_projection.weight",
      "text_model.head.weight", "visual.attnpool.c_proj.weight", "visual.trunk.head.weight",
      "visual.trunk.head.fc.weight", "visual.head.weight", "visual.head.proj.weight",
      "visual.head.mlp.fc2.weight",
      "text.proj.weight", "text.proj.2.weight",
    ] {
      if keys.rank(key) == 2, let size = keys.rows(key) { return size }
    }
    if detection.trunk == .siglip {
      return text?.width ?? keys.rows("visual.trunk.attn_pool.proj.weight")
        ?? keys.rows("vision_model.head.attention.out_proj.weight")
    }
    return nil
  }
}

/// Head counts that published models of a width have; the files do not store them.
enum HeadRule {
  static func vision(_ width: Int) -> Int? {
    if [1152, 1280, 1408, 1536, 1664, 1792].contains(width) { return 16 }
    return common(width)
  }

  static func text(_ width: Int) -> Int? { width == 1152 ? 16 : common(width) }

  private static func common(_ width: Int) -> Int? {
    width >= 64 && width % 64 == 0 ? width / 64 : nil
  }
}

/// Where the tensors that tell sizes stand in each layout.
struct VisionNames {
  var patch: String
  var classToken: String?
  var position: String
  var blocks: String
  var hidden: [String]
  var projection: [String]
  var isJax = false

  static func of(_ layout: String?, _ trunk: VisionTrunk) -> VisionNames? {
    switch layout {
    case "hf-clip", "hf-siglip", "hf-siglip2-naflex":
      let e = "vision_model.embeddings."
      return VisionNames(
        patch: e + "patch_embedding.weight", classToken: e + "class_embedding",
        position: e + "position_embedding.weight", blocks: "vision_model.encoder.layers.",
        hidden: ["vision_model.encoder.layers.0.mlp.fc1.weight"],
        projection: ["visual_projection.weight"])
    case "hf-flax-clip":
      let e = "vision_model/embeddings/"
      return VisionNames(
        patch: e + "patch_embedding/kernel", classToken: e + "class_embedding",
        position: e + "position_embedding/embedding", blocks: "vision_model/encoder/layers/",
        hidden: ["vision_model/encoder/layers/0/mlp/fc1/kernel"],
        projection: ["visual_projection/kernel"],
        isJax: true)
    case "bv-siglip":
      let p = "params/img/"
      return VisionNames(
        patch: p + "embedding/kernel", classToken: nil, position: p + "pos_embedding",
        blocks: p + "Transformer/encoderblock_",
        hidden: [p + "Transformer/encoderblock_0/MlpBlock_0/Dense_0/kernel"], projection: [],
        isJax: true)
    case "mobileclip":
      let p = "image_encoder.model."
      return VisionNames(
        patch: "", classToken: p + "cls_token", position: p + "pos_embed.pos_embed.pos_embed",
        blocks: p + "transformer.", hidden: [p + "transformer.0.pre_norm_ffn.1.weight"],
        projection: [p + "classifier.proj"])
    case "eva-orig": return timm("visual.")
    case "pe-orig": return native()
    case .some: return trunk == .vit ? native() : timm("visual.trunk.")
    case nil: return nil
    }
  }

  private static func native() -> VisionNames {
    VisionNames(
      patch: "visual.conv1.weight", classToken: "visual.class_embedding",
      position: "visual.positional_embedding", blocks: "visual.transformer.resblocks.",
      hidden: ["visual.transformer.resblocks.0.mlp.c_fc.weight"], projection: ["visual.proj"])
  }

  private static func timm(_ p: String) -> VisionNames {
    VisionNames(
      patch: p + "patch_embed.proj.weight", classToken: p + "cls_token", position: p + "pos_embed",
      blocks: p + "blocks.",
      hidden: ["fc1", "fc1_g", "w1"].map { "\(p)blocks.0.mlp.\($0).weight" },
      projection: [p + "head.weight"])
  }
}

/// Where the tensors that tell the sizes of a FastViT stand: MobileCLIP's own names or timm's.
struct FastViTNames {
  /// The first convolution, with its branches and merged.
  var stem: [String]
  /// Prefixes of the blocks of each stage.
  var stages: [String]
  var projection: [String]

  static func of(_ layout: String?) -> FastViTNames {
    let isOriginal = layout == "mobileclip"
    let p = isOriginal ? "image_encoder.model." : "visual.trunk."
    return FastViTNames(
      stem: isOriginal
        ? [p + "patch_embed.0.rbr_conv.0.conv.weight", p + "patch_embed.0.reparam_conv.weight"]
        : [p + "stem.0.conv_kxk.0.conv.weight", p + "stem.0.reparam_conv.weight"],
      stages: isOriginal
        ? [0, 2, 4, 7, 10].map { "\(p)network.\($0)." }
        : (0...4).map { "\(p)stages.\($0).blocks." },
      projection: isOriginal ? [p + "head.proj"] : [p + "head.fc.weight"])
  }
}

struct TextNames {
  var tokens: String
  var positions: String
  var blocks: String
  var hidden: String
  var projection: [String]
  var isJax = false
  var isSiglip = false

  static func of(_ layout: String?) -> TextNames? {
    switch layout {
    case "hf-clip", "hf-siglip", "hf-siglip2-naflex":
      return TextNames(
        tokens: "text_model.embeddings.token_embedding.weight",
        positions: "text_model.embeddings.position_embedding.weight",
        blocks: "text_model.encoder.layers.", hidden: "text_model.encoder.layers.0.mlp.fc1.weight",
        projection: ["text_projection.weight", "text_model.head.weight"],
        isSiglip: layout != "hf-clip")
    case "hf-flax-clip":
      return TextNames(
        tokens: "text_model/embeddings/token_embedding/embedding",
        positions: "text_model/embeddings/position_embedding/embedding",
        blocks: "text_model/encoder/layers/", hidden: "text_model/encoder/layers/0/mlp/fc1/kernel",
        projection: ["text_projection/kernel"], isJax: true)
    case "bv-siglip":
      return TextNames(
        tokens: "params/txt/Embed_0/embedding", positions: "params/txt/pos_embedding",
        blocks: "params/txt/Encoder_0/encoderblock_",
        hidden: "params/txt/Encoder_0/encoderblock_0/MlpBlock_0/Dense_0/kernel",
        projection: ["params/txt/head/kernel"], isJax: true, isSiglip: true)
    case "mobileclip":
      return TextNames(
        tokens: "text_encoder.embedding_layer.weight",
        positions: "text_encoder.positional_embedding.pos_embed.pos_embed",
        blocks: "text_encoder.transformer.",
        hidden: "text_encoder.transformer.0.pre_norm_ffn.1.weight",
        projection: ["text_encoder.projection_layer"])
    case "oc-clip", "openai", "pe-orig": return native("")
    case .some: return native("text.")
    case nil: return nil
    }
  }

  private static func native(_ p: String) -> TextNames {
    TextNames(
      tokens: p + "token_embedding.weight", positions: p + "positional_embedding",
      blocks: p + "transformer.resblocks.", hidden: p + "transformer.resblocks.0.mlp.c_fc.weight",
      projection: [p + "text_projection", p + "text_projection.weight"])
  }
}
