package import Tensors

/// Writes `config.json` of Transformers from the facts of a model.
package struct TransformersConfig {
  let identity: Identity
  let layout: String
  let towers: Set<Tower>
  let withProjection: Bool
  let imageSize: Int?
  let dtype: ElementType

  private var isSiglip: Bool { layout != "hf-clip" }

  /// - Throws: `Refusal` where a value that the file must hold is not known.
  func document() throws(Refusal) -> JSONValue {
    let isMeta =
      !isSiglip
      && (identity.config?.modelType == "metaclip_2" || identity.text?.pooling == .firstEqual(2))
    let family =
      layout == "hf-siglip2-naflex"
      ? "siglip2" : isSiglip ? "siglip" : isMeta ? "metaclip_2" : "clip"
    let classStem =
      layout == "hf-siglip2-naflex"
      ? "Siglip2" : isSiglip ? "Siglip" : isMeta ? "MetaClip2" : "CLIP"
    try checkNeeds(family)
    var root: [(String, JSONValue)] = []
    let dtypeName = Self.dtypeName(dtype)
    if towers.count == 2 {
      root.append(("architectures", [.string(classStem + "Model")]))
      root.append(("model_type", .string(family)))
      if !isSiglip {
        root.append(("projection_dim", .integer(try known(identity.embedDim, "the joint width"))))
        root.append(("logit_scale_init_value", 2.6592))
      }
      root.append(("initializer_factor", 1.0))
      root.append(("text_config", object(try text(family))))
      root.append(("vision_config", object(try vision(family))))
    } else {
      let isVision = towers.contains(.vision)
      let suffix = withProjection && !isSiglip ? "WithProjection" : ""
      root.append(
        ("architectures", [.string("\(classStem)\(isVision ? "Vision" : "Text")Model\(suffix)")]))
      root += isVision ? try vision(family) : try text(family)
    }
    root.append(("torch_dtype", .string(dtypeName)))
    return object(root)
  }

  private func object(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(JSONObject(members.map { .init(key: $0.0, value: $0.1) }))
  }

  private func known(_ value: Int?, _ name: String) throws(Refusal) -> Int {
    guard let value else { throw Refusal("\(name) is not known, and config.json must hold it") }
    return value
  }

  /// - Throws: `Refusal` that names every value that only the user can say.
  private func checkNeeds(_ family: String) throws(Refusal) {
    var needs = ConfigNeeds(of: Self.fileName)
    if towers.contains(.vision), let vision = identity.vision {
      if family != "siglip2" { needs.need(imageSize: imageSize ?? vision.imageHeight) }
      needs.need(heads: vision.heads, of: .vision)
      if !hasTrainedActivation { needs.need(activation: vision.activation, of: .vision) }
    }
    if towers.contains(.text), let text = identity.text {
      needs.need(heads: text.heads, of: .text)
      if !hasTrainedActivation { needs.need(activation: text.activation, of: .text) }
    }
    try needs.check()
  }

  /// Whether it is what SigLIP was trained with that is written; OpenCLIP's own configs evaluate it with erf.
  private var hasTrainedActivation: Bool {
    isSiglip && identity.config?.kind != .transformers && !identity.isActivationGiven
  }

  private func activation(_ own: Activation?, _ tower: Tower) throws(Refusal) -> JSONValue {
    if hasTrainedActivation { return "gelu_pytorch_tanh" }
    let own = try Activation.required(own, tower: tower, file: "config.json")
    guard own != .swiglu else { throw Refusal("a gated MLP has no place in CLIPModel") }
    return .string(own.hiddenAct)
  }

  private func vision(_ family: String) throws(Refusal) -> [(String, JSONValue)] {
    guard let facts = identity.vision else { throw Refusal("there is no image tower") }
    var members: [(String, JSONValue)] = [
      ("model_type", .string(family + "_vision_model")),
      ("hidden_size", .integer(try known(facts.width, "the width of the image tower"))),
      (
        "intermediate_size",
        .integer(try known(facts.mlpHidden, "the MLP width of the image tower"))
      ),
      ("num_hidden_layers", .integer(try known(facts.layers, "the depth of the image tower"))),
      (
        "num_attention_heads",
        .integer(try known(facts.heads, "the number of heads of the image tower"))
      ),
      ("num_channels", 3),
      ("patch_size", .integer(try known(facts.patchHeight, "the patch size"))),
    ]
    if family == "siglip2" {
      members.append(("num_patches", .integer(facts.patchCount(imageSize: imageSize))))
    } else {
      guard facts.imageHeight == facts.imageWidth else {
        throw Refusal(
          "the image tower takes \(facts.imageHeight ?? 0) x \(facts.imageWidth ?? 0) pictures, Transformers takes square ones"
        )
      }
      members.append(
        ("image_size", .integer(try known(imageSize ?? facts.imageHeight, "the image size"))))
    }
    members += [
      ("hidden_act", try activation(facts.activation, .vision)),
      ("layer_norm_eps", .number(facts.eps)),
      ("attention_dropout", 0.0),
    ]
    if !isSiglip {
      members += [("initializer_range", 0.02), ("initializer_factor", 1.0)]
      if let embed = identity.embedDim { members.append(("projection_dim", .integer(embed))) }
    }
    return members
  }

  private func text(_ family: String) throws(Refusal) -> [(String, JSONValue)] {
    guard let facts = identity.text else { throw Refusal("there is no text tower") }
    var members: [(String, JSONValue)] = [
      ("model_type", .string(family + "_text_model")),
      ("vocab_size", .integer(facts.vocabularySize)),
      ("hidden_size", .integer(facts.width)),
      (
        "intermediate_size", .integer(try known(facts.mlpHidden, "the MLP width of the text tower"))
      ),
      ("num_hidden_layers", .integer(facts.layers)),
      (
        "num_attention_heads",
        .integer(try known(facts.heads, "the number of heads of the text tower"))
      ),
      ("max_position_embeddings", .integer(facts.contextLength)),
      ("hidden_act", try activation(facts.activation, .text)),
      ("layer_norm_eps", .number(facts.eps)),
      ("attention_dropout", 0.0),
    ]
    if isSiglip {
      members.append(("projection_size", .integer(identity.embedDim ?? facts.width)))
      let isGemma = facts.vocabularySize == 256000
      members += [
        ("pad_token_id", isGemma ? 0 : 1), ("bos_token_id", isGemma ? 2 : 49406),
        ("eos_token_id", isGemma ? 1 : 49407),
      ]
      return members
    }
    members += [("initializer_range", 0.02), ("initializer_factor", 1.0)]
    if let embed = identity.embedDim { members.append(("projection_dim", .integer(embed))) }
    members += Self.endTokens(facts, source: identity.config)
    return members
  }

  /// Value 2 stands for "the largest id", which is what OpenCLIP does; with CLIP's own vocabulary the id of the end token says the same.
  static func endTokens(_ facts: TextFacts, source: ModelConfig?) -> [(String, JSONValue)] {
    let eos: Int =
      switch facts.pooling {
      case .firstEqual(let id): id
      case .argmax where facts.vocabularySize == 49408: 49407
      default: 2
      }
    let isBPE = facts.vocabularySize == 49408
    let text = source?.kind == .transformers ? source?.document["text_config"] : nil
    return [
      ("bos_token_id", text?["bos_token_id"] ?? (isBPE ? 49406 : 0)),
      ("eos_token_id", .integer(eos)),
      ("pad_token_id", text?["pad_token_id"] ?? (isBPE ? 49407 : 1)),
    ]
  }

  package static let fileName = "config.json"

  /// A config with another element type; nil where the text is no config, or states no type.
  ///
  /// - Parameters:
  ///   - text: of a `config.json`.
  ///   - type: of the weights beside it.
  package static func text(_ text: String, statingType type: ElementType) -> String? {
    guard let document = try? JSONValue(parsing: text), var root = document.object else {
      return nil
    }
    var isStated = false
    func state(_ object: inout JSONObject) {
      for key in ["torch_dtype", "dtype"] where object[key]?.string != nil {
        object[key] = .string(dtypeName(type))
        isStated = true
      }
    }
    state(&root)
    for tower in ["vision_config", "text_config"] {
      guard var object = root[tower]?.object else { continue }
      state(&object)
      root[tower] = .object(object)
    }
    return isStated ? JSONValue.object(root).text(indent: 2) + "\n" : nil
  }

  static func dtypeName(_ type: ElementType) -> String {
    switch type {
    case .f16: "float16"
    case .bf16: "bfloat16"
    case .f64: "float64"
    default: "float32"
    }
  }
}
