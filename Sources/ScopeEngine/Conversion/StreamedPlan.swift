import Checkpoints
import Dialects
import Tensors

/// Tensors of an open checkpoint for a writer: every page is let go once its bytes are written, so that memory stays small
/// whatever the size of the model.
struct StreamedSource: TensorSource {
  let checkpoint: CheckpointFile
  private let files: [MappedFile]

  init(_ checkpoint: CheckpointFile) {
    self.checkpoint = checkpoint
    var files: [Int: MappedFile] = [:]
    for entry in checkpoint.catalog.entries where files[entry.location.file] == nil {
      files[entry.location.file] = checkpoint.file(of: entry)
    }
    self.files = Array(files.values)
  }

  func withBytes(of index: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard checkpoint.catalog.entries.indices.contains(index) else {
      throw CheckpointError.unusable(
        path: checkpoint.catalog.path, tensor: "#\(index)", reason: "there is no such tensor")
    }
    let entry = checkpoint.catalog.entries[index]
    try checkpoint.withBytes(of: entry, limit: 1 << 33, body)
    let isPlain = entry.location.compression == .none && entry.location.strides == nil
    if !isPlain || entry.byteCount < 1 << 20 { checkpoint.release(entry) }
  }

  /// Lets go of the pages of a piece that was handed out in place.
  func release(_ piece: UnsafeRawBufferPointer) {
    guard let start = piece.baseAddress else { return }
    for file in files {
      guard let base = file.bytes.baseAddress else { continue }
      let offset = start - base
      guard offset >= 0, offset < file.byteCount else { continue }
      file.release(offset..<min(offset + piece.count, file.byteCount))
      return
    }
  }
}

extension TensorPlan {
  /// Bytes of one piece: large enough that a system call costs nothing beside it.
  static let pieceByteCount = 4 << 20

  func tensorToWrite(
    named name: String, from source: StreamedSource, context: JobContext
  ) -> TensorToWrite {
    TensorToWrite(name: name, elementType: targetType, shape: shape) { emit in
      try produce(from: source, blockByteCount: Self.pieceByteCount) { piece in
        try emit(piece)
        source.release(piece)
        context.advance(piece.count, item: name)
      }
      if !isByteRange {
        for index in sources { source.checkpoint.release(source.checkpoint.catalog.entries[index]) }
      }
    }
  }

  /// SHA-256 of the bytes of the target.
  func digest(from source: StreamedSource, context: JobContext) throws -> String {
    let hash = SHA256()
    try produce(from: source, blockByteCount: Self.pieceByteCount) { piece in
      try context.checkCancellation()
      hash.update(piece)
      source.release(piece)
      context.advance(piece.count)
    }
    if !isByteRange {
      for index in sources { source.checkpoint.release(source.checkpoint.catalog.entries[index]) }
    }
    return hash.hex()
  }
}
