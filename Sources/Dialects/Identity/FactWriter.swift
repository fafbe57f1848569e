import Checkpoints
import Tensors

/// Settles what shapes leave open from the options, the config, the name and the family, and writes each down as a fact.
struct FactWriter {
  var identity: Identity
  let options: IdentityOptions
  let path: String

  private var configName: String {
    identity.config?.kind == .openClip ? "open_clip_config.json" : "config.json"
  }

  mutating func write(keys: KeyShapes) {
    if identity.towers.isEmpty {
      fact("towers", nil, .unknown, "no key is that of a known tower")
    } else {
      fact("towers", .texts(identity.towers.map(\.rawValue)), .confirmed, "from the keys")
    }
    if !identity.normalisation.strippedPrefix.isEmpty {
      fact(
        "stripped_prefix", .text(identity.normalisation.strippedPrefix), .confirmed,
        "every key carried it")
    }
    if identity.dialect == .adapter {
      let rank = identity.family.split(separator: " ").last.flatMap { Int($0.filter(\.isNumber)) }
      fact(
        "rank", rank.map { .integer($0) }, rank == nil ? .unknown : .confirmed,
        "rows of the down projections")
      return
    }
    applyMetaClip()
    number(
      "embed_dim", identity.embedDim, config: identity.config?.embedDim,
      from: identity.dialect == .timm ? "the head" : "the projection")
    vision()
    text()
    activation()
    pooling()
    for name in ["logit_scale", "logit_bias"] {
      let isThere = keys.has(name) || keys.has(name == "logit_scale" ? "params/t" : "params/b")
      if isThere { fact(name, .text("stored"), .confirmed, "the tensor is there") }
    }
  }

  private mutating func fact(
    _ name: String, _ value: FactValue?, _ certainty: Fact.Certainty, _ reason: String
  ) {
    identity.facts.append(Fact(name: name, value: value, certainty: certainty, reason: reason))
  }

  /// A size that shapes tell.
  ///
  /// A config that says otherwise is reported; shapes win.
  private mutating func number(_ name: String, _ shapes: Int?, config: Int?, from place: String) {
    if let shapes {
      if let config, config != shapes {
        identity.warnings.append("\(configName) says \(name) \(config), the tensors say \(shapes)")
      }
      fact(name, .integer(shapes), .confirmed, "shape of \(place)")
    } else if let config {
      fact(name, .integer(config), .confirmed, configName)
    } else {
      fact(name, nil, .unknown, "neither tensors nor a config tell it")
    }
  }

  private mutating func applyMetaClip() {
    guard identity.layout == "hf-clip" else { return }
    if identity.config?.modelType == "metaclip_2" {
      identity.family = "HF MetaCLIP 2"
    } else if identity.config == nil, let rows = identity.text?.vocabularySize, rows > 49408 {
      identity.warnings.append(
        "the vocabulary of \(rows) rows may be that of MetaCLIP 2; without a config the end token is not known"
      )
    }
  }

  private mutating func vision() {
    guard var facts = identity.vision else { return }
    let config = identity.config?.vision
    number(
      "vision.width", facts.width, config: facts.trunk == .resnet ? nil : config?.width,
      from: facts.trunk == .fastvit ? "the stem" : "the patch embedding")
    if facts.width == nil { facts.width = Self.believable(config?.width) }
    if facts.trunk != .resnet {
      number("vision.layers", facts.layers, config: config?.layers, from: "the blocks")
      if facts.layers == nil { facts.layers = config?.layers }
    }
    if facts.trunk == .fastvit {
      stages(&facts)
      identity.vision = facts
      return
    }
    facts.heads = heads(
      .vision, width: facts.width, ruled: facts.heads, given: options.heads,
      config: config?.heads(ofWidth: facts.width), isStored: identity.layout == "bv-siglip")
    if facts.trunk == .siglip { facts.poolHeads = facts.heads }
    if facts.trunk != .resnet {
      number(
        "vision.patch_size", facts.patchHeight, config: identity.config?.patch,
        from: "the patch embedding")
    }
    grid(&facts)
    if let eps = config?.eps { facts.eps = eps }
    if let pooling = identity.config?.visionPooling { facts.pooling = pooling }
    if facts.pooling == .attentional { facts.poolHeads = poolerHeads(facts) }
    if identity.config?.kind == .openClip, facts.trunk == .vit {
      facts.normAfterPool = identity.config?.normAfterPool ?? false
      if identity.config?.visionPooling == nil, facts.pooling == .mean {
        facts.pooling = .classToken
      }
    }
    identity.vision = facts
  }

  /// Heads of CoCa's pooler, which works in the joint width.
  private mutating func poolerHeads(_ facts: VisionFacts) -> Int? {
    let name = "vision.pool_heads"
    func fits(_ heads: Int) -> Bool {
      (1...4096).contains(heads) && identity.embedDim.map { $0 % heads == 0 } ?? true
    }
    if let stated = identity.config?.visionPoolHeads, fits(stated) {
      fact(name, .integer(stated), .confirmed, configName)
      return stated
    }
    guard let usual = facts.poolHeads, fits(usual) else { return nil }
    fact(name, .integer(usual), .inferred, "OpenCLIP's default; files do not store it")
    return usual
  }

  /// A size that a config states: what is computed from it stays far inside `Int`.
  private static func believable(_ size: Int?) -> Int? {
    size.flatMap { (1...65_536).contains($0) ? $0 : nil }
  }

  /// A FastViT has no patches, no grid and no table of positions; what is left to tell are its stages and the size of its pictures.
  private mutating func stages(_ facts: inout VisionFacts) {
    if !facts.stageDepths.isEmpty {
      fact("vision.stages", .integers(facts.stageDepths), .confirmed, "blocks of each stage")
    }
    if facts.isReparametrised {
      fact("vision.form", .text("merged branches"), .confirmed, "`reparam_conv` is there")
    }
    if let height = Self.believable(identity.config?.imageHeight) {
      facts.imageHeight = height
      facts.imageWidth = Self.believable(identity.config?.imageWidth) ?? height
      fact("vision.image_size", .integer(height), .confirmed, configName)
    } else {
      facts.imageHeight = 256
      facts.imageWidth = 256
      fact(
        "vision.image_size", .integer(256), .inferred, "usual for the family; no tensor tells it")
    }
  }

  private mutating func grid(_ facts: inout VisionFacts) {
    let config = identity.config
    if facts.gridHeight == nil, let patch = facts.patchHeight, patch > 0,
      let height = Self.believable(config?.imageHeight),
      let width = Self.believable(config?.imageWidth), facts.trunk.isTransformer,
      facts.trunk != .vjepa2
    {
      facts.gridHeight = height / patch
      facts.gridWidth = width / patch
      facts.imageHeight = height
      facts.imageWidth = width
    }
    if facts.trunk == .vjepa2, let size = Self.believable(config?.imageHeight),
      let patch = facts.patchHeight, patch > 0
    {
      facts.gridHeight = size / patch
      facts.gridWidth = size / patch
      facts.imageHeight = size
      facts.imageWidth = size
    }
    if let height = facts.gridHeight, let width = facts.gridWidth {
      fact("vision.grid", .integers([height, width]), .confirmed, "rows of the position table")
    }
    guard let size = facts.imageHeight else {
      if let size = config?.imageHeight {
        facts.imageHeight = size
        facts.imageWidth = config?.imageWidth
        fact("vision.image_size", .integer(size), .confirmed, configName)
      } else {
        fact("vision.image_size", nil, .unknown, "neither tensors nor a config tell it")
      }
      return
    }
    guard let stated = config?.imageHeight, config?.kind != .timm else {
      fact("vision.image_size", .integer(size), .inferred, "grid times patch size")
      return
    }
    if let patch = facts.patchHeight, patch > 0, let grid = facts.gridHeight, stated / patch == grid
    {
      facts.imageHeight = stated
      facts.imageWidth = config?.imageWidth
      fact("vision.image_size", .integer(stated), .confirmed, configName)
    } else {
      identity.warnings.append(
        "\(configName) says image size \(stated), the position table fits \(size)")
      fact(
        "vision.image_size", .integer(size), .inferred,
        "grid times patch size; \(configName) disagrees")
    }
  }

  private mutating func heads(
    _ tower: Tower, width: Int?, ruled: Int?, given: Int?, config: Int?, isStored: Bool
  ) -> Int? {
    let name = "\(tower.rawValue).heads"
    func fits(_ heads: Int?) -> Int? {
      guard let heads, heads > 0, heads <= 4096, width.map({ $0 % heads == 0 }) ?? true else {
        return nil
      }
      return heads
    }
    let stored = isStored ? fits(ruled) : nil
    let stated = stored == nil ? fits(config) : nil
    if let given {
      let reason =
        stored.map { "the file stores \($0)" }
        ?? "\(given) does not divide the width \(width.map(String.init) ?? "of the tower")"
      let isForBoth = options.textHeads == nil && identity.towers.count == 2
      let ending = isForBoth ? "; --heads VISION,TEXT gives each tower its own" : ""
      if let heads = fits(given), (stored ?? heads) == heads {
        if let stated, stated != heads {
          contradict(
            tower, "--heads \(given)", stated: "\(stated) heads", source: configName + ending)
        }
        fact(name, .integer(heads), .confirmed, "given by the user")
        return heads
      }
      identity.conflicts.append(
        OptionConflict(
          tower: tower,
          reason: "--heads \(given) does not fit the \(tower.noun) tower: \(reason)\(ending)"))
    }
    if let stored {
      fact(name, .integer(stored), .confirmed, "axis of the attention kernels")
      return stored
    }
    if let stated {
      fact(name, .integer(stated), .confirmed, configName)
      return stated
    }
    if let heads = fits(ruled) {
      fact(name, .integer(heads), .inferred, "usual for this width; files do not store it")
      return heads
    }
    fact(
      name, nil, .unknown,
      "files do not store it and the width is unusual; a config tells it, or --heads where the model is run"
    )
    return nil
  }

  /// Refuses an option where the file itself is sure of another value; what is inferred gives way to the user.
  private mutating func contradict(
    _ tower: Tower, _ option: String, stated: String, source: String
  ) {
    identity.conflicts.append(
      OptionConflict(
        tower: tower,
        reason: "\(option) contradicts the \(stated) of the \(tower.noun) tower, from \(source)"))
  }

  private mutating func text() {
    guard var facts = identity.text else { return }
    let config = identity.config?.text
    number("text.width", facts.width, config: config?.width, from: "the token table")
    number("text.layers", facts.layers, config: config?.layers, from: "the blocks")
    facts.heads = heads(
      .text, width: facts.width, ruled: facts.heads,
      given: options.textHeads ?? options.heads,
      config: config?.heads, isStored: identity.layout == "bv-siglip")
    number(
      "text.context_length", facts.contextLength, config: identity.config?.contextLength,
      from: "the position table")
    number(
      "text.vocab_size", facts.vocabularySize, config: identity.config?.vocabularySize,
      from: "the token table")
    if let eps = config?.eps { facts.eps = eps }
    if let pooling = identity.config?.textPooling { facts.pooling = pooling }
    if let isCausal = identity.config?.isCausal { facts.isCausal = isCausal }
    if let padID = identity.config?.padID { facts.padID = padID }
    identity.text = facts
  }

  private mutating func activation() {
    checkGate()
    // A ResNet tower has ReLU throughout; the question is about the text tower then.
    let vision = identity.vision.flatMap {
      $0.trunk == .resnet ? nil : settled(.vision, visionActivation($0))
    }
    let text = identity.text.map { _ in settled(.text, textActivation()) }
    identity.vision?.activation = vision?.activation
    identity.text?.activation = text?.activation
    for (name, found) in [("vision.activation", vision), ("text.activation", text)] {
      guard let found else { continue }
      fact(name, found.activation.map { .text($0.rawValue) }, found.certainty, found.reason)
    }
    guard let first = vision ?? text else { return }
    if let vision, let text, vision.activation != text.activation {
      let name =
        "\(vision.activation?.rawValue ?? "unknown") / \(text.activation?.rawValue ?? "unknown")"
      let isKnown = vision.activation != nil && text.activation != nil
      let certainty: Fact.Certainty =
        !isKnown
        ? .unknown
        : vision.certainty == .confirmed && text.certainty == .confirmed ? .confirmed : .inferred
      fact("activation", isKnown ? .text(name) : nil, certainty, "the towers differ")
    } else {
      fact("activation", first.activation.map { .text($0.rawValue) }, first.certainty, first.reason)
    }
  }

  /// swiglu is a shape of the MLP, not only a function: a tower without the gate cannot have it.
  private mutating func checkGate() {
    let plain: [VisionTrunk] = [.vit, .clipViT, .siglip, .eva01, .evaPostNorm, .pe]
    guard options.activation == .swiglu, identity.vision.map({ plain.contains($0.trunk) }) ?? true
    else { return }
    identity.conflicts += identity.towers.map {
      OptionConflict(
        tower: $0,
        reason: "--activation swiglu does not fit the \($0.noun) tower: its MLP has no gate")
    }
  }

  private typealias Found = (activation: Activation?, certainty: Fact.Certainty, reason: String)

  /// What the user gave in place of what was found.
  private mutating func settled(_ tower: Tower, _ found: Found) -> Found {
    guard let given = options.activation else { return found }
    // SigLIP was trained with the tanh form, whatever OpenCLIP and timm evaluate it with: both are right.
    let isTrainedForm = given == .geluTanh && identity.isSiglipOfTimm
    if found.certainty == .confirmed, let stated = found.activation, stated != given, !isTrainedForm
    {
      contradict(
        tower, "--activation \(given.rawValue)", stated: stated.rawValue, source: found.reason)
    }
    return (given, .confirmed, "given by the user")
  }

  private func visionActivation(_ facts: VisionFacts) -> Found {
    if facts.trunk == .eva02 { return (.swiglu, .inferred, "EVA-02 has a gated MLP") }
    if let stated = identity.config?.vision?.activation { return (stated, .confirmed, configName) }
    if let name = identity.config?.timmName {
      if name.contains("quickgelu") { return (.quickGelu, .confirmed, "\(configName): \(name)") }
      if TimmNames.hasTanhForm(name) { return (.geluTanh, .confirmed, "\(configName): \(name)") }
      return (.gelu, .confirmed, "\(configName): timm's \(name) ignores quick_gelu")
    }
    switch facts.trunk {
    case .eva01, .evaPostNorm, .pe, .mciViT, .fastvit:
      return (.gelu, .inferred, "the family has exact GELU")
    case .vjepa2: return (.gelu, .inferred, "the family has exact GELU")
    case .siglip where identity.layout == "oc-siglip":
      let name = facts.imageHeight.flatMap { TimmNames.model(facts, side: $0)?.name }
      return name.map(TimmNames.hasTanhForm) == true
        ? (.geluTanh, .inferred, "timm's \(name ?? "") has the tanh form")
        : (.gelu, .inferred, "OpenCLIP evaluates SigLIP with exact GELU")
    default: return common()
    }
  }

  private func textActivation() -> Found {
    if let stated = identity.config?.text?.activation { return (stated, .confirmed, configName) }
    switch identity.vision?.trunk {
    case .eva02, .eva01, .evaPostNorm, .pe, .mciViT, .fastvit:
      return (.gelu, .inferred, "the family has exact GELU")
    case .siglip where identity.layout == "oc-siglip":
      return identity.text?.vocabularySize == 256000
        ? (.geluTanh, .inferred, "OpenCLIP's SigLIP 2 has the tanh form in its text tower")
        : (.gelu, .inferred, "OpenCLIP evaluates SigLIP with exact GELU")
    default: return common()
    }
  }

  private func common() -> Found {
    if identity.dialect == .openAI {
      return (.quickGelu, .inferred, "OpenAI trained with quick_gelu")
    }
    if identity.layout?.hasPrefix("hf-siglip") == true || identity.layout == "bv-siglip" {
      return (.geluTanh, .inferred, "SigLIP was trained with the tanh form")
    }
    if let known = KnownNames.activation(path: path) {
      return (known.activation, .inferred, "the name holds `\(known.word)`")
    }
    return (
      nil, .unknown,
      "tensors do not record it; a config tells it, or --activation where the model is run"
    )
  }

  private mutating func pooling() {
    if let vision = identity.vision {
      let certainty: Fact.Certainty = identity.config?.kind == .openClip ? .confirmed : .inferred
      fact(
        "pooling", .text(vision.pooling.rawValue), certainty,
        certainty == .confirmed ? configName : "usual for the family")
    }
  }
}
