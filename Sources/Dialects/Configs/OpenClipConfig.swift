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
        if let name = vision["timm_model_name"]?.string, imageSize != own.imageHeight {
          let trunk = TimmNames.model(named: name, side: imageSize)
          try checkSize(of: trunk, height: imageSize, width: imageSize)
          vision["timm_model_name"] = .string(trunk.name)
        }
        model["vision_cfg"] = .object(vision)
      }
      if layout == "oc-custom" { model["custom_text"] = true }
      if layout == "oc-clip" { model["custom_text"] = nil }
      return .object(model)
    }
    try checkNeeds()
    root["embed_dim"] = .integer(embed)
    root["vision_cfg"] = .object(try vision())
    root["text_cfg"] = .object(try text())
    if isBuiltIn {
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
      if try required(text.activation, .text) == .quickGelu { root["quick_gelu"] = true }
    }
    if layout != "oc-clip" { root["custom_text"] = true }
    if layout == "oc-siglip" { root["init_logit_bias"] = -10 }
    return .object(root)
  }

  /// Whether OpenCLIP builds the image tower itself, rather than timm.
  private var isBuiltIn: Bool { layout == "oc-clip" || layout == "oc-custom" }

  /// Whether `quick_gelu` is about the image tower, too: a ResNet has ReLU throughout.
  private var hasSwitch: Bool { identity.vision.map { $0.trunk != .resnet } ?? false }

  /// - Throws: `Refusal` that names every value that only the user can say.
  private func checkNeeds() throws(Refusal) {
    var needs = ConfigNeeds(of: "open_clip_config.json")
    if let vision = identity.vision {
      needs.need(imageSize: imageSize ?? vision.imageHeight)
      if isBuiltIn, hasSwitch {
        needs.need(heads: vision.heads, of: .vision)
        needs.need(activation: vision.activation, of: .vision)
      }
      // The name of the timm model says it for the image tower.
      if layout == "oc-timm-clip", identity.text != nil {
        needs.need(activation: vision.activation, of: .vision)
      }
    }
    if let text = identity.text {
      needs.need(heads: text.heads, of: .text)
      if isBuiltIn || layout == "oc-timm-clip" {
        needs.need(activation: text.activation, of: .text)
      }
    }
    try needs.check()
  }

  /// - Throws: `Refusal` where OpenCLIP would build a trunk for pictures of another size.
  private func checkSize(of trunk: TimmNames.Model, height: Int, width: Int) throws(Refusal) {
    guard !trunk.fits(height: height, width: width) else { return }
    throw Refusal(
      "OpenCLIP builds this image tower by the name of a timm model, and \(trunk.name) has none for pictures of "
        + (height == width ? "\(height) pixels" : "\(height) x \(width) pixels"))
  }

  private func required(_ known: Activation?, _ tower: Tower) throws(Refusal) -> Activation {
    try Activation.required(known, tower: tower, file: "open_clip_config.json")
  }

  private func vision() throws(Refusal) -> JSONObject {
    var members = JSONObject()
    guard let facts = identity.vision else { return members }
    guard let size = imageSize ?? facts.imageHeight else {
      throw Refusal("the image size is not known")
    }
    members["image_size"] =
      imageSize == nil && facts.imageHeight != facts.imageWidth
      ? [.integer(size), .integer(facts.imageWidth ?? size)] : .integer(size)
    if !isBuiltIn {
      guard let trunk = TimmNames.model(facts, side: size) else {
        throw Refusal(
          "timm has no model of width \(facts.width ?? 0), depth \(facts.layers ?? 0) and patch size \(facts.patchHeight ?? 0) "
            + "that OpenCLIP could build for this trunk")
      }
      try checkSize(
        of: trunk, height: size, width: imageSize ?? facts.imageWidth ?? size)
      members["timm_model_name"] = .string(trunk.name)
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
      throw Refusal("the sizes of the image tower are not known")
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
      throw Refusal("the number of heads of the text tower is not known")
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
