import ScopeEngine

/// How the open checkpoint encodes position.
struct CheckpointPositions: Equatable, Sendable {
  var path: String
  var rotary: RotarySource?
  /// Learned table of the image tower, else of the text tower.
  var table: LearnedPositions?
  /// Why there is nothing rotary to show.
  var reason: String?
}
