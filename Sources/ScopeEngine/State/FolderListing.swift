import Checkpoints
import Glibc

/// What a file picker shows of a folder.
///
/// Reads directory entries and first bytes only.
package struct FolderListing: Sendable, Equatable {
  package struct Item: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
      case folder
      /// A file that opens as this container.
      case checkpoint(ContainerKind)
      /// A file that is named like a checkpoint and is none; the reason says what it is.
      case impostor(String)
      case other
    }
    package var name: String
    package var path: String
    package var kind: Kind
    package var byteCount: Int
    /// Seconds since 1970.
    package var modified: Int
  }

  package var path: String
  /// Folders first, then files, numbers in numeric order.
  package var items: [Item]

  /// - Throws: `CheckpointError.file` where the folder cannot be read.
  package init(of path: String, showsHidden: Bool = false) throws(CheckpointError) {
    var checkpoints: [String: CheckpointCandidate] = [:]
    for candidate in try CheckpointFolder.candidates(in: path) {
      checkpoints[candidate.name] = candidate
    }
    var items: [Item] = []
    for name in try DirectoryListing.names(in: path) where showsHidden || !name.hasPrefix(".") {
      let full = DirectoryListing.join(path, name)
      var status = stat()
      guard stat(full, &status) == 0 else { continue }
      let kind: Item.Kind =
        if status.st_mode & S_IFMT == S_IFDIR {
          .folder
        } else if let candidate = checkpoints[name] {
          candidate.kind.map { .checkpoint($0) }
            ?? .impostor(candidate.reason ?? "not a checkpoint")
        } else {
          .other
        }
      items.append(
        Item(
          name: name, path: full, kind: kind, byteCount: Int(status.st_size),
          modified: Int(status.st_mtim.tv_sec)))
    }
    self.path = path
    self.items = items.sorted { left, right in
      if (left.kind == .folder) != (right.kind == .folder) { return left.kind == .folder }
      return NumericOrder.precedes(left.name, right.name)
    }
  }
}
