package import Checkpoints
package import Tensors

/// What the config files beside a checkpoint say, in one vocabulary.
///
/// Nil: not said.
package struct ModelConfig: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case openClip = "open_clip_config.json"
    case transformers = "config.json"
    case timm
  }

  package struct TowerConfig: Sendable, Equatable {
    package var width: Int?
    package var layers: Int?
    package var heads: Int?
    /// Width of a head, where a config gives that in place of the number.
    package var headWidth: Int?
    package var mlpHidden: Int?
    package var eps: Double?
    package var activation: Activation?

    /// The number of heads, also where the config gives their width.
    func heads(ofWidth width: Int?) -> Int? {
      if let heads { return heads }
      guard let width, let headWidth, headWidth > 0, width % headWidth == 0 else { return nil }
      return width / headWidth
    }
  }

  package var kind: Kind
  /// The file as it was read.
  package var document: JSONValue
  /// `preprocessor_config.json`, where there is one.
  package var preprocessor: JSONValue?
  package var modelType: String?
  package var embedDim: Int?
  package var vision: TowerConfig?
  package var text: TowerConfig?
  package var patch: Int?
  package var imageHeight: Int?
  package var imageWidth: Int?
  package var timmName: String?
  package var visionPooling: VisionPooling?
  /// Heads of CoCa's attentional pooler.
  package var visionPoolHeads: Int?
  package var normAfterPool = false
  package var contextLength: Int?
  package var vocabularySize: Int?
  package var textPooling: TextPooling?
  /// The id whose keys CoCa's class token does not see.
  package var padID: Int?
  package var isCausal: Bool?
  /// Name of a Hugging Face text model inside an OpenCLIP model.
  package var foreignText: String?
  package var quickGelu: Bool?

  /// Reads the config files among the companions of `catalog`.
  ///
  /// A file that is not JSON gives a warning, not an error.
  package static func read(
    _ catalog: Catalog, companionText: (Companion) -> String?, warnings: inout [String]
  ) -> ModelConfig? {
    func document(_ name: String) -> JSONValue? {
      guard let companion = catalog.companions.first(where: { $0.name == name }),
        let text = companionText(companion)
      else { return nil }
      do {
        return try JSONValue(parsing: text)
      } catch {
        warnings.append("\(name) is not read: \(error)")
        return nil
      }
    }
    var config: ModelConfig?
    if let found = document("open_clip_config.json") {
      config = openClip(found)
    }
    if config == nil, let found = document("config.json") {
      config =
        found["model_cfg"] != nil || found["vision_cfg"] != nil
        ? openClip(found) : transformers(found)
    }
    config?.preprocessor = document("preprocessor_config.json")
    return config
  }

  package static func openClip(_ document: JSONValue) -> ModelConfig? {
    let model = document["model_cfg"] ?? document
    guard let vision = model["vision_cfg"] else { return nil }
    var config = ModelConfig(kind: .openClip, document: document)
    config.embedDim = model["embed_dim"]?.integer
    config.quickGelu = model["quick_gelu"]?.bool ?? false
    config.readOpenClip(vision: vision)
    config.readOpenClip(text: model["text_cfg"])
    return config
  }

  /// Sizes of an image tower; what the file leaves out are the defaults of OpenCLIP's `CLIPVisionCfg`.
  private mutating func readOpenClip(vision: JSONValue) {
    var tower = TowerConfig()
    timmName = vision["timm_model_name"]?.string
    if timmName != nil {
      // A trunk of timm brings its own sizes, which the config need not repeat; this one no tensor tells.
      tower.headWidth = vision["head_width"]?.integer
    } else {
      tower.width = vision["width"]?.integer ?? 768
      tower.layers = vision["layers"]?.integer ?? (vision["layers"] == nil ? 12 : nil)
      let headWidth = vision["head_width"]?.integer ?? 64
      if tower.layers != nil, let width = tower.width, headWidth > 0 {
        tower.heads = width / headWidth
      }
      if let width = tower.width {
        tower.mlpHidden = Self.scaled(width, vision["mlp_ratio"]?.number ?? 4)
      }
      tower.activation = openClipActivation(vision)
      tower.eps = vision["norm_kwargs"]?["eps"]?.number ?? 1e-5
      patch = tower.layers == nil ? nil : vision["patch_size"]?.integer ?? 16
    }
    self.vision = tower
    if let sizes = vision["image_size"]?.array, sizes.count == 2 {
      imageHeight = sizes[0].integer
      imageWidth = sizes[1].integer
    } else {
      imageHeight = vision["image_size"]?.integer ?? 224
      imageWidth = imageHeight
    }
    if vision["attentional_pool"]?.bool == true || vision["attentional_pool"]?.string != nil {
      visionPooling = .attentional
      visionPoolHeads = vision["attn_pooler_heads"]?.integer ?? 8
    } else if vision["pool_type"]?.string == "avg" {
      visionPooling = .mean
    }
    normAfterPool = vision["final_ln_after_pool"]?.bool ?? false
  }

  /// The same for a text tower and `CLIPTextCfg`.
  private mutating func readOpenClip(text: JSONValue?) {
    var tower = TowerConfig()
    foreignText = text?["hf_model_name"]?.string
    if foreignText == nil {
      tower.width = text?["width"]?.integer ?? 512
      tower.layers = text?["layers"]?.integer ?? 12
      tower.heads = text?["heads"]?.integer ?? 8
      tower.eps = text?["norm_kwargs"]?["eps"]?.number ?? 1e-5
      tower.activation = openClipActivation(text)
      if let width = tower.width {
        tower.mlpHidden = Self.scaled(width, text?["mlp_ratio"]?.number ?? 4)
      }
      vocabularySize = text?["vocab_size"]?.integer ?? 49408
      isCausal = !(text?["no_causal_mask"]?.bool ?? false)
    }
    self.text = tower
    contextLength = text?["context_length"]?.integer ?? 77
    padID = text?["pad_id"]?.integer ?? 0
    switch text?["pool_type"]?.string {
    case "last": textPooling = .last
    case "first": textPooling = .first
    case "eos": textPooling = .firstEqual(text?["eos_id"]?.integer ?? 2)
    default: textPooling = .argmax
    }
  }

  private func openClipActivation(_ tower: JSONValue?) -> Activation {
    if quickGelu == true { return .quickGelu }
    return tower?["act_kwargs"]?["approximate"]?.string == "tanh" ? .geluTanh : .gelu
  }

  package static func transformers(_ document: JSONValue) -> ModelConfig? {
    guard let type = document["model_type"]?.string else { return timm(document) }
    var config = ModelConfig(kind: .transformers, document: document)
    config.modelType = type
    // Old files repeat the sub-configs; the `_dict` forms win.
    let vision: JSONValue? =
      merged(document, "vision_config")
      ?? (type.contains("vision") || type == "vjepa2" ? document : JSONValue?.none)
    let text: JSONValue? =
      merged(document, "text_config") ?? (type.contains("text") ? document : JSONValue?.none)
    if let vision { config.readTransformers(vision: vision, type: type) }
    if let text { config.readTransformers(text: text, type: type) }
    config.embedDim =
      type.hasPrefix("siglip")
      ? text?["projection_size"]?.integer ?? config.text?.width
      : document["projection_dim"]?.integer
        ?? (type.hasPrefix("clip") || type.hasPrefix("metaclip") ? 512 : nil)
    return config
  }

  private static func timm(_ document: JSONValue) -> ModelConfig? {
    guard let name = document["architecture"]?.string else { return nil }
    var config = ModelConfig(kind: .timm, document: document)
    config.timmName = name
    if let size = document["pretrained_cfg"]?["input_size"]?.array, size.count == 3 {
      config.imageHeight = size[1].integer
      config.imageWidth = size[2].integer
    }
    if let size = document["model_args"]?["img_size"] {
      config.imageHeight = size.integer ?? size[0]?.integer
      config.imageWidth = size.integer ?? size[1]?.integer
    }
    return config
  }

  /// Sizes of an image tower; what the file leaves out are the defaults of the configuration classes of Transformers.
  private mutating func readTransformers(vision: JSONValue, type: String) {
    let isSiglip = type.hasPrefix("siglip")
    let isVideo = type == "vjepa2"
    var tower = TowerConfig(
      transformers: vision, type: type,
      defaults: isVideo ? (1024, 24, 16, 3072) : (768, 12, 12, 3072))
    if isVideo, let width = tower.width {
      tower.mlpHidden = Self.scaled(width, vision["mlp_ratio"]?.number ?? 4)
    }
    self.vision = tower
    patch = vision["patch_size"]?.integer ?? (isSiglip || isVideo ? 16 : 32)
    imageHeight =
      vision["image_size"]?.integer ?? vision["crop_size"]?.integer
      ?? (isVideo ? 256 : type == "siglip2" ? nil : 224)
    imageWidth = imageHeight
  }

  /// The same for a text tower.
  private mutating func readTransformers(text: JSONValue, type: String) {
    let isSiglip = type.hasPrefix("siglip")
    self.text = TowerConfig(
      transformers: text, type: type,
      defaults: isSiglip ? (768, 12, 12, 3072) : (512, 12, 8, 2048))
    contextLength = text["max_position_embeddings"]?.integer ?? (isSiglip ? 64 : 77)
    vocabularySize = text["vocab_size"]?.integer ?? (isSiglip ? 32000 : 49408)
    isCausal = !isSiglip
    let endOfText = text["eos_token_id"]?.integer ?? 49407
    // Value 2 is an old mistake that Transformers keeps for compatibility: the position of the largest id.
    textPooling =
      isSiglip
      ? .last : endOfText == 2 && type != "metaclip_2" ? .argmax : .firstEqual(endOfText)
  }

  private static func merged(_ document: JSONValue, _ key: String) -> JSONValue? {
    guard var base = document[key]?.object ?? document[key + "_dict"]?.object else { return nil }
    // Of two members with one name the last counts.
    base.members += document[key + "_dict"]?.object?.members ?? []
    return .object(base)
  }

  /// width * ratio, truncated as OpenCLIP does; nil where it is no sensible size.
  static func scaled(_ width: Int, _ ratio: Double) -> Int? {
    let product = Double(width) * ratio
    return product.isFinite && product >= 0 && product < 1e9 ? Int(product) : nil
  }
}

extension ModelConfig.TowerConfig {
  /// A sub-config of Transformers.
  ///
  /// - Parameters:
  ///   - type: `model_type` of the whole.
  ///   - defaults: of what the file leaves out.
  fileprivate init(
    transformers source: JSONValue, type: String,
    defaults: (width: Int, layers: Int, heads: Int, mlpHidden: Int)
  ) {
    let isSiglip = type.hasPrefix("siglip")
    let isVideo = type == "vjepa2"
    self.init()
    width = source["hidden_size"]?.integer ?? defaults.width
    layers = source["num_hidden_layers"]?.integer ?? defaults.layers
    heads = source["num_attention_heads"]?.integer ?? defaults.heads
    mlpHidden = source["intermediate_size"]?.integer ?? defaults.mlpHidden
    eps = source["layer_norm_eps"]?.number ?? (isSiglip || isVideo ? 1e-6 : 1e-5)
    activation = Activation(
      hiddenAct: source["hidden_act"]?.string
        ?? (isSiglip ? "gelu_pytorch_tanh" : isVideo ? "gelu" : "quick_gelu"))
  }
}
