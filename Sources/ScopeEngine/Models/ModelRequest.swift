package import Dialects
package import Inference
package import Preprocess

/// How a checkpoint is made ready to run.
package struct ModelRequest: Sendable, Equatable {
  /// What the user knows that the file does not say.
  package var identity: IdentityOptions
  /// Towers that are loaded; one that the checkpoint lacks is left out.
  package var towers: Set<Dialects.Tower>
  package var load: LoadOptions
  /// `--tokenizer`: a folder, a `tokenizer.json`, a `vocab.json` or a merge table.
  package var tokenizer: String?
  package var order: PreprocessConfig.Order
  /// Frames of a clip, for video towers whose config does not say them.
  package var frames: Int?

  package init(
    identity: IdentityOptions = IdentityOptions(),
    towers: Set<Dialects.Tower> = [.vision, .text], load: LoadOptions = LoadOptions(),
    tokenizer: String? = nil, order: PreprocessConfig.Order = .rgbFirst, frames: Int? = nil
  ) {
    self.identity = identity
    self.towers = towers
    self.load = load
    self.tokenizer = tokenizer
    self.order = order
    self.frames = frames
  }
}

/// Why a checkpoint cannot be run, or cannot do what was asked of it.
package struct ModelError: Error, Equatable, Sendable, CustomStringConvertible {
  package var path: String
  package var reason: String
  /// Where something is missing that the user may have, or do without.
  package var lack: ModelLack?

  package init(path: String, reason: String, lack: ModelLack? = nil) {
    self.path = path
    self.reason = reason
    self.lack = lack
  }

  package var description: String { "\(path): \(reason)" }

  static func noImageTower(_ path: String) -> ModelError {
    ModelError(path: path, reason: Tower.vision.absence, lack: .imageTower)
  }

  static func noTextTower(_ path: String) -> ModelError {
    ModelError(path: path, reason: Tower.text.absence, lack: .textTower)
  }
}

/// What is missing where a checkpoint cannot do what was asked of it.
package enum ModelLack: Equatable, Sendable, CaseIterable {
  /// The file does not say it; ``ModelRequest/identity`` can.
  case activation
  /// The file does not say how many there are; ``ModelRequest/identity`` can.
  case heads
  /// There is none, or it cannot be used; ``ModelRequest/tokenizer`` can name another.
  case tokenizer
  /// The model has none, or one whose forward pass is not built in.
  case imageTower
  /// The model has none, or one whose forward pass is not built in.
  case textTower
  case logitScale

  /// What an error says is missing; nil where it is about something else.
  package init?(_ error: any Error) {
    switch error {
    case let error as ModelError:
      guard let lack = error.lack else { return nil }
      self = lack
    case PreprocessError.noTokenizer, PreprocessError.badTokenizer,
      PreprocessError.unsupportedTokenizer, PreprocessError.unreadableTokenizer:
      self = .tokenizer
    default: return nil
    }
  }
}
