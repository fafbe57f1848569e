import Checkpoints
import Inference
import Preprocess
import ScopeEngine

/// Runs the model on texts and pictures that have no features yet; each part is delivered as soon as it is there.
struct InferenceRun {
  let session: Session
  let request: InferenceRequest
  let context: JobContext
  let deliver: (InferenceReport) -> Void

  /// - Throws: `ModelError` where the model cannot be loaded, `CheckpointError.cancelled`.
  func run() throws {
    let model = try session.model(try request.choice.request(), context: context)
    context.expect(count: request.texts.count + request.pictures.count, of: "input")
    deliver(.model(Self.facts(model)))
    try guarded({ try runTexts(model) }, orReport: { .noTexts($0) })
    try guarded({ try runPictures(model) }, orReport: { .noPictures($0) })
  }

  /// One half that does not work leaves the other.
  private func guarded(
    _ body: () throws -> Void, orReport report: (ModelProblem) -> InferenceReport
  ) throws {
    do {
      try body()
    } catch {
      try context.checkCancellation()
      deliver(report(ModelProblem("\(error)", lack: ModelLack(error))))
    }
  }

  private func runTexts(_ model: Model) throws {
    let texts = request.texts
    for first in stride(from: 0, to: texts.count, by: Self.textBatch) {
      try context.checkCancellation()
      let part = Array(texts[first..<min(first + Self.textBatch, texts.count)])
      let tokens = try model.tokens(of: part)
      let start = Clock.now()
      let rows = try model.encode(ids: tokens.ids, count: part.count, context: context)
      let seconds = (Clock.now() - start) / Double(part.count)
      deliver(
        .texts(
          part.indices.map { index in
            TextFeatures(
              text: part[index], values: Array(rows.row(index)),
              notice: tokens.rows[index].notice, seconds: seconds)
          }))
      context.advance(part.count, item: part.last ?? "")
    }
  }

  private func runPictures(_ model: Model) throws {
    guard !request.pictures.isEmpty else { return }
    let preprocessor = try model.picturePreprocessor()
    _ = try model.requireImageTower()
    var rest = request.pictures[...]
    // The first alone, so that something is on show soon.
    var size = 1
    while !rest.isEmpty {
      var pixels: [Float] = []
      var ready: [(path: String, seconds: Double)] = []
      for path in rest.prefix(size) {
        try context.checkCancellation()
        let start = Clock.now()
        do {
          pixels += try preprocessor.prepare(path: path).pixels.values
          ready.append((path, Clock.now() - start))
        } catch {
          deliver(.brokenPicture(path: path, reason: "\(error)"))
        }
      }
      let taken = min(size, rest.count)
      rest = rest.dropFirst(size)
      if !ready.isEmpty {
        let start = Clock.now()
        let rows = try model.encode(pixels: pixels, count: ready.count, context: context)
        let seconds = (Clock.now() - start) / Double(ready.count)
        deliver(
          .pictures(
            ready.enumerated().map { index, picture in
              PictureFeatures(
                path: picture.path, values: Array(rows.row(index)),
                prepareSeconds: picture.seconds, forwardSeconds: seconds)
            }))
      }
      context.advance(taken, item: ready.last?.path ?? "")
      size = Self.pictureBatch
    }
  }

  private static func facts(_ model: Model) -> RunModel {
    let names = [model.identity.vision?.activation, model.identity.text?.activation]
      .compactMap { $0?.rawValue }
    let isSame = Set(names).count == 1
    return RunModel(
      summary: model.identity.family,
      activation: isSame ? names[0] : names.joined(separator: " / "), scoring: model.scoring,
      loadSeconds: model.loadSeconds, weightByteCount: model.weightByteCount,
      threadCount: Threads.count, notes: model.notes)
  }

  /// A picture as the model sees it; the weights are not needed for that.
  static func preview(
    of path: String, _ choice: ModelChoice, in session: Session
  ) throws -> PicturePreview {
    let config = try session.preprocessing(request: try choice.request()).config
    let prepared = try Preprocessor(config).prepare(path: path)
    let map = prepared.mapping
    var parts = ["\(prepared.sourceMode.rawValue) \(map.sourceWidth)x\(map.sourceHeight)"]
    if map.resizedWidth != map.sourceWidth || map.resizedHeight != map.sourceHeight {
      parts.append("resized to \(map.resizedWidth)x\(map.resizedHeight)")
    }
    if map.left > 0 || map.top > 0 { parts.append("cut \(map.left) left, \(map.top) top") }
    if map.left < 0 || map.top < 0 { parts.append("padded") }
    if let orientation = prepared.orientation, orientation != 1 {
      parts.append("turned (EXIF \(orientation))")
    }
    return PicturePreview(
      path: path, modelWidth: prepared.preview.width, modelHeight: prepared.preview.height,
      samples: prepared.preview.samples, origin: parts.joined(separator: ", "))
  }

  private static let textBatch = 32
  private static let pictureBatch = 8
}

extension ModelChoice {
  /// - Throws: `FileProblem` for an activation that nobody knows.
  func request() throws -> ModelRequest {
    var request = ModelRequest()
    request.tokenizer = tokenizer.map(FileSystem.absolute)
    if let activation, !request.identity.setActivation(named: activation) {
      throw FileProblem(sentence: "there is no activation \(activation)")
    }
    request.identity.heads = heads
    request.identity.textHeads = textHeads
    return request
  }
}
