import OrderedCollections
import Tensors

/// Writes `model_cfg` of `open_clip_config.json` from the facts of a model.
struct OpenClipConfig {
  let identity: Identity
  let layout: String
  let imageSize: Int?

  /// - Throws: `Refusal` where a value is not known or OpenCLIP cannot express it.
  func model() throws(Refusal) -> JSONValue {
    var root = JSONObject()
    guard let embed = identity.embedDim else {
      throw Refusal("the joint width is not known, and open_clip_config.json must hold it")
    }
    // A file that came with an OpenCLIP config keeps it; only the picture size and the layout can change.
    if let own = identity.config, own.kind == .openClip,
      var model = (own.document["model_cfg"] ?? own.document).object
    {
      if let imageSize, var vision = model["vision_cfg"]?.object {
        vision["image_size"] = .integer(imageSize)
        model["vision_cfg"] = .object(vision)
      }
      if layout == "oc-custom" { model["custom_text"] = true }
      if layout == "oc-clip" { model["custom_text"] = nil }
      return .object(model)
    }
    root["embed_dim"] = .integer(embed)
    root["vision_cfg"] = .object(try vision())
    root["text_cfg"] = .object(try text())
    if layout == "oc-clip" || layout == "oc-custom" {
      // A ResNet has ReLU throughout; the switch is about its text tower then.
      let hasSwitch = identity.vision.map { $0.trunk != .resnet } ?? false
      let eyes = hasSwitch ? try required(identity.vision?.activation, .vision) : nil
      let words = try identity.text.map { text throws(Refusal) in
        try required(text.activation, .text)
      }
      if let eyes, let words, (eyes == .quickGelu) != (words == .quickGelu) {
        throw Refusal(
          "the towers have different activations (\(eyes.rawValue), \(words.rawValue)), and OpenCLIP has one switch for both"
        )
      }
      if words ?? eyes == .quickGelu { root["quick_gelu"] = true }
    } else if layout == "oc-timm-clip", let text = identity.text {
      // The name of the timm model says it for the image tower.
      _ = try required(identity.vision?.activation, .vision)
      if try required(text.activation, .text) == .quickGelu { root["quick_gelu"] = true }
    }
    if layout != "oc-clip" { root["custom_text"] = true }
    if layout == "oc-siglip" { root["init_logit_bias"] = -10 }
    return .object(root)
  }

  private func required(_ known: Activation?, _ tower: Tower) throws(Refusal) -> Activation {
    try Activation.required(known, tower: tower, file: "open_clip_config.json")
  }

  private func vision() throws(Refusal) -> JSONObject {
    var members = JSONObject()
    guard let facts = identity.vision else { return members }
    guard let size = imageSize ?? facts.imageHeight else {
      throw Refusal("the image size is not known; give --image-size")
    }
    members["image_size"] =
      imageSize == nil && facts.imageHeight != facts.imageWidth
      ? [.integer(size), .integer(facts.imageWidth ?? size)] : .integer(size)
    if layout != "oc-clip" && layout != "oc-custom" {
      guard let name = TimmNames.name(facts, imageSize: size) else {
        throw Refusal(
          "timm has no model of width \(facts.width ?? 0) and depth \(facts.layers ?? 0) that OpenCLIP could build for this trunk"
        )
      }
      members["timm_model_name"] = .string(name)
      members["timm_model_pretrained"] = false
      if facts.trunk == .siglip {
        members["timm_pool"] = "map"
        members["timm_proj"] = "none"
      } else {
        members["timm_pool"] =
          facts.trunk == .pe ? "map" : facts.trunk == .fastvit ? "avg" : "token"
        members["timm_proj"] = JSONValue.null
      }
      return members
    }
    guard let width = facts.width else {
      throw Refusal("the width of the image tower is not known")
    }
    if facts.trunk == .resnet {
      members["layers"] = .array(try resnetDepths().map { .integer($0) })
      members["width"] = .integer(width)
      members["patch_size"] = JSONValue.null
      return members
    }
    guard let layers = facts.layers, let heads = facts.heads, let patch = facts.patchHeight else {
      throw Refusal("the number of heads of the image tower is not recorded; give --heads")
    }
    members["layers"] = .integer(layers)
    members["width"] = .integer(width)
    if width / heads != 64 { members["head_width"] = .integer(width / heads) }
    members["patch_size"] = .integer(patch)
    try addMLP(&members, width: width, hidden: facts.mlpHidden)
    if facts.eps != 1e-5 { members["norm_kwargs"] = ["eps": .number(facts.eps)] }
    if facts.activation == .geluTanh { members["act_kwargs"] = ["approximate": "tanh"] }
    return members
  }

  /// Blocks of the four stages.
  private func resnetDepths() throws(Refusal) -> [Int] {
    var blocks: [[Substring]] = [[], [], [], []]
    for name in identity.normalisation.tensors.keys where name.hasPrefix("visual.layer") {
      let parts = name.split(separator: ".")
      guard parts.count > 3, let stage = Int(parts[1].dropFirst("layer".count)),
        (1...4).contains(stage), !blocks[stage - 1].contains(parts[2])
      else { continue }
      blocks[stage - 1].append(parts[2])
    }
    guard blocks.allSatisfy({ !$0.isEmpty }) else {
      throw Refusal("the ResNet tower does not have four stages, which OpenCLIP's has")
    }
    return blocks.map(\.count)
  }

  private func text() throws(Refusal) -> JSONObject {
    var members = JSONObject()
    guard let facts = identity.text else { return members }
    guard let heads = facts.heads else {
      throw Refusal("the number of heads of the text tower is not recorded; give --heads")
    }
    members["context_length"] = .integer(facts.contextLength)
    members["vocab_size"] = .integer(facts.vocabularySize)
    members["width"] = .integer(facts.width)
    members["heads"] = .integer(heads)
    members["layers"] = .integer(facts.layers)
    try addMLP(&members, width: facts.width, hidden: facts.mlpHidden)
    if layout == "oc-siglip" {
      members["no_causal_mask"] = true
      if facts.hasProjection { members["proj_bias"] = true } else { members["proj_type"] = "none" }
      members["pool_type"] = "last"
      members["norm_kwargs"] = ["eps": .number(facts.eps)]
      if let name = Self.siglipTokenizers[facts.vocabularySize] {
        members["hf_tokenizer_name"] = .string(name)
        members["tokenizer_kwargs"] = ["clean": "canonicalize"]
      }
      if facts.activation == .geluTanh { members["act_kwargs"] = ["approximate": "tanh"] }
      return members
    }
    if facts.eps != 1e-5 { members["norm_kwargs"] = ["eps": .number(facts.eps)] }
    if facts.activation == .geluTanh { members["act_kwargs"] = ["approximate": "tanh"] }
    if !facts.isCausal { members["no_causal_mask"] = true }
    switch facts.pooling {
    case .argmax: break
    case .firstEqual(let id):
      // The last id of the vocabulary is also the largest: the plain form says the same.
      if id != facts.vocabularySize - 1 {
        members["pool_type"] = "eos"
        members["eos_id"] = .integer(id)
      }
    case .last: members["pool_type"] = "last"
    case .first: members["pool_type"] = "first"
    }
    return members
  }

  /// Repositories whose tokenizer files OpenCLIP's own configs name, by size of the vocabulary.
  ///
  /// For a model in a local folder the files in that folder are used; without the name it would be CLIP's tokenizer.
  private static let siglipTokenizers = [
    32000: "timm/ViT-B-16-SigLIP", 250000: "timm/ViT-B-16-SigLIP-i18n-256",
    256000: "timm/ViT-B-16-SigLIP2",
  ]

  private func addMLP(_ members: inout JSONObject, width: Int, hidden: Int?) throws(Refusal) {
    guard let hidden, hidden != width * 4 else { return }
    guard let ratio = Self.ratio(width: width, hidden: hidden) else {
      throw Refusal("no mlp_ratio gives \(hidden) hidden units for a width of \(width)")
    }
    members["mlp_ratio"] = .number(ratio)
  }

  /// OpenCLIP truncates width * ratio, so the ratio is rounded up at four decimals (more where that is not exact).
  static func ratio(width: Int, hidden: Int) -> Double? {
    guard width > 0 else { return nil }
    let plain = Double(hidden) / Double(width)
    if plain * 16 == (plain * 16).rounded(), ModelConfig.scaled(width, plain) == hidden {
      return plain
    }
    for digits in [1e4, 1e6, 1e8] {
      let ratio = (Double(hidden) / Double(width) * digits).rounded(.up) / digits
      if ModelConfig.scaled(width, ratio) == hidden { return ratio }
    }
    return nil
  }
}

/// Names of timm models by size.
enum TimmNames {
  static func name(_ facts: VisionFacts, imageSize: Int) -> String? {
    if facts.trunk == .fastvit { return fastViT(facts) }
    guard let width = facts.width, let layers = facts.layers, let patch = facts.patchHeight else {
      return nil
    }
    switch facts.trunk {
    case .siglip:
      guard let size = size(width, layers) else { return nil }
      return "vit_\(size)_patch\(patch)_siglip_\(imageSize)"
    case .vit, .clipViT:
      guard let size = size(width, layers) else { return nil }
      return
        "vit_\(size)_patch\(patch)_clip_\(facts.activation == .quickGelu ? "quickgelu_" : "")\(imageSize)"
    case .eva02 where width == 768: return "eva02_base_patch16_clip_224"
    case .eva02 where width == 1024: return "eva02_large_patch14_clip_\(imageSize)"
    case .eva01 where width == 1408: return "eva_giant_patch14_224"
    case .evaPostNorm where width == 1792: return "eva02_enormous_patch14_clip_224"
    case .pe:
      let sizes = [192: "tiny", 384: "small", 768: "base", 1024: "large", 1536: "gigantic"]
      return sizes[width].map { "vit_pe_core_\($0)_patch\(patch)_\(imageSize)" }
    case .mciViT where width == 768: return "vit_base_mci_224"
    default: return nil
    }
  }

  /// Whether timm builds a model with the tanh form of GELU: the SigLIP trunks that were published first with SigLIP 2.
  static func hasTanhForm(_ name: String) -> Bool {
    guard name.contains("siglip") else { return false }
    let isLargeOf512 = name.hasPrefix("vit_large_patch16_") && name.contains("_512")
    return isLargeOf512
      || ["vit_giantopt_", "vit_base_patch32_", "vit_so400m_patch16_"].contains {
        name.hasPrefix($0)
      }
  }

  /// The members of MobileCLIP: width of the stem and blocks of each stage.
  private static func fastViT(_ facts: VisionFacts) -> String? {
    switch (facts.width, facts.stageDepths) {
    case (64, [2, 6, 10, 2]): "fastvit_mci0"
    case (64, [4, 12, 20, 4]): "fastvit_mci1"
    case (80, [4, 12, 24, 4]): "fastvit_mci2"
    case (96, [2, 12, 24, 4, 2]): "fastvit_mci3"
    case (128, [2, 12, 24, 4, 4]): "fastvit_mci4"
    default: nil
    }
  }

  private static func size(_ width: Int, _ layers: Int) -> String? {
    switch (width, layers) {
    case (192, 12): "tiny"
    case (384, 12): "small"
    case (512, 12): "medium"
    case (768, 12): "base"
    case (1024, 24): "large"
    case (1152, 27): "so400m"
    case (1280, 32): "huge"
    case (1408, 40): "giant"
    case (1536, 40): "giantopt"
    case (1664, 48): "gigantic"
    default: nil
    }
  }
}
