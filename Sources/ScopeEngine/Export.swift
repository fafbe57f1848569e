package import Checkpoints

/// Writing tensors of a checkpoint as safetensors.
package struct ExportRequest: Sendable, Equatable {
  /// Indices of the entries; nil for all weights.
  package var entries: [Int]?
  /// A file; a folder where `shardByteCount` is given.
  package var target: String
  package var shardByteCount: Int?
  /// Whether an existing target is replaced.
  package var isReplacing: Bool

  package init(
    entries: [Int]? = nil, target: String, shardByteCount: Int? = nil, isReplacing: Bool = false
  ) {
    self.entries = entries
    self.target = target
    self.shardByteCount = shardByteCount
    self.isReplacing = isReplacing
  }
}

extension Engine {
  /// Writes tensors beside the target and renames when complete; a cancelled job leaves nothing behind.
  package nonisolated func export(
    _ request: ExportRequest, from session: Session
  ) -> Job<WrittenFiles> {
    start(.export(path: request.target)) { context in
      try session.export(request, context: context)
    }
  }
}

extension Session {
  /// - Throws: `CheckpointError`.
  package func export(
    _ request: ExportRequest, context: JobContext = JobContext()
  ) throws -> WrittenFiles {
    let indices = request.entries ?? indicesOfWeights
    let tensors = try indices.map { index in
      let entry = try entry(index)
      guard entry.isReadable else {
        throw CheckpointError.unusable(
          path: path, tensor: entry.name, reason: entry.remarks.first ?? "its bytes cannot be read")
      }
      let name = weightName(of: index)
      return TensorToWrite(copying: entry, of: checkpoint, as: name)
        .reporting { context.advance($0, item: name) }
    }
    context.expect(totalBytes: tensors.reduce(0) { $0 &+ ($1.byteCount ?? 0) })
    let writer = SafetensorsWriter(
      WriteOptions(isReplacing: request.isReplacing, isCancelled: { context.isCancelled }))
    if let shardByteCount = request.shardByteCount {
      return try writer.write(tensors, inFolder: request.target, shardByteCount: shardByteCount)
    }
    return try writer.write(tensors, to: request.target)
  }
}
