import Tensors

/// A file that looks like a checkpoint, by its name and its first bytes.
package struct CheckpointCandidate: Sendable, Equatable {
  /// File name within the folder.
  package var name: String
  package var path: String
  /// Nil where the first bytes belong to no container; `reason` then says what the file is instead.
  package var kind: ContainerKind?
  package var reason: String?
  package var byteCount: Int
}

/// Looks for checkpoints in a folder.
///
/// Reads only the first bytes of files whose names end like a checkpoint.
package enum CheckpointFolder {
  static let endings = [
    ".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".npz", ".npy", ".msgpack", ".gguf", ".h5",
    ".hdf5", ".pkl", ".jit", ".th", ".safetensors.index.json", ".bin.index.json",
  ]

  /// By the name only; opening decides by content.
  package static func isNamedLikeCheckpoint(_ name: String) -> Bool {
    endings.contains { name.hasSuffix($0) }
  }

  /// Checkpoints in `folder` in the order in which one of them would be opened: preferred weights first, then
  /// epochs from the last to the first, then the others by name with numbers in numeric order.
  ///
  /// Shards that an index of the folder names are left out.
  package static func candidates(
    in folder: String
  ) throws(CheckpointError) -> [CheckpointCandidate] {
    let names = try CheckpointError.catching(try DirectoryListing.names(in: folder))
    var candidates: [CheckpointCandidate] = []
    for name in names where isNamedLikeCheckpoint(name) {
      let path = FilePath.join(folder, name)
      guard let byteCount = FilePath.byteCount(ofFile: path) else { continue }
      // `training_args.bin`, `optimizer.bin` and the like hold no weights.
      if FolderOrder.isNotWeights(name) { continue }
      let (kind, reason) = kind(of: path, name: name)
      candidates.append(
        CheckpointCandidate(
          name: name, path: path, kind: kind, reason: reason, byteCount: byteCount))
    }
    let stems = Set(
      candidates.filter { $0.name.hasSuffix(ShardIndex.suffix) }
        .map { FolderOrder.stem(ofIndex: $0.name) })
    candidates.removeAll { candidate in
      guard let stem = FolderOrder.stem(ofShard: candidate.name) else { return false }
      return stems.contains(stem)
    }
    return candidates.sorted { FolderOrder.precedes($0.name, $1.name) }
  }

  /// What the file at `path` looks like; a zip is told apart by its name only.
  static func kind(of path: String, name: String) -> (ContainerKind?, String?) {
    if name.hasSuffix(ShardIndex.suffix) {
      return (name.hasSuffix(".safetensors.index.json") ? .safetensorsSharded : .pytorchZip, nil)
    }
    do {
      switch try FileSignature.withPrefix(ofFile: path, { FileSignature($0, path: path) }) {
      case .safetensors: return (.safetensors, nil)
      case .zip: return (name.hasSuffix(".npz") ? .npz : .pytorchZip, nil)
      case .npy: return (.npy, nil)
      case .pickle: return (.pytorchLegacy, nil)
      case .notACheckpoint(let reason): return (nil, reason)
      }
    } catch {
      return (nil, error.description)
    }
  }
}
