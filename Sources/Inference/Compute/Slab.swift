import Synchronization

/// Zeroed memory that is cut into pieces, which are given back together.
///
/// The pieces of a forward are too small for huge pages of their own, and the faults of their pages would take a tenth of a first forward.
package final class Slab {
  private var blocks: [AlignedBuffer] = []
  private var used = 0

  private static let smallestBlock = 2 << 20
  private static let largestBlock = 16 << 20
  private static let cacheLine = 64
  /// Bytes behind each piece: kernels prefetch and store past the end of the last row.
  private static let spare = 256

  /// A first block whose pages are there already or are being made.
  private static let prepared = Mutex<AlignedBuffer?>(nil)
  private static let preparedCount = 5 << 20

  /// Has the memory of a first forward made while a checkpoint is being read: the kernel clears every page before it gives it away.
  ///
  /// Does nothing while such memory waits for its forward.
  package static func prepare() {
    let block = prepared.withLock { prepared -> AlignedBuffer? in
      guard prepared == nil else { return nil }
      let block = AlignedBuffer(byteCount: preparedCount - spare, usesHugePages: false)
      prepared = block
      return block
    }
    // A forward that comes meanwhile takes the block as it is.
    block?.populate()
  }

  private static func takePrepared(_ size: Int) -> AlignedBuffer? {
    prepared.withLock { prepared in
      guard let block = prepared, block.byteCount >= size else { return nil }
      prepared = nil
      return block
    }
  }

  init() {}

  /// `count` floats, aligned to a cache line, valid as long as the slab.
  func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    let size =
      (count * MemoryLayout<Float>.stride + Self.spare + Self.cacheLine - 1) / Self.cacheLine
      * Self.cacheLine
    if let block = blocks.last, block.byteCount - used >= size {
      defer { used += size }
      return (block.base + used).assumingMemoryBound(to: Float.self)
    }
    // The block with its own spare bytes fills its huge pages.
    let wanted = min(Self.smallestBlock << min(blocks.count, 3), Self.largestBlock) - Self.spare
    let block =
      (blocks.isEmpty ? Self.takePrepared(size) : nil)
      ?? AlignedBuffer(byteCount: max(wanted, size))
    blocks.append(block)
    used = size
    return block.floats
  }
}
