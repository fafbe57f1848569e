package import Analysis
package import Dialects
package import Inference
package import Preprocess

/// All attention of one input through one tower: asked again and again without running the tower.
package struct CapturedAttention: Sendable {
  package var tower: Dialects.Tower
  package var view: AttentionView
  /// What the tower saw, before normalisation, one a frame of the grid; empty for prepared pixels and texts.
  package var pictures: [PreparedPicture]
  package var picture: PreparedPicture? { pictures.first }
  /// Readable tokens of a text, padding left out; empty for pictures and for token ids without a tokenizer.
  package var labels: [String]
  /// Raw features of the input.
  package var features: FeatureRows
  /// Side of a patch in pixels of the model input.
  package var patchSize: Int
  /// Scaled cosine with the other side, where relevance was asked for.
  package var score: Float? { view.relevance?.score }

  /// Entropy and distance of every head; empty for a residual network.
  package var measures: [HeadMeasures] { view.stack?.measures(patchSize: patchSize) ?? [] }
}

extension Model {
  /// What a picture's attention is captured from.
  package enum PictureInput: Sendable {
    /// For a video tower also a folder or a pattern, whose pictures are the frames.
    case file(String)
    /// `[3, H, W]`, normalised (`[T, 3, H, W]` for video).
    case pixels([Float])
  }

  package enum TextInput: Sendable {
    case text(String)
    case tokens([Int])
  }

  /// Runs the image tower once and keeps all its attention.
  ///
  /// - Parameters:
  ///   - input: the picture.
  ///   - text: the other side of the pair; its relevance is made where it is given.
  ///   - context: of the job that this is part of.
  /// - Throws: `ModelError`, `PreprocessError`, `InferenceError`, `AttentionError`.
  package func attention(
    ofPicture input: PictureInput, text: TextInput? = nil, context: JobContext = JobContext()
  ) throws -> CapturedAttention {
    let tower = try requireImageTower()
    let (pixels, pictures) = try pixels(of: input)
    var relevance: AttentionRelevance?
    if let text {
      let ids = try ids(of: text)
      let other = try requireTextTower().encode(
        ids.ids, count: 1, control: context.forwardControl)
      relevance = try AttentionRelevance.image(
        tower, pixels: pixels, text: other, scoring: requireScoring(),
        control: context.forwardControl)
    }
    try context.checkCancellation()
    let (features, trace) = try tower.trace(pixels, control: context.forwardControl)
    return CapturedAttention(
      tower: .vision,
      view: try AttentionView(image: trace, tower.config, relevance: relevance),
      pictures: pictures, labels: [], features: features, patchSize: tower.config.patchSize)
  }

  /// Runs the text tower once and keeps all its attention.
  ///
  /// - Parameters:
  ///   - input: the text.
  ///   - picture: the other side of the pair; its relevance is made where it is given.
  ///   - context: of the job that this is part of.
  package func attention(
    ofText input: TextInput, picture: PictureInput? = nil, context: JobContext = JobContext()
  ) throws -> CapturedAttention {
    let tower = try requireTextTower()
    let (ids, labels) = try ids(of: input)
    var relevance: AttentionRelevance?
    if let picture {
      let other = try requireImageTower().encode(
        pixels(of: picture).pixels, count: 1, control: context.forwardControl)
      relevance = try AttentionRelevance.text(
        tower, ids: ids, image: other, scoring: requireScoring(),
        control: context.forwardControl)
    }
    try context.checkCancellation()
    let (features, trace) = try tower.trace(ids, control: context.forwardControl)
    return CapturedAttention(
      tower: .text, view: try AttentionView(text: trace, tower.config, relevance: relevance),
      pictures: [], labels: labels, features: features, patchSize: 1)
  }

  private func pixels(
    of input: PictureInput
  ) throws -> (pixels: [Float], pictures: [PreparedPicture]) {
    switch input {
    case .pixels(let values): return (values, [])
    case .file(let path):
      if case .video(let frames, let tubelet)? = imageTower?.config.family {
        return try clip(path, frames: frames, tubelet: tubelet)
      }
      let prepared = try preprocessor().prepare(path: path)
      return (prepared.pixels.values, [prepared])
    }
  }

  private func ids(of input: TextInput) throws -> (ids: [Int], labels: [String]) {
    switch input {
    case .text(let text):
      let tokens = try tokens(of: [text])
      let tokenizer = try tokenizer()
      return (tokens.ids, tokens.rows.first.map(tokenizer.labels(of:)) ?? [])
    case .tokens(let ids):
      let tokenizer = try? tokenizer()
      return (ids, tokenizer.map { tokenizer in ids.map { tokenizer.label(of: $0) } } ?? [])
    }
  }
}
