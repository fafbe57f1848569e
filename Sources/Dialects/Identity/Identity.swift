package import Checkpoints

/// What the user knows that the file does not say.
///
/// A value that contradicts one that the file is sure of is an `OptionConflict`; one that was only inferred gives way.
package struct IdentityOptions: Sendable, Equatable {
  package var activation: Activation?
  /// Heads of both towers, or of the image tower alone where `textHeads` is given too.
  package var heads: Int?
  package var textHeads: Int?
  package var imageSize: Int?

  package init(
    activation: Activation? = nil, heads: Int? = nil, textHeads: Int? = nil, imageSize: Int? = nil
  ) {
    self.activation = activation
    self.heads = heads
    self.textHeads = textHeads
    self.imageSize = imageSize
  }
}

/// A value that the user gave and that a tower cannot have, or that the file contradicts.
package struct OptionConflict: Sendable, Equatable {
  package var tower: Tower
  /// Names the option.
  package var reason: String
}

/// What a checkpoint is: dialect, towers, sizes, and how sure each of it is.
///
/// A value; no tensor byte is read for it.
package struct Identity: Sendable {
  package var dialect: Dialect
  /// Node of the graph of rule tables; nil where the keys cannot be mapped.
  package var layout: String?
  package var family: String
  package var towers: [Tower]
  package var embedDim: Int?
  package var vision: VisionFacts?
  package var text: TextFacts?
  package var facts: [Fact]
  package var warnings: [String]
  package var config: ModelConfig?
  package var normalisation: Normalisation
  /// For unknown files: the nearest dialect and what is missing.
  package var note: String?
  /// A text tower that is a Hugging Face model of its own.
  package var hasForeignText: Bool
  /// True where the user said which activation the model has.
  package var isActivationGiven = false
  /// What the user said and the tensors or the config contradict.
  package var conflicts: [OptionConflict] = []

  /// Why the options cannot be kept for these towers; nil where they can.
  package func conflict(of towers: Set<Tower> = [.vision, .text]) -> String? {
    conflicts.first { towers.contains($0.tower) }?.reason
  }

  /// The family at the head of a sentence about the file.
  package var subject: String {
    family.isEmpty || dialect == .unknown ? "a checkpoint of an unknown dialect" : family
  }

  /// How sure a fact is, such as `vision.heads`; unknown where it is not among the facts.
  package func certainty(of name: String) -> Fact.Certainty {
    facts.first { $0.name == name }?.certainty ?? .unknown
  }

  package func activation(of tower: Tower) -> Activation? {
    tower == .vision ? vision?.activation : text?.activation
  }

  /// True for SigLIP weights in OpenCLIP or timm, which evaluate them with erf GELU though they were trained with the tanh form.
  ///
  /// A conversion to Transformers writes the trained form and says so, unless the user names the activation.
  package var isSiglipOfOpenCLIP: Bool {
    isSiglipOfTimm && !isActivationGiven
  }

  /// SigLIP with the image tower of timm, which OpenCLIP has too.
  var isSiglipOfTimm: Bool {
    vision?.trunk == .siglip && (config?.kind == .openClip || config?.kind == .timm)
  }

  package var parameters: MappingParameters {
    var sizes: [String: Int] = [:]
    if let embedDim { sizes["embed"] = embedDim }
    if let text { sizes["text_width"] = text.width }
    return MappingParameters(visionHeads: vision?.heads, textHeads: text?.heads, sizes: sizes)
  }

  /// Looks at names, shapes and the config files beside the weights.
  ///
  /// `companionText` gives the contents of a file of `catalog.companions`, nil where it cannot be read.
  package static func identify(
    catalog: Catalog, companionText: (Companion) -> String? = { _ in nil },
    options: IdentityOptions = IdentityOptions()
  ) -> Identity {
    var normalisation = Normalisation(catalog)
    var keys = KeyShapes(normalisation.tensors)
    var detection = DialectDetection.detect(
      keys, hasSettings: !normalisation.settings.isEmpty,
      stripped: normalisation.strippedPrefix)
    switch detection.edit {
    case .none: break
    case .add(let prefix): normalisation.add(prefix: prefix)
    case .remove(let prefix): normalisation.remove(prefix: prefix)
    }
    if detection.dialect == .openAI, catalog.container == .torchscript {
      detection.family += " (TorchScript)"
    }
    if detection.edit != .none { keys = KeyShapes(normalisation.tensors) }
    let inference = ArchitectureInference(keys: keys, detection: detection)
    let text = inference.text()
    var identity = Identity(
      dialect: detection.dialect, layout: detection.layout, family: detection.family, towers: [],
      embedDim: inference.embedDim(text), vision: inference.vision(), text: text, facts: [],
      warnings: normalisation.warnings, config: nil, normalisation: normalisation,
      note: detection.note, hasForeignText: false)
    identity.hasForeignText = text == nil && keys.has(prefix: "text.transformer.")
    identity.config = ModelConfig.read(
      catalog, companionText: companionText, warnings: &identity.warnings)
    if identity.vision != nil { identity.towers.append(.vision) }
    if identity.text != nil || identity.hasForeignText { identity.towers.append(.text) }
    identity.isActivationGiven = options.activation != nil
    var writer = FactWriter(identity: identity, options: options, path: catalog.path)
    writer.write(keys: keys)
    identity = writer.identity
    return identity
  }
}
