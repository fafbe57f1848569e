package import Checkpoints
import Tensors

/// Where plans read from: tensors by number, as contiguous little-endian bytes.
package protocol TensorSource: Sendable {
  func withBytes(of index: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws

  /// Bytes `range` of a tensor are not needed again soon.
  func release(_ index: Int, _ range: Range<Int>)

  /// Bytes `range` of a tensor were handed out in place and may still be read by who took them.
  func handedOut(_ index: Int, _ range: Range<Int>)
}

extension TensorSource {
  package func handedOut(_ index: Int, _ range: Range<Int>) { release(index, range) }
}

/// Entries of an open checkpoint, numbered as in its catalog.
package struct CheckpointSource: TensorSource {
  package let checkpoint: CheckpointFile

  /// Whether who takes bytes in place lets go of their pages.
  package let leavesPagesToTaker: Bool

  package init(_ checkpoint: CheckpointFile, leavesPagesToTaker: Bool = false) {
    self.checkpoint = checkpoint
    self.leavesPagesToTaker = leavesPagesToTaker
  }

  package func withBytes(of index: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard checkpoint.catalog.entries.indices.contains(index) else {
      throw CheckpointError.unusable(
        path: checkpoint.catalog.path, tensor: "#\(index)", reason: "there is no such tensor")
    }
    try checkpoint.withBytes(of: checkpoint.catalog.entries[index], body)
  }

  package func release(_ index: Int, _ range: Range<Int>) {
    guard checkpoint.catalog.entries.indices.contains(index) else { return }
    let entry = checkpoint.catalog.entries[index]
    // Others were copied out of the file as a whole and are gone by now.
    guard entry.location.compression == .none, entry.location.strides == nil else {
      return checkpoint.release(entry)
    }
    checkpoint.release(entry, range)
  }
}

extension CheckpointSource {
  package func handedOut(_ index: Int, _ range: Range<Int>) {
    guard leavesPagesToTaker, checkpoint.catalog.entries.indices.contains(index) else {
      return release(index, range)
    }
    let location = checkpoint.catalog.entries[index].location
    // Others were put together in memory; who took them has copied them.
    let isInPlace =
      location.compression == .none && location.strides == nil && location.order == .little
    if !isInPlace { release(index, range) }
  }
}
