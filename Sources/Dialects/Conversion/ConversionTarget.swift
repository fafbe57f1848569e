import OrderedCollections

/// Where a conversion leads.
package enum ConversionTarget: String, Sendable, Equatable, CaseIterable {
  case openClip = "openclip"
  case openClipCustom = "openclip-custom"
  case openAI = "openai"
  /// Transformers: CLIPModel or SiglipModel, by the family of the source.
  case transformers = "hf"
  /// timm image tower.
  case timm
  /// Names of the original EVA-CLIP and PE-Core repositories.
  case eva, pe
  /// The same tensors in another container.
  case safetensors

  /// The layout that a conversion with these options writes.
  ///
  /// - Throws: `Refusal` where the target cannot hold the model, or holds it in another layout than the one that was asked for.
  package static func layout(
    for identity: Identity, options: ConversionOptions
  ) throws(Refusal) -> String {
    let layout = try options.target.layout(for: identity, tower: options.tower)
    guard options.layouts.isEmpty || options.layouts.contains(layout) else {
      throw Refusal(
        "\(identity.subject) is written as \(layout), not as \(options.layouts.joined(separator: " or "))"
      )
    }
    return layout
  }

  /// The layout that `identity` is mapped to.
  /// - Throws: `Refusal` where the target cannot hold the model.
  package func layout(
    for identity: Identity, tower: Tower? = nil
  ) throws(Refusal) -> String {
    if identity.dialect == .adapter {
      throw Refusal(
        "it is an \(identity.family): the base weights are in another file, so there is no model to convert"
      )
    }
    guard let layout = identity.layout else {
      if self == .safetensors { return "" }
      throw Refusal(
        "\(identity.subject) cannot be mapped: \(identity.note ?? "there is no rule table for it")")
    }
    if self != .safetensors {
      try Self.checkMobileCLIP(identity, tower: self == .timm ? .vision : tower)
    }
    switch self {
    case .safetensors: return layout
    case .transformers: return try Self.transformersLayout(identity, layout, tower)
    case .openClip: return try Self.openClipLayout(identity, layout)
    case .openClipCustom:
      let plain = try Self.openClipLayout(identity, layout)
      return plain == "oc-clip" ? "oc-custom" : plain
    case .openAI: return try Self.openAILayout(identity, layout)
    case .timm: return try Self.timmLayout(identity, layout)
    case .eva, .pe:
      let wanted = self == .eva ? ("oc-eva", "eva-orig") : ("oc-pe", "pe-orig")
      guard layout == wanted.0 || layout == wanted.1 else {
        throw Refusal(
          "\(self == .eva ? "EVA-CLIP" : "PE-Core") holds models of its own family only, not \(identity.family)"
        )
      }
      return wanted.1
    }
  }

  private static func openClipLayout(_ identity: Identity, _ layout: String) throws(Refusal)
    -> String
  {
    switch layout {
    case "hf-clip", "hf-flax-clip", "openai", "oc-clip": return "oc-clip"
    case "oc-custom":
      let isPlain =
        identity.vision?.trunk == .vit && identity.vision?.pooling != .attentional
        && !identity.hasForeignText && identity.text?.hasClassToken != true
      return isPlain || identity.vision == nil ? "oc-clip" : "oc-custom"
    case "hf-siglip", "hf-siglip2-naflex", "bv-siglip", "oc-siglip":
      if identity.vision?.pooling == VisionPooling.none {
        throw Refusal(
          "the image tower has no pooling head (`vision_use_head: false`), which OpenCLIP's SigLIP needs"
        )
      }
      return "oc-siglip"
    case "eva-orig", "oc-eva": return "oc-eva"
    case "pe-orig", "oc-pe": return "oc-pe"
    case "mobileclip", "oc-mci": return "oc-mci"
    case "oc-timm-clip": return "oc-timm-clip"
    default: throw Refusal("OpenCLIP has no model for \(identity.family)")
    }
  }

  /// Forms of MobileCLIP that no library builds from these tensors.
  private static func checkMobileCLIP(_ identity: Identity, tower: Tower?) throws(Refusal) {
    if tower != .text, identity.vision?.isReparametrised == true {
      throw Refusal(
        "the branches of the image tower were merged for inference (`reparam_conv`), and OpenCLIP and timm build it with its branches; convert the file from before the merge"
      )
    }
    if tower != .vision, identity.text?.hasMixerBlocks == true {
      throw Refusal(
        "the text tower of MobileCLIP-S0 has RepMixer blocks, for which OpenCLIP has no model; the image tower alone can be converted with --tower vision"
      )
    }
  }

  private static func openAILayout(_ identity: Identity, _ layout: String) throws(Refusal) -> String
  {
    guard try openClipLayout(identity, layout) == "oc-clip",
      identity.vision.map({ $0.trunk == .vit || $0.trunk == .resnet }) ?? true
    else {
      throw Refusal(
        "OpenAI's model class holds plain ViT and ResNet CLIP only, not \(identity.family)")
    }
    if let activation = identity.text?.activation, activation != .quickGelu {
      throw Refusal(
        "OpenAI's model class always uses quick_gelu, this model has \(activation.rawValue)")
    }
    return "openai"
  }

  private static func timmLayout(_ identity: Identity, _ layout: String) throws(Refusal) -> String {
    guard let vision = identity.vision else {
      throw Refusal("timm holds image towers, and this file has none")
    }
    switch layout {
    case "hf-clip", "hf-flax-clip", "openai", "oc-clip", "oc-custom", "oc-timm-clip":
      if vision.trunk == .resnet {
        throw Refusal("timm has no pooling for OpenAI's ResNet under these names")
      }
      if vision.trunk == .vit, vision.pooling != .classToken {
        throw Refusal(
          "timm's CLIP ViT pools the class token; this tower pools by \(vision.pooling.rawValue)")
      }
      return vision.trunk == .vit || vision.trunk == .clipViT ? "oc-timm-clip" : layout
    default: return try openClipLayout(identity, layout)
    }
  }

  private static func transformersLayout(
    _ identity: Identity, _ layout: String, _ tower: Tower?
  ) throws(Refusal) -> String {
    switch layout {
    case "hf-siglip2-naflex": return "hf-siglip2-naflex"
    case "hf-siglip", "bv-siglip", "oc-siglip":
      if identity.hasForeignText, tower != .vision { throw foreignText }
      return "hf-siglip"
    case "hf-clip", "hf-flax-clip": return "hf-clip"
    case "oc-clip", "oc-custom", "openai", "oc-timm-clip": break
    default: throw Refusal("Transformers has no class for \(identity.family)")
    }
    if identity.hasForeignText, tower != .vision { throw foreignText }
    if tower != .text, let vision = identity.vision {
      switch vision.trunk {
      case .vit, .clipViT: break
      case .resnet: throw Refusal("CLIPModel has no ResNet image tower")
      default:
        let owner = identity.family == "timm" ? "" : " of \(identity.family)"
        throw Refusal("CLIPModel has no place for the timm image tower\(owner)")
      }
      if vision.pooling == .attentional {
        throw Refusal("CLIPModel has no attentional pooler (CoCa)")
      }
      if vision.pooling != .classToken || vision.normAfterPool {
        throw Refusal(
          "CLIPModel pools the class token; this image tower pools by \(vision.pooling.rawValue)\(vision.normAfterPool ? " before its final norm" : "")"
        )
      }
    }
    if tower != .vision, let text = identity.text {
      if text.hasClassToken {
        throw Refusal("CLIPModel has no class embedding in its text tower (CoCa)")
      }
      if !text.isCausal {
        throw Refusal("CLIPModel's text tower is causal, this one is bidirectional")
      }
      if text.pooling == .last || text.pooling == .first {
        throw Refusal(
          "CLIPModel pools the end token, this text tower pools the \(text.pooling == .last ? "last" : "first") position"
        )
      }
    }
    for name in identity.normalisation.tensors.keys {
      for part in [
        ".attn.ln_q.", ".attn.ln_k.", ".attn.ln_inner.", ".ln_attn.", ".mlp.ln.",
        ".attn.logit_scale", ".attn.head_scale",
      ]
      where name.contains(part) && name.contains("resblocks.") {
        throw Refusal("CLIPModel has no place for `\(name)` (custom block norms)")
      }
      if name == "text_projection.bias" || name == "text.text_projection.bias" {
        throw Refusal("CLIPModel's text projection has no bias; `\(name)` has no place")
      }
    }
    return "hf-clip"
  }

  private static let foreignText = Refusal(
    "the text tower is a Hugging Face model of its own, for which there is no CLIPModel; the image tower alone can be exported with --tower vision"
  )
}
