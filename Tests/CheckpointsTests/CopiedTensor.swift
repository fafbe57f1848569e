import Checkpoints

extension CheckpointFile {
  /// An entry for a writer, as it is.
  func tensorToWrite(_ entry: Entry) -> TensorToWrite {
    TensorToWrite(name: entry.name, elementType: entry.elementType, shape: entry.shape) { emit in
      try self.withBytes(of: entry) { try emit($0) }
    }
  }
}
