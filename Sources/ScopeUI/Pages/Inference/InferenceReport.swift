import Cells
import Inference
import ScopeEngine

/// What the user knows about the model that the file does not say.
struct ModelChoice: Hashable, Sendable {
  /// One of `IdentityOptions.activationNames`; nil leaves it to the file.
  var activation: String?
  /// A folder, a `tokenizer.json`, a `vocab.json` or a merge table.
  var tokenizer: String?
  /// Attention heads of the image tower, and of the text tower where `textHeads` is nil.
  var heads: Int?
  var textHeads: Int?

  /// Whether another model would be loaded, not only other tokens.
  func isSameModel(as other: ModelChoice) -> Bool {
    activation == other.activation && heads == other.heads && textHeads == other.textHeads
  }

  /// The next activation by name, and after the last one what the file says.
  mutating func stepActivation(by step: Int) {
    let names: [String?] = [nil] + IdentityOptions.activationNames.map { $0 }
    activation = names.neighbour(of: activation, step)
  }

  static let headCounts = 1...1024
}

/// Why a model cannot do what was asked of it.
struct ModelProblem: Equatable, Sendable {
  /// A sentence that names the file.
  var reason: String
  /// Where something is missing that may be given here.
  var lack: ModelLack?

  init(_ reason: String, lack: ModelLack? = nil) {
    self.reason = reason
    self.lack = lack
  }
}

/// Pictures and texts that have no features yet.
struct InferenceRequest: Equatable, Sendable {
  var choice: ModelChoice
  var pictures: [String]
  var texts: [String]
}

/// What a run brings, piece by piece.
enum InferenceReport: Equatable, Sendable {
  case model(RunModel)
  case texts([TextFeatures])
  case pictures([PictureFeatures])
  case brokenPicture(path: String, reason: String)
  /// No text can be run: no text tower, no tokenizer.
  case noTexts(ModelProblem)
  /// No picture can be run.
  case noPictures(ModelProblem)
  case finished
}

/// What the page says of a model that is ready to run.
struct RunModel: Equatable, Sendable {
  var summary: String
  /// As the configuration spells it; both where the towers differ.
  var activation: String = ""
  /// Nil where the checkpoint stores no logit scale.
  var scoring: Scoring?
  var loadSeconds: Double = 0
  var weightByteCount: Int = 0
  var threadCount: Int = 1
  var notes: [String] = []
}

/// Features of one picture, not normalised, and what they took.
struct PictureFeatures: Equatable, Sendable {
  var path: String
  var values: [Float]
  var prepareSeconds: Double = 0
  /// Share of this picture in the forward of its batch.
  var forwardSeconds: Double = 0
}

/// Features of one text, not normalised.
struct TextFeatures: Equatable, Sendable {
  var text: String
  var values: [Float]
  /// Says that the text was cut to the context length.
  var notice: String?
  var seconds: Double = 0
}

/// A picture as the image tower gets it, before normalisation.
struct PicturePreview: Equatable, Sendable {
  var path: String
  /// What the tower takes, in pixels.
  var modelWidth: Int
  var modelHeight: Int
  /// Smaller than the model's picture where that is larger than a screen.
  var picture: PixelGrid
  /// How the picture became that, in a few words.
  var origin: String

  /// More than the pixels of any pane.
  private static let longestSide = 384

  /// - Parameter samples: `[modelHeight, modelWidth, 3]`, red first.
  init(path: String, modelWidth: Int, modelHeight: Int, samples: [UInt8], origin: String) {
    self.path = path
    self.modelWidth = modelWidth
    self.modelHeight = modelHeight
    self.origin = origin
    picture = PixelGrid(width: modelWidth, height: modelHeight, samples: samples)
    let longest = max(modelWidth, modelHeight)
    let factor = (longest + Self.longestSide - 1) / Self.longestSide
    if factor > 1 {
      picture = picture.resampled(
        width: max(modelWidth / factor, 1), height: max(modelHeight / factor, 1))
    }
  }
}
