package import ScopeEngine

/// How the open checkpoint encodes position.
package struct CheckpointPositions: Equatable, Sendable {
  package var path: String
  package var rotary: RotarySource?
  /// Learned table of the image tower, else of the text tower.
  package var table: LearnedPositions?
  /// Why there is nothing rotary to show.
  package var reason: String?

  package init(
    path: String, rotary: RotarySource? = nil, table: LearnedPositions? = nil, reason: String? = nil
  ) {
    self.path = path
    self.rotary = rotary
    self.table = table
    self.reason = reason
  }
}
