import Checkpoints
import Dialects
import Tensors

extension TensorPlan {
  /// Bytes of one piece: large enough that a system call costs nothing beside it.
  static let pieceByteCount = 4 << 20

  /// For a writer.
  ///
  /// The producer lets go of pages once their bytes are written, so that memory stays small whatever the size of the model.
  func tensorToWrite(
    named name: String, from source: CheckpointSource, context: JobContext
  ) -> TensorToWrite {
    TensorToWrite(name: name, elementType: targetType, shape: shape) { emit in
      try produce(from: source, blockByteCount: Self.pieceByteCount, emit: emit)
    }.reporting { context.advance($0, item: name) }
  }

  /// SHA-256 of the bytes of the target.
  func digest(from source: CheckpointSource, context: JobContext) throws -> String {
    let hash = SHA256()
    try produce(from: source, blockByteCount: Self.pieceByteCount) { piece in
      try context.checkCancellation()
      hash.update(piece)
      context.advance(piece.count)
    }
    return hash.hex()
  }
}
