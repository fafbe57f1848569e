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

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  package var description: String { "\(path): \(reason)" }
}
