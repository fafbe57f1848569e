package import Checkpoints

/// The front door of the shared engine: open checkpoints, and long work as jobs. Both front ends use nothing else.
package actor Engine {
  package init() {}

  /// Opens a file or folder of any known container.
  package func open(_ path: String) async throws -> Session {
    Session(checkpoint: try CheckpointFile(opening: path))
  }
}

/// One open checkpoint.
package final class Session: Sendable {
  package let checkpoint: CheckpointFile
  package var catalog: Catalog { checkpoint.catalog }

  package init(checkpoint: CheckpointFile) { self.checkpoint = checkpoint }
}
