package import Cells
package import Inference
import ScopeEngine

/// What the user knows about the model that the file does not say.
package struct ModelChoice: Hashable, Sendable {
  /// One of `IdentityOptions.activationNames`; nil leaves it to the file.
  package var activation: String?
  /// A folder, a `tokenizer.json`, a `vocab.json` or a merge table.
  package var tokenizer: String?
  /// Attention heads of the image tower, and of the text tower where `textHeads` is nil.
  package var heads: Int?
  package var textHeads: Int?

  package init(
    activation: String? = nil, tokenizer: String? = nil, heads: Int? = nil, textHeads: Int? = nil
  ) {
    self.activation = activation
    self.tokenizer = tokenizer
    self.heads = heads
    self.textHeads = textHeads
  }

  /// Whether another model would be loaded, not only other tokens.
  package func isSameModel(as other: ModelChoice) -> Bool {
    activation == other.activation && heads == other.heads && textHeads == other.textHeads
  }

  /// The next activation by name, and after the last one what the file says.
  package mutating func stepActivation(by step: Int) {
    let names: [String?] = [nil] + IdentityOptions.activationNames.map { $0 }
    activation = names.neighbour(of: activation, step)
  }

  package static let headCounts = 1...1024
}

/// Pictures and texts that have no features yet.
package struct InferenceRequest: Equatable, Sendable {
  package var choice: ModelChoice
  package var pictures: [String]
  package var texts: [String]
}

/// What a run brings, piece by piece.
package enum InferenceReport: Equatable, Sendable {
  case model(RunModel)
  case texts([TextFeatures])
  case pictures([PictureFeatures])
  case brokenPicture(path: String, reason: String)
  /// No text can be run: no text tower, no tokenizer.
  case noTexts(reason: String)
  /// No picture can be run.
  case noPictures(reason: String)
  case finished
}

/// What the page says of a model that is ready to run.
package struct RunModel: Equatable, Sendable {
  package var summary: String
  /// As the configuration spells it; both where the towers differ.
  package var activation: String
  /// Nil where the checkpoint stores no logit scale.
  package var scoring: Scoring?
  package var loadSeconds: Double
  package var weightByteCount: Int
  package var threadCount: Int
  package var notes: [String]

  package init(
    summary: String, activation: String = "", scoring: Scoring?, loadSeconds: Double = 0,
    weightByteCount: Int = 0, threadCount: Int = 1, notes: [String] = []
  ) {
    self.summary = summary
    self.activation = activation
    self.scoring = scoring
    self.loadSeconds = loadSeconds
    self.weightByteCount = weightByteCount
    self.threadCount = threadCount
    self.notes = notes
  }
}

/// Features of one picture, not normalised, and what they took.
package struct PictureFeatures: Equatable, Sendable {
  package var path: String
  package var values: [Float]
  package var prepareSeconds: Double
  /// Share of this picture in the forward of its batch.
  package var forwardSeconds: Double

  package init(
    path: String, values: [Float], prepareSeconds: Double = 0, forwardSeconds: Double = 0
  ) {
    self.path = path
    self.values = values
    self.prepareSeconds = prepareSeconds
    self.forwardSeconds = forwardSeconds
  }
}

/// Features of one text, not normalised.
package struct TextFeatures: Equatable, Sendable {
  package var text: String
  package var values: [Float]
  /// Says that the text was cut to the context length.
  package var notice: String?
  package var seconds: Double

  package init(text: String, values: [Float], notice: String? = nil, seconds: Double = 0) {
    self.text = text
    self.values = values
    self.notice = notice
    self.seconds = seconds
  }
}

/// A picture as the image tower gets it, before normalisation.
package struct PicturePreview: Equatable, Sendable {
  package var path: String
  /// What the tower takes, in pixels.
  package var modelWidth: Int
  package var modelHeight: Int
  /// `[height, width, 3]`; smaller than the model's picture where that is larger than a screen.
  package var width: Int
  package var height: Int
  package var samples: [UInt8]
  /// How the picture became that, in a few words.
  package var origin: String

  package init(
    path: String, modelWidth: Int, modelHeight: Int, samples: [UInt8], origin: String
  ) {
    self.path = path
    self.modelWidth = modelWidth
    self.modelHeight = modelHeight
    self.origin = origin
    width = modelWidth
    height = modelHeight
    self.samples = samples
    let factor = max((max(width, height) + Self.longestSide - 1) / Self.longestSide, 1)
    guard factor > 1 else { return }
    let (smallWidth, smallHeight) = (max(width / factor, 1), max(height / factor, 1))
    let small = grid(width: smallWidth, height: smallHeight)
    self.samples = small.pixels.flatMap { color -> [UInt8] in
      guard let color else { return [0, 0, 0] }
      return [color.red, color.green, color.blue]
    }
    width = smallWidth
    height = smallHeight
  }

  /// The picture at another size: means where it shrinks, whole pixels where it grows.
  package func grid(width newWidth: Int, height newHeight: Int) -> PixelGrid {
    PixelGrid(width: width, height: height, samples: samples)
      .resampled(width: newWidth, height: newHeight)
  }

  /// More than the pixels of any pane.
  private static let longestSide = 384
}
