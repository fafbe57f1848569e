import Tensors

/// Which dialect a set of keys speaks.
///
/// Tests are tried in order; the first that holds decides.
struct DialectDetection {
  /// How keys have to be changed so that one rule table serves them.
  enum Edit: Equatable {
    case none
    case add(String)
    case remove(String)
  }

  var dialect: Dialect
  /// Node of the table graph; nil where no table exists.
  var layout: String?
  var family: String
  var trunk: VisionTrunk?
  var edit: Edit = .none
  /// What is missing to the nearest dialect, for unknown files.
  var note: String?

  /// - Parameter stripped: what every stored key begins with and `keys` lack.
  static func detect(
    _ keys: KeyShapes, hasSettings: Bool, stripped: String = ""
  ) -> DialectDetection {
    if let adapter = adapter(keys) { return adapter }
    if let foreign = foreign(keys) { return foreign }
    if keys.has("params/img/embedding/kernel") {
      let isFlat = keys.rank("params/img/embedding/kernel") == 2
      return DialectDetection(
        dialect: .bigvision, layout: isFlat ? nil : "bv-siglip",
        family: isFlat ? "big_vision SigLIP 2 NaFlex" : "big_vision SigLIP", trunk: .siglip)
    }
    if keys.has(suffix: "vision_model/pre_layrnorm/scale") {
      return DialectDetection(
        dialect: keys.has(prefix: "text_model/") ? .hfClip : .hfClipVision,
        layout: "hf-flax-clip", family: "HF CLIP (Flax)", trunk: .vit)
    }
    if keys.has("text_model/final_layer_norm/scale") {
      return DialectDetection(
        dialect: .hfClipText, layout: "hf-flax-clip", family: "HF CLIP (Flax)")
    }
    if keys.has(prefix: "text_decoder.") {
      return DialectDetection(
        dialect: .openClipCustom, layout: "oc-custom", family: "CoCa", trunk: .vit)
    }
    if keys.has(prefix: "image_encoder.model.patch_emb.") {
      return DialectDetection(
        dialect: .mobileClip, layout: "mobileclip", family: "MobileCLIP", trunk: .mciViT)
    }
    if keys.has(prefix: "image_encoder.model.") {
      return DialectDetection(
        dialect: .mobileClip, layout: "mobileclip", family: "MobileCLIP-S", trunk: .fastvit)
    }
    return vjepa(keys) ?? transformers(keys) ?? openClip(keys, hasSettings: hasSettings)
      ?? openClipText(keys) ?? timm(keys) ?? unknown(keys, stripped: stripped)
  }

  private static func adapter(_ keys: KeyShapes) -> DialectDetection? {
    var rank: Int?
    var count = 0
    for key in keys.keys {
      let isPeft = key.hasSuffix(".lora_A.weight") || key.hasSuffix(".lora_A.default.weight")
      let isKohya = key.hasSuffix(".lora_down.weight")
      if isPeft || isKohya {
        count += 1
        rank = keys.rows(key)
      }
    }
    // Up to three tensors for each adapted layer: full models with a few such layers are not adapters.
    guard count > 0, count * 3 + 8 >= keys.keys.count else { return nil }
    let text = rank.map { "adapter (LoRA, rank \($0))" } ?? "adapter (LoRA)"
    return DialectDetection(dialect: .adapter, layout: nil, family: text)
  }

  /// Families of Transformers that share prefixes with CLIP.
  private static func foreign(_ keys: KeyShapes) -> DialectDetection? {
    let name: String? =
      if keys.has(prefix: "clip.vision_model.") && keys.has(prefix: "decoder.") {
        "CLIPSeg"
      } else if keys.has(prefix: "text_model.encoder.layer.")
        || keys.has(prefix: "text_model.roberta.")
      {
        "AltCLIP or ChineseCLIP"
      } else if keys.has(prefix: "mit.") && keys.has(prefix: "prompts_") {
        "X-CLIP"
      } else { nil }
    return name.map {
      DialectDetection(
        dialect: .unknown, layout: nil, family: $0,
        note: "it is \($0), which shares key prefixes with CLIP but is another model")
    }
  }

  private static func vjepa(_ keys: KeyShapes) -> DialectDetection? {
    for prefix in ["", "vjepa2."] {
      let patch = prefix + "encoder.embeddings.patch_embeddings.proj.weight"
      if keys.rank(patch) == 5, keys.has(prefix + "encoder.layer.0.attention.query.weight") {
        return DialectDetection(
          dialect: .vjepa2, layout: "vjepa2", family: "V-JEPA 2", trunk: .vjepa2,
          edit: prefix.isEmpty ? .none : .remove(prefix))
      }
    }
    return nil
  }

  private static func transformers(_ keys: KeyShapes) -> DialectDetection? {
    let hasText = keys.has(prefix: "text_model.")
    if keys.has("vision_model.pre_layrnorm.weight") {
      return DialectDetection(
        dialect: hasText ? .hfClip : .hfClipVision, layout: "hf-clip", family: "HF CLIP",
        trunk: .vit)
    }
    if keys.has("pre_layrnorm.weight") {
      return DialectDetection(
        dialect: .hfClipVision, layout: "hf-clip", family: "HF CLIP", trunk: .vit,
        edit: .add("vision_model."))
    }
    if keys.has("vision_model.embeddings.patch_embedding.bias") {
      let isFlat = keys.rank("vision_model.embeddings.patch_embedding.weight") == 2
      return DialectDetection(
        dialect: hasText ? .hfSiglip : .hfSiglipVision,
        layout: isFlat ? "hf-siglip2-naflex" : "hf-siglip",
        family: isFlat ? "HF SigLIP 2 NaFlex" : "HF SigLIP", trunk: .siglip)
    }
    if keys.has("embeddings.patch_embedding.bias") {
      return DialectDetection(
        dialect: .hfSiglipVision, layout: "hf-siglip", family: "HF SigLIP", trunk: .siglip,
        edit: .add("vision_model."))
    }
    if keys.has("text_model.final_layer_norm.weight") {
      let isSiglip = keys.has("text_model.head.weight")
      return DialectDetection(
        dialect: isSiglip ? .hfSiglipText : .hfClipText,
        layout: isSiglip ? "hf-siglip" : "hf-clip", family: isSiglip ? "HF SigLIP" : "HF CLIP")
    }
    if keys.has("final_layer_norm.weight"), keys.has("embeddings.token_embedding.weight") {
      let isSiglip = keys.has("head.weight")
      return DialectDetection(
        dialect: isSiglip ? .hfSiglipText : .hfClipText,
        layout: isSiglip ? "hf-siglip" : "hf-clip", family: isSiglip ? "HF SigLIP" : "HF CLIP",
        edit: .add("text_model."))
    }
    return nil
  }

  private static func openClip(_ keys: KeyShapes, hasSettings: Bool) -> DialectDetection? {
    let isCustom = keys.has(prefix: "text.")
    let hasForeignText =
      isCustom && keys.has(prefix: "text.transformer.") && !keys.has("text.positional_embedding")
    func family(_ name: String) -> String {
      hasForeignText ? "OpenCLIP with a Hugging Face text tower" : name
    }
    if let trunk = trunk(keys, "visual.trunk.") {
      return DialectDetection(
        dialect: .openClipTimm, layout: layout(of: trunk, isCustom: isCustom),
        family: family(familyName(of: trunk)), trunk: trunk)
    }
    if keys.has("visual.cls_token"), keys.has("visual.blocks.0.norm1.weight") {
      return DialectDetection(
        dialect: .eva, layout: "eva-orig", family: "EVA-CLIP", trunk: evaTrunk(keys, "visual."))
    }
    if keys.has("visual.attn_pool.probe") {
      return DialectDetection(dialect: .pe, layout: "pe-orig", family: "PE-Core", trunk: .pe)
    }
    let layout = isCustom ? "oc-custom" : "oc-clip"
    let isResNet = keys.has("visual.layer1.0.conv1.weight")
    if isResNet || keys.has("visual.conv1.weight") && keys.has("visual.class_embedding") {
      let trunk: VisionTrunk = isResNet ? .resnet : .vit
      if hasSettings, !isCustom {
        return DialectDetection(
          dialect: .openAI, layout: "openai", family: "OpenAI CLIP", trunk: trunk)
      }
      return DialectDetection(
        dialect: isCustom ? .openClipCustom : .openClip, layout: layout,
        family: family("OpenCLIP"), trunk: trunk)
    }
    if keys.has("conv1.weight"), keys.has("class_embedding"), keys.has("ln_post.weight") {
      return DialectDetection(
        dialect: .openClip, layout: "oc-clip", family: "OpenCLIP", trunk: .vit,
        edit: .add("visual."))
    }
    return nil
  }

  /// A text tower of OpenCLIP without an image tower.
  private static func openClipText(_ keys: KeyShapes) -> DialectDetection? {
    for (prefix, dialect, layout) in [
      ("text.", Dialect.openClipCustom, "oc-custom"), ("", Dialect.openClip, "oc-clip"),
    ] where keys.has(prefix + "token_embedding.weight") && keys.has(prefix + "ln_final.weight") {
      return DialectDetection(dialect: dialect, layout: layout, family: "OpenCLIP")
    }
    return nil
  }

  private static func timm(_ keys: KeyShapes) -> DialectDetection? {
    guard let trunk = trunk(keys, "") else { return nil }
    let family = familyName(of: trunk)
    return DialectDetection(
      dialect: .timm, layout: layout(of: trunk, isCustom: true),
      family: family == commonFamily ? "timm" : family, trunk: trunk, edit: .add("visual.trunk."))
  }

  private static func unknown(_ keys: KeyShapes, stripped: String) -> DialectDetection {
    DialectDetection(
      dialect: .unknown, layout: nil, family: "unknown",
      note: NearestDialect.describe(keys, stripped: stripped))
  }

  private static func trunk(_ keys: KeyShapes, _ p: String) -> VisionTrunk? {
    func has(_ key: String) -> Bool { keys.has(p + key) }
    if has("blocks.0.mlp.fc1_g.weight"), has("blocks.0.attn.norm.weight") { return .eva02 }
    if has("blocks.0.attn.q_bias"), has("blocks.0.attn.qkv.weight") { return evaTrunk(keys, p) }
    if has("attn_pool.latent"), has("norm_pre.weight") { return .pe }
    if has("attn_pool.latent"), !has("cls_token") { return .siglip }
    if has("patch_embed.backbone.0.conv.weight") { return .mciViT }
    if has("patch_embed.backbone.stem.conv1.weight") { return .vitamin }
    if has("norm_pre.weight"), has("cls_token") { return .clipViT }
    if has("stem.0.conv_kxk.0.conv.weight") || has("stem.0.conv_scale.conv.weight")
      || has("stem.0.reparam_conv.weight")
    {
      return .fastvit
    }
    if has("stages.0.blocks.0.conv_dw.weight") { return .convnext }
    if has("layers.0.blocks.0.attn.relative_position_bias_table") { return .swin }
    if has("blocks.0.attn.rel_pos.mlp.fc1.weight") { return .relativePosition }
    if has("blocks.0.norm1.weight"), has("patch_embed.proj.weight") { return .otherViT }
    return nil
  }

  /// Keys of EVA-01 and EVA-02-E are the same; width and depth tell them apart.
  private static func evaTrunk(_ keys: KeyShapes, _ p: String) -> VisionTrunk {
    if keys.has(p + "blocks.0.attn.q_proj.weight") || keys.has(p + "blocks.0.mlp.w1.weight") {
      return .eva02
    }
    return (keys.rows(p + "patch_embed.proj.weight") ?? 0) >= 1792 ? .evaPostNorm : .eva01
  }

  private static func layout(of trunk: VisionTrunk, isCustom: Bool) -> String {
    switch trunk {
    case .siglip: "oc-siglip"
    case .eva02, .eva01, .evaPostNorm: "oc-eva"
    case .pe: "oc-pe"
    case .mciViT, .fastvit: "oc-mci"
    case .clipViT: "oc-timm-clip"
    default: isCustom ? "oc-custom" : "oc-clip"
    }
  }

  /// Trunks that no published family has to itself.
  private static let commonFamily = "OpenCLIP"

  private static func familyName(of trunk: VisionTrunk) -> String {
    switch trunk {
    case .siglip: "SigLIP"
    case .eva02, .eva01, .evaPostNorm: "EVA-CLIP"
    case .pe: "PE-Core"
    case .mciViT: "MobileCLIP"
    case .fastvit: "MobileCLIP-S"
    case .vitamin: "ViTamin"
    case .convnext: "ConvNeXt CLIP"
    case .swin: "Swin CLIP"
    default: commonFamily
    }
  }
}

/// Names of dialects, as commands and JSON spell them.
package enum Dialect: String, Sendable, Equatable, CaseIterable {
  case openClip = "openclip"
  case openClipCustom = "openclip-custom"
  case openClipTimm = "openclip-timm"
  case openAI = "openai"
  case hfClip = "hf-clip"
  case hfClipVision = "hf-clip-vision"
  case hfClipText = "hf-clip-text"
  case hfSiglip = "hf-siglip"
  case hfSiglipVision = "hf-siglip-vision"
  case hfSiglipText = "hf-siglip-text"
  case bigvision = "bigvision-siglip"
  case eva
  case pe
  case timm
  case mobileClip = "mobileclip"
  case vjepa2
  case adapter
  case unknown
}

/// For files that no test recognises: the dialect that comes closest, and what it lacks.
enum NearestDialect {
  private static let signatures: [(name: String, keys: [String])] = [
    (
      "openclip",
      [
        "visual.conv1.weight", "visual.class_embedding", "visual.proj", "token_embedding.weight",
        "ln_final.weight",
      ]
    ),
    (
      "hf-clip",
      [
        "vision_model.pre_layrnorm.weight", "vision_model.embeddings.patch_embedding.weight",
        "text_model.final_layer_norm.weight", "visual_projection.weight",
      ]
    ),
    (
      "hf-siglip",
      [
        "vision_model.embeddings.patch_embedding.bias", "vision_model.head.probe",
        "text_model.head.weight",
      ]
    ),
    (
      "openclip-timm",
      [
        "visual.trunk.patch_embed.proj.weight", "visual.trunk.blocks.0.norm1.weight",
        "text.token_embedding.weight",
      ]
    ),
    ("timm", ["patch_embed.proj.weight", "blocks.0.norm1.weight", "norm.weight"]),
    ("bigvision-siglip", ["params/img/embedding/kernel", "params/txt/Embed_0/embedding"]),
    (
      "vjepa2",
      ["encoder.embeddings.patch_embeddings.proj.weight", "encoder.layer.0.attention.query.weight"]
    ),
  ]

  /// - Parameter stripped: what every stored key begins with and `keys` lack.
  static func describe(_ keys: KeyShapes, stripped: String) -> String {
    if keys.has(prefix: "_modules.") {
      return "it is a module that was pickled whole (torch.save(model)); "
        + #"clipscope edit IN OUT --rename 's/_(modules|parameters|buffers)\.//g' gives its keys the names of a state dict"#
    }
    var best: (name: String, found: Int, missing: [String])?
    for (name, wanted) in signatures {
      // A key also counts when it stands behind a prefix: that is the usual reason for not being recognised.
      let missing = wanted.filter { !keys.has($0) && !keys.has(suffix: "." + $0) }
      let found = wanted.count - missing.count
      if found > 0, found > best?.found ?? 0 { best = (name, found, missing) }
    }
    guard let best else { return "no key belongs to a known dialect" }
    if best.missing.isEmpty {
      return "nearest is \(best.name), but its keys stand behind "
        + (remedy(best.name, keys, stripped: stripped) ?? "several prefixes")
    }
    let list = best.missing.map { "`\($0)`" }.joined(separator: ", ")
    return "nearest is \(best.name), which also wants \(list)"
  }

  /// The one prefix that the keys of a dialect stand behind, and what takes it away; nil where there are several.
  private static func remedy(_ name: String, _ keys: KeyShapes, stripped: String) -> String? {
    let wanted = signatures.first { $0.name == name }?.keys ?? []
    let prefixes = Set(
      wanted.compactMap { key in
        keys.keys.filter { $0.hasSuffix("." + key) }.map { String($0.dropLast(key.count)) }.min()
      })
    guard let own = prefixes.first, prefixes.count == 1 else { return nil }
    let prefix = stripped + own
    guard !prefix.contains(where: { "*?['=".contains($0) }) else { return "`\(prefix)`" }
    let keep = keys.keys.allSatisfy { $0.hasPrefix(own) } ? "" : " --keep '\(prefix)*'"
    return "`\(prefix)`; clipscope edit IN OUT\(keep) --rename '\(prefix)*=*' takes it away"
  }
}
