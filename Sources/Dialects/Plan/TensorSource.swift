package import Checkpoints

/// Where plans read from: tensors by number, as contiguous little-endian bytes.
package protocol TensorSource: Sendable {
  func withBytes(of index: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws
}

/// Entries of an open checkpoint, numbered as in its catalog.
package struct CheckpointSource: TensorSource {
  package let checkpoint: CheckpointFile

  package init(_ checkpoint: CheckpointFile) { self.checkpoint = checkpoint }

  package func withBytes(of index: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard checkpoint.catalog.entries.indices.contains(index) else {
      throw CheckpointError.unusable(
        path: checkpoint.catalog.path, tensor: "#\(index)", reason: "there is no such tensor")
    }
    try checkpoint.withBytes(of: checkpoint.catalog.entries[index], body)
  }
}

/// Bytes in memory; for tests and small tensors.
package struct MemorySource: TensorSource {
  package let tensors: [[UInt8]]

  package init(_ tensors: [[UInt8]]) { self.tensors = tensors }

  package func withBytes(of index: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try tensors[index].withUnsafeBytes(body)
  }
}
