package import Dialects
package import Inference
package import Preprocess
import Synchronization
import Tensors

/// A checkpoint that is ready to run: towers with packed weights, its preprocessing and its tokenizer.
///
/// Safe to use from several threads.
package final class Model: Sendable {
  /// The checkpoint it was made of.
  package let path: String
  package let identity: Identity
  package let request: ModelRequest
  package let imageTower: ImageTower?
  package let textTower: TextTower?
  /// Nil where the checkpoint stores no logit scale (single towers).
  package let scoring: Scoring?
  /// How pictures become pixels; nil without an image tower, or where its config is broken (see `notes`).
  package let preprocessing: PreprocessConfig?
  package let preprocessingProvenance: String
  /// Bytes of the weights that the towers keep.
  package let weightByteCount: Int
  package let loadSeconds: Double
  /// Names, sizes and times of the files that it was loaded from: changes when the checkpoint is written anew.
  package let fingerprint: String
  /// What was assumed.
  package let notes: [String]
  private let opened = Mutex<(any Tokenizer)?>(nil)

  init(
    path: String, identity: Identity, request: ModelRequest, imageTower: ImageTower?,
    textTower: TextTower?, scoring: Scoring?,
    preprocessing: (config: PreprocessConfig, provenance: String)?, weightByteCount: Int,
    loadSeconds: Double, fingerprint: String, notes: [String]
  ) {
    self.path = path
    self.identity = identity
    self.request = request
    self.imageTower = imageTower
    self.textTower = textTower
    self.scoring = scoring
    self.preprocessing = preprocessing?.config
    preprocessingProvenance = preprocessing?.provenance ?? ""
    self.weightByteCount = weightByteCount
    self.loadSeconds = loadSeconds
    self.fingerprint = fingerprint
    self.notes = notes
  }

  /// Packs the weights that a first input left in the file, so that later forwards take the same time.
  /// - Throws: `ModelError` where the file has changed.
  package func pack() throws(ModelError) {
    do throws(InferenceError) {
      try imageTower?.finishPacking()
      try textTower?.finishPacking()
    } catch {
      throw ModelError(path: path, reason: "\(error)")
    }
  }

  // MARK: What it can do, or why not

  /// - Throws: `ModelError` where the model has no image tower.
  package func requireImageTower() throws(ModelError) -> ImageTower {
    guard let imageTower else { throw .noImageTower(path) }
    return imageTower
  }

  /// - Throws: `ModelError` where the model has no text tower, or one that is not built in.
  package func requireTextTower() throws(ModelError) -> TextTower {
    guard let textTower else {
      guard identity.hasForeignText else { throw .noTextTower(path) }
      throw ModelError(
        path: path,
        reason: "the text tower is a Hugging Face model of its own, which is not built in",
        lack: .textTower)
    }
    return textTower
  }

  /// - Throws: `ModelError` where no scale is stored, which of a tower alone is the smaller lack.
  package func requireScoring() throws(ModelError) -> Scoring {
    guard let scoring else {
      _ = try requireImageTower()
      _ = try requireTextTower()
      throw ModelError(
        path: path, reason: "the checkpoint has no logit scale", lack: .logitScale)
    }
    return scoring
  }

  /// Opened at the first use, then kept.
  /// - Throws: `PreprocessError.noTokenizer` with every place that was searched.
  package func tokenizer() throws -> any Tokenizer {
    try opened.withLock { kept in
      if let kept { return kept }
      let fresh = try TokenizerLocator.open(tokenizerRequest)
      kept = fresh
      return fresh
    }
  }

  private var tokenizerRequest: TokenizerLocator.Request {
    var wanted = TokenizerLocator.Request(model: path, identity: identity)
    wanted.tokenizer = request.tokenizer
    // A tower that is built knows what it takes.
    wanted.contextLength = textTower?.contextLength ?? wanted.contextLength
    wanted.vocabularySize = textTower?.vocabularySize ?? wanted.vocabularySize
    return wanted
  }

  /// - Throws: `ModelError` without an image tower or with a broken preprocessing config.
  package func preprocessor() throws(ModelError) -> Preprocessor {
    guard let preprocessing else {
      throw ModelError(
        path: path, reason: notes.first ?? "the model has no image tower to prepare pictures for",
        lack: notes.isEmpty ? .imageTower : nil)
    }
    return Preprocessor(preprocessing)
  }

  /// Of pictures that are run one by one.
  /// - Throws: `ModelError` as `preprocessor()`, and for a video tower, which takes clips.
  package func picturePreprocessor() throws(ModelError) -> Preprocessor {
    if case .video? = imageTower?.config.family {
      throw ModelError(
        path: path,
        reason: "the image tower takes clips of frames, not pictures; --pixels takes prepared ones")
    }
    return try preprocessor()
  }

  // MARK: Running it

  /// Ids of texts for the text tower, `[count, contextLength]`, with the notices of those that were cut.
  package func tokens(
    of texts: [String]
  ) throws -> (ids: [Int], rows: [TokenRow]) {
    let tower = try requireTextTower()
    let tokenizer = try tokenizer()
    let rows = texts.map { tokenizer.encode($0, contextLength: tower.contextLength) }
    return (rows.flatMap(\.ids), rows)
  }

  /// Features of texts, not normalised, at most `batch` at a time.
  package func encode(
    texts: [String], output: TowerOutput = .features, batch: Int = 32,
    context: JobContext = JobContext()
  ) throws -> FeatureRows {
    let tower = try requireTextTower()
    let ids = try tokens(of: texts).ids
    return try encode(
      ids: ids, count: texts.count, tower: tower, output: output, batch: batch, context: context)
  }

  /// Features of rows of token ids.
  package func encode(
    ids: [Int], count: Int, output: TowerOutput = .features, batch: Int = 32,
    context: JobContext = JobContext()
  ) throws -> FeatureRows {
    try encode(
      ids: ids, count: count, tower: requireTextTower(), output: output, batch: batch,
      context: context)
  }

  private func encode(
    ids: [Int], count: Int, tower: TextTower, output: TowerOutput, batch: Int, context: JobContext
  ) throws -> FeatureRows {
    let length = count > 0 ? ids.count / count : 0
    var result = FeatureRows(count: 0, tokens: 1, width: 0, values: [])
    var first = 0
    while first < count {
      try context.checkCancellation()
      let size = min(max(batch, 1), count - first)
      let rows = try tower.encode(
        Array(ids[first * length..<(first + size) * length]), count: size, output: output,
        control: context.forwardControl)
      result.append(rows)
      first += size
    }
    return result
  }

  /// Features of picture files, at most `batch` at a time, not normalised.
  package func encode(
    pictures: [String], output: TowerOutput = .features, batch: Int = 16,
    context: JobContext = JobContext()
  ) throws -> FeatureRows {
    let preprocessor = try picturePreprocessor()
    var result = FeatureRows(count: 0, tokens: 1, width: 0, values: [])
    for first in stride(from: 0, to: pictures.count, by: max(batch, 1)) {
      try context.checkCancellation()
      let part = pictures[first..<min(first + max(batch, 1), pictures.count)]
      var pixels: [Float] = []
      for path in part { pixels += try preprocessor.prepare(path: path).pixels.values }
      result.append(
        try encode(pixels: pixels, count: part.count, output: output, context: context))
      context.advance(part.count, item: part.last ?? "")
    }
    return result
  }

  /// Features of prepared pictures `[count, 3, H, W]`, not normalised.
  package func encode(
    pixels: [Float], count: Int, output: TowerOutput = .features,
    context: JobContext = JobContext()
  ) throws -> FeatureRows {
    try requireImageTower().encode(
      pixels, count: count, output: output, control: context.forwardControl)
  }
}

extension FeatureRows {
  /// Puts rows of the same width behind these; an empty value takes their form.
  package mutating func append(_ other: FeatureRows) {
    if count == 0 {
      self = other
    } else {
      count += other.count
      values += other.values
    }
  }
}

extension JobContext {
  /// Stops a forward when the job is cancelled.
  package var forwardControl: ForwardControl { ForwardControl { [self] in isCancelled } }
}
