package import Checkpoints
import OrderedCollections
import Tensors

/// Makes conversion plans.
package struct ConversionPlanner {
  package let catalog: Catalog
  package let identity: Identity
  package let options: ConversionOptions

  /// Contents of a companion of the source; nil where it cannot be read.
  private let companionText: (Companion) -> String?

  package init(
    catalog: Catalog, identity: Identity, options: ConversionOptions,
    companionText: @escaping (Companion) -> String? = { _ in nil }
  ) {
    self.catalog = catalog
    self.identity = identity
    self.options = options
    self.companionText = companionText
  }

  /// - Throws: `Refusal` with one sentence where the target cannot hold the model or a value is missing; `RuleTableError` never in practice.
  package func plan() throws -> ConversionPlan {
    if options.target == .safetensors { return try containerPlan() }
    let layout = try ConversionTarget.layout(for: identity, options: options)
    let mapping = try Mapping.make(identity, to: layout, graph: RuleTables.graph())
    if let conflict = mapping.conflicts.first {
      throw Refusal("the rule tables are ambiguous: \(conflict)")
    }
    var plan = emptyPlan(layout: layout)
    plan.mapping = mapping
    let selection = try TowerSelection(identity: identity, options: options)
    for row in mapping.rows {
      switch row.status {
      case .unfilled:
        guard let name = row.target.first, selection.keeps(name) else { continue }
        throw Refusal("`\(name)` of the target cannot be filled: \(row.reason)")
      case .ignored, .unknown:
        plan.dropped += row.source.map { .init(name: $0, reason: row.reason) }
      case .mapped: continue
      }
    }
    var tensors: [ConversionPlan.OutputTensor] = []
    for (name, tensor) in mapping.tensors {
      guard selection.keeps(name) else {
        plan.dropped.append(.init(name: name, reason: selection.reason(against: name)))
        continue
      }
      tensors.append(.init(name: selection.finalName(name), plan: tensor))
    }
    guard !tensors.isEmpty else {
      throw Refusal(
        "nothing would be written: the file has no \(options.tower?.rawValue ?? "") tower")
    }
    let unknown = mapping.rows.filter { $0.status == .unknown }.flatMap(\.source)
    if !unknown.isEmpty {
      plan.warnings.append(
        "left out, no rule knows them: " + unknown.prefix(8).joined(separator: ", ")
          + (unknown.count > 8 ? " and \(unknown.count - 8) more" : ""))
    }
    try checkReadable(tensors)
    try resize(&tensors, towers: selection.towers)
    plan.warnings += gridWarning.map { [$0] } ?? []
    try cast(&tensors)
    plan.files = split(tensors)
    try addTexts(&plan, layout: layout, selection: selection, tensors: tensors)
    return plan
  }

  private func emptyPlan(layout: String) -> ConversionPlan {
    ConversionPlan(
      options: options, sourceDialect: identity.dialect, sourceLayout: identity.layout ?? "",
      targetLayout: layout,
      files: [], texts: [], copies: [], dropped: [], warnings: identity.warnings, mapping: nil,
      metadata: [MetadataPair(key: "format", value: "pt")])
  }

  /// The same tensors under the same names; everything is kept.
  private func containerPlan() throws -> ConversionPlan {
    var plan = emptyPlan(layout: identity.layout ?? "")
    plan.metadata = catalog.metadata.isEmpty ? plan.metadata : catalog.metadata
    var tensors: [ConversionPlan.OutputTensor] = []
    var seen: Set<String> = []
    for (number, entry) in catalog.entries.enumerated() {
      let name = identity.normalisation.storedNames[number] ?? entry.name
      guard identity.normalisation.storedNames[number] != nil else {
        plan.dropped.append(
          .init(name: entry.name, reason: "stands outside the model's state dict"))
        continue
      }
      guard seen.insert(name).inserted else { throw Refusal("two tensors are called `\(name)`") }
      tensors.append(
        .init(
          name: name, plan: TensorPlan(source: number, type: entry.elementType, shape: entry.shape))
      )
    }
    guard !tensors.isEmpty else { throw Refusal("the file holds no tensors") }
    try checkReadable(tensors)
    try cast(&tensors)
    plan.files = split(tensors)
    plan.copies = catalog.companions.filter {
      $0.name.hasSuffix(".json") || $0.name.hasSuffix(".txt") || $0.name.hasSuffix(".model")
    }
    .filter { !$0.name.hasSuffix(".index.json") }
    if let type = options.elementType,
      let config = plan.copies.first(where: { $0.name == TransformersConfig.fileName }),
      let text = companionText(config).flatMap({ TransformersConfig.text($0, statingType: type) })
    {
      plan.copies.removeAll { $0.name == config.name }
      plan.texts.append(
        .init(name: config.name, text: text, provenance: "the source, with the new element type"))
    }
    addIndex(&plan)
    return plan
  }

  private func checkReadable(_ tensors: [ConversionPlan.OutputTensor]) throws(Refusal) {
    for tensor in tensors {
      for source in tensor.plan.sources where catalog.entries.indices.contains(source) {
        let entry = catalog.entries[source]
        if !entry.isReadable {
          throw Refusal(
            "tensor `\(entry.name)` cannot be read: \(entry.remarks.first ?? "its bytes are not usable")"
          )
        }
        if let foreign = entry.foreignType, foreign.hasPrefix("Q") || foreign.contains("qint") {
          throw Refusal("tensor `\(entry.name)` is quantised (\(foreign)) and is not converted")
        }
      }
    }
  }

  private func cast(_ tensors: inout [ConversionPlan.OutputTensor]) throws(Refusal) {
    guard let type = options.elementType else { return }
    for index in tensors.indices where tensors[index].plan.sourceType.isFloatingPoint {
      let own = tensors[index].plan.sourceType
      guard own == type || ElementCast(from: own, to: type) != nil else {
        throw Refusal("\(own.rawValue) cannot be cast to \(type.rawValue)")
      }
      tensors[index].plan.targetType = type
    }
  }

  private func resize(
    _ tensors: inout [ConversionPlan.OutputTensor], towers: Set<Tower>
  ) throws(Refusal) {
    guard let size = options.imageSize else { return }
    guard let vision = identity.vision, towers.contains(.vision) else {
      throw Refusal("there is no image tower to resize to \(size) pixels (--image-size)")
    }
    // A FastViT is made of convolutions and has no table to resize.
    guard size != vision.imageHeight, vision.trunk != .fastvit else { return }
    guard let patch = vision.patchHeight, patch > 0, size >= patch, size <= 1 << 16,
      let gridHeight = vision.gridHeight,
      let gridWidth = vision.gridWidth, vision.trunk != .resnet
    else {
      throw Refusal("the position table of this image tower cannot be resized to \(size) pixels")
    }
    let names = [
      "visual.positional_embedding", "visual.trunk.pos_embed", "visual.pos_embed", "pos_embed",
      "vision_model.embeddings.position_embedding.weight",
    ]
    guard let index = tensors.firstIndex(where: { names.contains($0.name) }) else {
      throw Refusal("no position table is written that could be resized to \(size) pixels")
    }
    let shape = tensors[index].plan.shape
    guard shape.rank >= 2 else { throw Refusal("the position table has shape \(shape)") }
    let rows = shape[shape.rank - 2]
    let side = size / patch
    let resize = GridResize(
      prefixRows: rows - gridHeight * gridWidth, oldHeight: gridHeight, oldWidth: gridWidth,
      newHeight: side, newWidth: side)
    guard resize.prefixRows >= 0 else {
      throw Refusal("the position table has too few rows for its grid")
    }
    tensors[index].plan.shape.sizes[shape.rank - 2] = resize.newRows
    tensors[index].plan.resize = resize
  }

  /// What a picture size means that the patches do not fill: the libraries round the grid down, so this is told and not refused.
  private var gridWarning: String? {
    guard let size = options.imageSize, let vision = identity.vision, vision.trunk.isTransformer,
      let patch = vision.patchHeight, patch > 0, size % patch != 0
    else { return nil }
    let side = size / patch
    return
      "\(size) pixels are no multiple of the patch size \(patch): the grid is \(side) x \(side), and the last "
      + "\(size % patch) of each side are not seen"
  }

  /// One file, or shards of at most `maxShardByteCount` bytes; a larger tensor gets a shard of its own.
  private func split(_ tensors: [ConversionPlan.OutputTensor]) -> [ConversionPlan.OutputFile] {
    let (stem, suffix) = fileName
    guard let limit = options.maxShardByteCount, limit > 0, options.format == .safetensors else {
      return [.init(name: stem + suffix, tensors: tensors)]
    }
    let shards = Shards.dealt(tensors, limit: limit) { $0.plan.byteCount }
    if shards.count == 1 { return [.init(name: stem + suffix, tensors: tensors)] }
    return shards.enumerated().map {
      .init(
        name: Shards.name(stem, $0.offset + 1, of: shards.count, suffix: suffix),
        tensors: $0.element)
    }
  }

  private var fileName: (stem: String, suffix: String) {
    switch (options.target, options.format) {
    case (.openClip, .safetensors), (.openClipCustom, .safetensors):
      ("open_clip_model", ".safetensors")
    case (.openClip, .pt), (.openClipCustom, .pt): ("open_clip_pytorch_model", ".bin")
    case (.openAI, .pt), (.eva, .pt), (.pe, .pt): ("model", ".pt")
    case (_, .safetensors): ("model", ".safetensors")
    case (_, .pt): ("pytorch_model", ".bin")
    }
  }

  // MARK: Files beside the weights

  private func addTexts(
    _ plan: inout ConversionPlan, layout: String, selection: TowerSelection,
    tensors: [ConversionPlan.OutputTensor]
  ) throws {
    addIndex(&plan)
    if options.target == .openAI, identity.text != nil, identity.text?.activation == nil {
      plan.warnings.append(
        "OpenAI's model class always uses quick_gelu, and the file does not say which activation this model was trained with"
      )
    }
    if let warning = siglipActivationWarning(layout) { plan.warnings.append(warning) }
    switch options.target {
    case .transformers:
      try addTransformersTexts(&plan, layout: layout, selection: selection, tensors: tensors)
    case .openClip, .openClipCustom:
      try addOpenClipTexts(&plan, layout: layout, towers: selection.towers)
    case .timm: try addTimmTexts(&plan, tensors: tensors)
    case .openAI, .eva, .pe, .safetensors: break
    }
    if selection.towers.contains(.text), options.target != .timm {
      let files = TokenizerFiles(
        identity: identity, layout: layout, companions: catalog.companions, text: companionText)
      plan.copies = files.copies
      plan.texts += files.made(for: options.target)
      plan.warnings += files.warnings(for: options.target)
    }
  }

  private func addIndex(_ plan: inout ConversionPlan) {
    guard plan.files.count > 1 else { return }
    let document = Shards.index(
      plan.files.map { ($0.name, $0.tensors.map(\.name)) }, byteCount: plan.byteCount)
    add(
      document, as: fileName.stem + ".safetensors.index.json", from: "shards of this conversion",
      to: &plan)
  }

  private func addTransformersTexts(
    _ plan: inout ConversionPlan, layout: String, selection: TowerSelection,
    tensors: [ConversionPlan.OutputTensor]
  ) throws {
    let config = TransformersConfig(
      identity: identity, layout: layout, towers: selection.towers,
      withProjection: selection.hasProjection, imageSize: options.imageSize,
      dtype: options.elementType ?? Self.commonType(tensors))
    add(try config.document(), as: "config.json", from: configOrigin, to: &plan)
    guard selection.towers.contains(.vision) else { return }
    let preprocessing = preprocessing
    let image =
      layout == "hf-siglip2-naflex"
      ? preprocessing.naFlex(patch: identity.vision?.patchHeight ?? 16, patchCount: patchCount)
      : try preprocessing.transformers(isSiglip: layout != "hf-clip")
    add(image, as: "preprocessor_config.json", from: preprocessing.provenance, to: &plan)
  }

  private func addOpenClipTexts(
    _ plan: inout ConversionPlan, layout: String, towers: Set<Tower>
  ) throws {
    guard towers.count == 2 else {
      plan.warnings.append(
        "OpenCLIP has no config for one tower alone; only the weights are written")
      return
    }
    let model = try OpenClipConfig(
      identity: identity, layout: layout, imageSize: options.imageSize
    ).model()
    add(
      ["model_cfg": model, "preprocess_cfg": preprocessing.openClip], as: "open_clip_config.json",
      indent: 4, from: configOrigin, to: &plan)
  }

  private func addTimmTexts(
    _ plan: inout ConversionPlan, tensors: [ConversionPlan.OutputTensor]
  ) throws {
    guard let vision = identity.vision else { return }
    guard let size = options.imageSize ?? vision.imageHeight else {
      plan.warnings.append(
        "no config.json is written: the size of the pictures, which timm's names hold, is not known"
      )
      return
    }
    let ownName = identity.config?.timmName
    guard
      let model = ownName.map({ TimmNames.model(named: $0, side: size) })
        ?? TimmNames.model(vision, side: size)
    else {
      plan.warnings.append(
        "no config.json is written: timm has no name for a tower of these sizes, so give them to create_model"
      )
      return
    }
    if ownName == nil, vision.trunk == .vit || vision.trunk == .clipViT {
      _ = try Activation.required(
        vision.activation, tower: .vision, file: "config.json, which names the timm model,")
    }
    // A tower of timm has as many classes as its head has rows.
    let head = tensors.first { $0.name == "head.weight" || $0.name == "head.fc.weight" }
    let classCount = head.map { $0.shape[0] } ?? 0
    var config = JSONObject()
    config["architecture"] = .string(model.name)
    config["num_classes"] = .integer(classCount)
    let width = options.imageSize ?? vision.imageWidth ?? size
    if !model.fits(height: size, width: width) {
      // timm builds the model with these in place of what the name stands for.
      config["model_args"] = [
        "img_size": size == width ? .integer(size) : [.integer(size), .integer(width)]
      ]
    }
    config["pretrained_cfg"] = preprocessing.timm(
      height: size, width: width, isFixed: vision.trunk != .fastvit)
    add(.object(config), as: "config.json", from: configOrigin, to: &plan)
  }

  private func add(
    _ document: JSONValue, as name: String, indent: Int = 2, from provenance: String,
    to plan: inout ConversionPlan
  ) {
    plan.texts.append(
      .init(name: name, text: document.text(indent: indent) + "\n", provenance: provenance))
  }

  private var preprocessing: PreprocessingConfig {
    PreprocessingConfig.of(identity, imageSize: options.imageSize)
  }

  /// What a written config of the model was made from.
  private var configOrigin: String {
    switch identity.config?.kind {
    case .openClip: "open_clip_config.json and tensors"
    case .transformers, .timm: "config.json and tensors"
    case nil: "tensors"
    }
  }

  /// Patches of the position table that is written.
  private var patchCount: Int {
    guard let vision = identity.vision else { return 0 }
    return vision.patchCount(imageSize: options.imageSize)
  }

  /// OpenCLIP and Transformers evaluate the same SigLIP weights with two forms of GELU, and neither config says so.
  private func siglipActivationWarning(_ layout: String) -> String? {
    guard let trunk = identity.vision?.trunk, trunk == .siglip else { return nil }
    if layout == "hf-siglip", identity.isSiglipOfOpenCLIP {
      let library = identity.config?.kind == .timm ? "timm" : "OpenCLIP"
      return
        "gelu_pytorch_tanh is written, which SigLIP was trained with; \(library) evaluates this model with "
        + "erf GELU, so features differ by about 1e-4. --activation gelu keeps that form"
    }
    if layout == "oc-siglip", identity.config?.kind == .transformers,
      identity.vision?.activation == .geluTanh
    {
      return
        "OpenCLIP builds this image tower with erf GELU and this model has the tanh form, so image features "
        + "differ by about 1e-4"
    }
    return nil
  }

  private static func commonType(_ tensors: [ConversionPlan.OutputTensor]) -> ElementType {
    var bytes: [ElementType: Int] = [:]
    for tensor in tensors where tensor.elementType.isFloatingPoint {
      bytes[tensor.elementType] =
        (bytes[tensor.elementType] ?? 0).addingSaturating(tensor.plan.byteCount)
    }
    return bytes.max { $0.value < $1.value }?.key ?? .f32
  }
}
