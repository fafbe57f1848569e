import Checkpoints
import Dialects
import Dispatch
import Inference
package import Preprocess
import Tensors

extension Session {
  /// Makes the checkpoint ready to run: maps it to the canonical names and packs the weights in parallel.
  ///
  /// - Throws: `ModelError`, `InferenceError` as `ModelError`, `CheckpointError.cancelled`.
  package func loadModel(
    _ request: ModelRequest = ModelRequest(), context: JobContext = JobContext()
  ) throws -> Model {
    let started = JobContext.now()
    request.prepare()
    let identity = try keptIdentity(options: request.identity, towers: request.towers)
    let outlook = ModelOutlook(identity)
    guard let layout = identity.layout, outlook.refusal == nil else {
      throw ModelError(path: path, reason: outlook.refusal ?? "")
    }
    let run: TableRun
    do {
      run = try TableRun.make(
        identity, to: "canonical", graph: RuleTables.graph(), towers: request.towers)
    } catch {
      throw ModelError(path: path, reason: "\(layout): \(error)")
    }
    if let conflict = run.conflicts.first {
      throw ModelError(path: path, reason: "the rule tables are ambiguous: \(conflict)")
    }
    let weights = MappedWeights(run.tensors.byName, of: checkpoint)
    let configuration = ModelConfiguration(
      path: path, identity: identity, weights: weights, request: request)
    var notes: [String] = []
    // A kind of tower that is not built in is a better reason than the first tensor that it has beyond the known ones.
    let (vision, text) = try attempt {
      (
        request.towers.contains(.vision) ? try identity.vision.map(configuration.vision) : nil,
        request.towers.contains(.text) ? try identity.text.map(configuration.text) : nil
      )
    }
    try refuseUnknown(run, identity, request)
    try context.checkCancellation()
    let imageTower = try attempt {
      try vision.map { try ImageTower($0, weights: weights, options: request.load) }
    }
    try context.checkCancellation()
    let textTower = try attempt {
      try text.map { try TextTower($0, weights: weights, options: request.load) }
    }
    guard imageTower != nil || textTower != nil else {
      throw ModelError(
        path: path, reason: "the checkpoint has none of the towers that are needed")
    }
    let preprocessing = try preprocessing(identity, request: request, notes: &notes)
    return Model(
      path: path, identity: identity, request: request, imageTower: imageTower,
      textTower: textTower, scoring: try scoring(weights), preprocessing: preprocessing,
      weightByteCount: weights.byteCount(
        vision: imageTower != nil, text: textTower != nil),
      loadSeconds: JobContext.now() - started,
      fingerprint: checkpoint.mappedFiles.map(\.stamp).joined(separator: "\n"), notes: notes)
  }

  /// Refuses work that needs towers which the checkpoint lacks, before anything is asked about those that it has.
  ///
  /// - Throws: `ModelError`; of a file that is no model nothing, since loading says what it is.
  package func requireTowers(of request: ModelRequest) throws(ModelError) {
    let identity = try keptIdentity(options: request.identity, towers: request.towers)
    let outlook = ModelOutlook(identity)
    guard outlook.refusal == nil else { return }
    let missing = request.towers.subtracting(outlook.towers)
    if missing.contains(.vision) { throw .noImageTower(path) }
    if missing.contains(.text) { throw .noTextTower(path) }
  }

  /// A tower with a tensor that no rule knows would run and give wrong features.
  private func refuseUnknown(
    _ run: TableRun, _ identity: Identity, _ request: ModelRequest
  ) throws(ModelError) {
    for entry in run.unknown {
      guard let name = identity.normalisation.storedNames[entry],
        let tower = Tower(ofKey: name), request.towers.contains(tower)
      else { continue }
      throw ModelError(
        path: path,
        reason:
          "the forward pass does not know the tensor `\(name)`, so it would be another model's"
      )
    }
  }

  /// Errors of the forward's construction name the file.
  private func attempt<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as InferenceError where error != .cancelled {
      throw ModelError(path: path, reason: "\(error)")
    }
  }

  private func scoring(_ weights: MappedWeights) throws -> Scoring? {
    func scalar(_ name: String) throws -> Float? {
      guard let shape = weights.shape(of: name) else { return nil }
      guard shape.elementCount == 1 else {
        throw ModelError(path: path, reason: "`\(name)` has shape \(shape), not one element")
      }
      return try weights.withElements(of: name) { type, bytes in
        guard type.isFloatingPoint, bytes.count >= type.byteCount else {
          throw ModelError(path: path, reason: "`\(name)` is no floating point number")
        }
        return Float(ElementDecoder(type: type).value(at: 0, in: bytes))
      }
    }
    guard let scale = try scalar("logit_scale") else { return nil }
    return Scoring(logitScale: scale, logitBias: try scalar("logit_bias"))
  }

  /// How the model's pictures are prepared, without loading it.
  ///
  /// - Throws: `ModelError` where it has no image tower, its size is not known or the options cannot be kept; `PreprocessError` for a broken config.
  package func preprocessing(
    request: ModelRequest = ModelRequest()
  ) throws -> (config: PreprocessConfig, provenance: String) {
    var notes: [String] = []
    let identity = try keptIdentity(options: request.identity, towers: [.vision])
    guard identity.vision != nil else {
      throw ModelError.noImageTower(path)
    }
    guard let found = try preprocessing(identity, request: request, notes: &notes) else {
      throw ModelError(
        path: path, reason: notes.first ?? "the image size is not known (--image-size gives it)")
    }
    return found
  }

  private func preprocessing(
    _ identity: Identity, request: ModelRequest, notes: inout [String]
  ) throws -> (config: PreprocessConfig, provenance: String)? {
    guard let vision = identity.vision else { return nil }
    let given = request.identity.imageSize
    guard let width = given ?? vision.imageWidth, let height = given ?? vision.imageHeight,
      (1...PreprocessConfig.sideLimit).contains(width),
      (1...PreprocessConfig.sideLimit).contains(height)
    else { return nil }
    var config: PreprocessConfig
    var provenance: String
    let isOpenClip = identity.config?.kind == .openClip
    if isOpenClip, let own = identity.config?.document["preprocess_cfg"] {
      config = try PreprocessConfig(
        openCLIP: own, size: (width, height), path: "\(path): open_clip_config.json")
      provenance = "preprocess_cfg of open_clip_config.json"
    } else if let own = identity.config?.preprocessor {
      config = try PreprocessConfig(
        huggingFace: own, fallback: (width, height), path: "\(path): preprocessor_config.json")
      provenance = "preprocessor_config.json"
      if config.width != width || config.height != height {
        if given == nil {
          notes.append(
            "preprocessor_config.json makes pictures of \(config.width)x\(config.height), the tower takes \(width)x\(height)"
          )
        }
        config.width = width
        config.height = height
        config.shortestEdge = nil
      }
    } else {
      let usual = PreprocessingConfig.of(identity, imageSize: given)
      config = try PreprocessConfig(openCLIP: usual.openClip, size: (width, height), path: path)
      provenance = usual.provenance
      if identity.dialect.rawValue.hasPrefix("hf-") { config.rules = .transformers }
      if vision.trunk == .vjepa2 { config.followVideoProcessor() }
    }
    config.order = request.order
    return (config, provenance)
  }
}

extension ModelRequest {
  /// Has another thread make what loading needs whatever the checkpoint holds: rule tables and, for a first forward, memory.
  ///
  /// Loading calls this itself; who calls it before the checkpoint is opened gains the time of that.
  package func prepare() {
    let isFirstSoon = load.defersPacking
    DispatchQueue.global().async {
      // The last table of the way is known before the first one is.
      try? RuleTables.graph().prepare(to: "canonical")
      if isFirstSoon { Slab.prepare() }
    }
  }
}

extension MappedWeights {
  /// Bytes of the tensors of the towers that were loaded.
  func byteCount(vision: Bool, text: Bool) -> Int {
    var sum = 0
    for name in names {
      guard (vision && name.hasPrefix("vision.")) || (text && name.hasPrefix("text.")),
        let shape = shape(of: name), let type = elementType(of: name)
      else { continue }
      sum += (shape.elementCount ?? 0) * type.byteCount
    }
    return sum
  }
}

extension Engine {
  /// Makes a checkpoint ready to run; an older loading of the same session is cancelled.
  package func model(
    of session: Session, request: ModelRequest = ModelRequest()
  ) -> Job<Model> {
    start(.model(session: session.id)) { context in
      try session.model(request, context: context)
    }
  }
}
