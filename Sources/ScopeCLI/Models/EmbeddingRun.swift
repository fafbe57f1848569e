import Cells
import Inference
import Preprocess
import ScopeEngine

/// What is embedded.
struct EmbeddingInputs: Sendable {
  enum Pictures: Sendable {
    case files([String])
    case prepared(InputArray<Float>, path: String)
    var count: Int {
      switch self {
      case .files(let paths): paths.count
      case .prepared(let array, _): array.shape[0]
      }
    }
    var isEmpty: Bool { count == 0 }
  }
  enum Texts: Sendable {
    case strings([String])
    case prepared(InputArray<Int>, path: String)
  }

  var pictures = Pictures.files([])
  var texts = Texts.strings([])
  /// Number of the first row of prepared inputs in their file, where a shard begins behind it.
  var firstPicture = 0
  var firstText = 0
  var textCount: Int {
    switch texts {
    case .strings(let texts): texts.count
    case .prepared(let array, _): array.shape[0]
    }
  }

  /// What all inputs are, for the rate.
  var noun: String { textCount == 0 ? "picture" : pictures.isEmpty ? "text" : "input" }

  /// What stands for a picture in documents.
  func pictureMembers(_ index: Int) -> [(String, JSONValue?)] {
    switch pictures {
    case .files(let paths): [("path", .string(paths[index]))]
    case .prepared(_, let path):
      [("path", .string(path)), ("index", .integer(firstPicture + index))]
    }
  }

  func textMembers(_ index: Int) -> [(String, JSONValue?)] {
    switch texts {
    case .strings(let texts): [("text", .string(texts[index]))]
    case .prepared(let array, let path):
      [
        ("path", .string(path)), ("index", .integer(firstText + index)),
        (
          "ids",
          .integers(
            Array(array.values[index * array.shape[1]..<(index + 1) * array.shape[1]]))
        ),
      ]
    }
  }
}

/// What came out.
struct EmbeddingResult: Sendable {
  var images: FeatureRows?
  var texts: FeatureRows?
  /// `[images][texts]` for `--output logits`.
  var logits: [Float]?
  var notices: [String] = []
  /// Inputs that were read and still gave NaN or an infinity.
  var notFiniteCount = 0
  /// Pictures that could not be read, where the run went on.
  var brokenCount = 0
}

/// Runs the towers over all inputs and writes what was asked for.
struct EmbeddingRun: Sendable {
  let inputs: EmbeddingInputs
  let stage: EmbedCommand.Stage
  let isRaw: Bool
  let batch: Int
  let model: String
  let out: String?
  let format: EmbeddingOutput.Format?
  let isReplacing: Bool
  let keepsGoing: Bool

  /// Whether rows go to the file as they come, so that a stopped run can go on.
  func isResumable(_ towers: Set<Dialects.Tower>) -> Bool {
    guard case .files = inputs.pictures else { return false }
    return format == .npy && stage != .logits && towers.contains(.vision)
  }

  private var isNormalised: Bool { !isRaw && stage == .features }

  func run(_ model: Model, context: JobContext) throws -> EmbeddingResult {
    var result = try embed(model, context: context)
    if result.notFiniteCount > 0 {
      result.notices.append(
        "\(model.path): \(result.notFiniteCount) of the inputs gave features that are not finite")
    }
    return result
  }

  private func embed(_ model: Model, context: JobContext) throws -> EmbeddingResult {
    var result = EmbeddingResult()
    context.expect(count: inputs.pictures.count + inputs.textCount, of: inputs.noun)
    if model.request.towers.contains(.text) {
      let rows = try texts(model, context: context, notices: &result.notices)
      result.notFiniteCount += rows.notFiniteCount
      result.texts = rows
    }
    let wantsImages = model.request.towers.contains(.vision)
    if isResumable(model.request.towers), let out, case .files(let paths) = inputs.pictures {
      // Rows go to the file as they come, so that a run over a million pictures can go on after a stop.
      try stream(model, paths, to: out, context: context, &result)
      return result
    }
    if wantsImages { result.images = try images(model, context: context, &result) }
    if stage == .logits, let images = result.images, let texts = result.texts {
      result.logits = try model.requireScoring().logits(images: images, texts: texts)
    }
    if let out, let format {
      try EmbeddingOutput(run: self, result: result).write(to: out, as: format)
    }
    return result
  }

  private func finished(_ rows: FeatureRows) -> FeatureRows {
    isNormalised ? Scoring.unitRows(rows) : rows
  }

  private func texts(
    _ model: Model, context: JobContext, notices: inout [String]
  ) throws -> FeatureRows {
    let tower = try model.requireTextTower()
    if inputs.textCount == 0 {
      let extent = tower.extent(of: stage.output, length: tower.contextLength)
      return FeatureRows(count: 0, tokens: extent.tokens, width: extent.width, values: [])
    }
    let rows: FeatureRows
    switch inputs.texts {
    case .strings(let texts):
      let tokens = try model.tokens(of: texts)
      notices += zip(texts, tokens.rows).compactMap { text, row in
        row.notice.map { "\"\(text.prefix(40))\": \($0)" }
      }
      rows = try model.encode(
        ids: tokens.ids, count: texts.count, output: stage.output, batch: batch, context: context)
    case .prepared(let array, let path):
      do {
        rows = try model.encode(
          ids: array.values, count: array.shape[0], output: stage.output, batch: batch,
          context: context)
      } catch let error as InferenceError {
        throw ModelError(path: path, reason: "\(error)")
      }
    }
    context.advance(rows.count)
    return finished(rows)
  }

  private func images(
    _ model: Model, context: JobContext, _ outcome: inout EmbeddingResult
  ) throws -> FeatureRows {
    let extent = try model.requireImageTower().extent(of: stage.output)
    var result = FeatureRows(count: 0, tokens: extent.tokens, width: extent.width, values: [])
    switch inputs.pictures {
    case .files(let paths):
      for first in stride(from: 0, to: paths.count, by: batch) {
        result.append(
          try rows(
            model, paths[first..<min(first + batch, paths.count)], context: context, &outcome))
      }
    case .prepared(let array, let path):
      let tower = try model.requireImageTower()
      let size = array.shape.dropFirst().reduce(1, *)
      guard size == tower.inputCount,
        array.shape.suffix(2).elementsEqual([tower.config.imageHeight, tower.config.imageWidth])
      else {
        throw ModelError(
          path: path,
          reason:
            "has shape \(array.shape), the tower takes pictures of \(tower.config.imageHeight)x\(tower.config.imageWidth) (--image-size changes it)"
        )
      }
      for first in stride(from: 0, to: array.shape[0], by: batch) {
        try context.checkCancellation()
        let count = min(batch, array.shape[0] - first)
        let rows = try model.encode(
          pixels: Array(array.values[first * size..<(first + count) * size]), count: count,
          output: stage.output, context: context)
        outcome.notFiniteCount += rows.notFiniteCount
        result.append(finished(rows))
        context.advance(count)
      }
    }
    return result
  }

  private func rows(
    _ model: Model, _ paths: ArraySlice<String>, context: JobContext,
    _ outcome: inout EmbeddingResult
  ) throws -> FeatureRows {
    guard keepsGoing else {
      let rows = try model.encode(
        pictures: Array(paths), output: stage.output, batch: batch, context: context)
      outcome.notFiniteCount += rows.notFiniteCount
      return finished(rows)
    }
    let preprocessor = try model.picturePreprocessor()
    var pixels: [Float] = []
    var good: [Int] = []
    for (index, path) in paths.enumerated() {
      do {
        pixels += try preprocessor.prepare(path: path).pixels.values
        good.append(index)
      } catch {
        outcome.notices.append("\(error)")
        outcome.brokenCount += 1
      }
    }
    let rows = finished(
      try model.encode(
        pixels: pixels, count: good.count, output: stage.output, context: context))
    outcome.notFiniteCount += rows.notFiniteCount
    context.advance(paths.count, item: paths.last ?? "")
    let extent = try model.requireImageTower().extent(of: stage.output)
    let size = extent.tokens * extent.width
    var all = FeatureRows(
      count: paths.count, tokens: extent.tokens, width: extent.width,
      values: [Float](repeating: .nan, count: paths.count * size))
    for (row, index) in good.enumerated() {
      all.values.replaceSubrange(index * size..<(index + 1) * size, with: rows.row(row))
    }
    return all
  }

  /// What the rows depend on, so that a run with other options does not go on behind this one's rows.
  private func fingerprint(
    _ model: Model, _ paths: [String], _ extent: (tokens: Int, width: Int)
  ) -> String {
    let request = model.request
    let words: [String] =
      switch inputs.texts {
      case .strings(let texts): texts
      case .prepared(let array, _): array.values.map(String.init)
      }
    let facts = [
      model.fingerprint, stage.rawValue, "\(isNormalised)", "\(extent.tokens)x\(extent.width)",
      "\(request.identity)", request.order.rawValue, "\(request.load.path)",
      "\(String(describing: model.preprocessing))", request.tokenizer ?? "",
      "\(String(describing: model.imageTower?.config))",
    ]
    return (facts + ["\(paths.count) pictures"] + paths + ["\(words.count) words"] + words)
      .joined(separator: "\n")
  }

  private func stream(
    _ model: Model, _ paths: [String], to out: String, context: JobContext,
    _ result: inout EmbeddingResult
  ) throws {
    let extent = try model.requireImageTower().extent(of: stage.output)
    let texts = inputs.textCount > 0 ? result.texts : nil
    let file = try ResumableArray(
      path: out, rows: paths.count + (texts?.count ?? 0), tokens: extent.tokens,
      width: extent.width, fingerprint: fingerprint(model, paths, extent),
      isReplacing: isReplacing)
    if file.hasDiscarded {
      result.notices.append(
        "\(out).part: held rows of a run with other arguments, which were discarded")
    }
    let done = min(file.rowsDone, paths.count)
    if done > 0 {
      result.notices.append("\(out): went on behind \(done) of \(paths.count) pictures")
    }
    context.advance(done)
    for first in stride(from: done, to: paths.count, by: batch) {
      let part = paths[first..<min(first + batch, paths.count)]
      try file.append(rows(model, part, context: context, &result).values)
    }
    if let texts {
      guard texts.tokens == extent.tokens, texts.width == extent.width else {
        throw ModelError(
          path: out, reason: "pictures and texts have rows of other sizes; write them one by one")
      }
      let missing = paths.count + texts.count - max(file.rowsDone, paths.count)
      try file.append(Array(texts.values.suffix(missing * texts.tokens * texts.width)))
    }
    try file.finish()
  }

  // MARK: Documents

  func document(_ result: EmbeddingResult) -> JSONValue {
    var document = Document()
    document.add("path", .string(model))
    document.add("output", .string(stage.rawValue))
    let isScored = result.logits != nil
    func list(
      _ rows: FeatureRows?, _ members: (Int) -> [(String, JSONValue?)]
    ) -> JSONValue {
      .array(
        (0..<(rows?.count ?? 0)).map { index in
          .members(
            members(index) + (isScored ? [] : [("embedding", rows?.json(index))]))
        })
    }
    document.add("images", list(result.images, inputs.pictureMembers))
    document.add("texts", list(result.texts, inputs.textMembers))
    if let logits = result.logits, let texts = result.texts, let images = result.images {
      document.add(
        "logits",
        .array(
          (0..<images.count).map { image in
            .array(
              logits[image * texts.count..<(image + 1) * texts.count].map { .number(Double($0)) })
          }))
    }
    return document.value
  }

  func summary(out: String) -> JSONValue {
    var document = Document()
    document.add("path", .string(model))
    document.add("output", .string(stage.rawValue))
    document.add("out", .string(out))
    document.add("images", .integer(inputs.pictures.count))
    document.add("texts", .integer(inputs.textCount))
    if case .files(let paths) = inputs.pictures { document.add("image_paths", .strings(paths)) }
    return document.value
  }

  func printText(_ result: EmbeddingResult, on console: Console) {
    if let logits = result.logits, let texts = result.texts {
      for (index, value) in logits.enumerated() {
        console.line(
          "\(console.shown(name(ofPicture: index / texts.count)))  \(console.shown(name(ofText: index % texts.count)))  \(value)"
        )
      }
      return
    }
    func lines(_ rows: FeatureRows, _ name: (Int) -> String) {
      for index in 0..<rows.count {
        let head = rows.row(index).prefix(6).map { Numbers.value(Double($0)) }
        console.line(
          "\(console.shown(name(index)))  [\(rows.tokens == 1 ? "" : "\(rows.tokens), ")\(rows.width)]  \(head.joined(separator: " "))\(rows.width > 6 ? " ..." : "")"
        )
      }
    }
    if let images = result.images { lines(images, name(ofPicture:)) }
    if let texts = result.texts { lines(texts, name(ofText:)) }
  }

  private func name(ofPicture index: Int) -> String {
    switch inputs.pictures {
    case .files(let paths): paths[index]
    case .prepared(_, let path): "\(path)[\(inputs.firstPicture + index)]"
    }
  }

  private func name(ofText index: Int) -> String {
    switch inputs.texts {
    case .strings(let texts): "\"\(texts[index])\""
    case .prepared(_, let path): "\(path)[\(inputs.firstText + index)]"
    }
  }
}
