import CKernels

/// The same number of floats for each thread of a team, one behind the other.
struct ThreadScratch {
  /// The first thread's floats.
  let base: UnsafeMutablePointer<Float>
  /// Floats from one thread's to the next's, a multiple of a cache line.
  let stride: Int
}

/// Memory of one forward pass, reused from layer to layer.
final class Workspace {
  let team: Team
  private let slab = Slab()
  private var named = [UnsafeMutableBufferPointer<Float>?](
    repeating: nil, count: Slot.allCases.count)

  /// Buffers of activations, by what they hold.
  enum Slot: Int, CaseIterable {
    case stream
    case streamAfterAttention
    case normed
    case fused
    case heads
    case hidden
    case gate
    case branch
    case patches
    case pooled
    case pooledNext
    case pooledBranch
    case keys
    case values
    case image
    case imageNext
    case shortcut
    case shortcutInput
    /// One weight matrix as plain f32.
    case unpacked
    /// Of each thread: what one head needs beside its rows, and panels of weights that are not packed yet.
    case attention, panels
    /// Of each thread: rows of A in tiles.
    case products
  }

  init(team: Team) {
    self.team = team
  }

  /// What a product with packed weights needs, for each of the team's threads.
  func productScratch() -> ThreadScratch { scratch(.products, ck_product_scratch()) }

  /// What one head needs beside its rows, `count` floats for each of the team's threads.
  func attentionScratch(_ count: Int) -> ThreadScratch { scratch(.attention, count) }

  /// Panels of weights that are not packed yet, `count` floats for each of the team's threads.
  func panelScratch(_ count: Int) -> ThreadScratch { scratch(.panels, count) }

  private func scratch(_ slot: Slot, _ count: Int) -> ThreadScratch {
    let stride = Self.wholeLines(count)
    return ThreadScratch(base: floats(slot, stride * team.count), stride: stride)
  }

  /// `count` floats rounded up to cache lines.
  private static func wholeLines(_ count: Int) -> Int { (count + 15) / 16 * 16 }

  /// At least `count` floats; contents are kept only while the size does not grow.
  func floats(_ slot: Slot, _ count: Int) -> UnsafeMutablePointer<Float> {
    let kept = named[slot.rawValue]
    if let kept, kept.count >= count, let base = kept.baseAddress { return base }
    // What is outgrown stays in the slab, so one that grows does so by half at least.
    let room = max(count, (kept?.count ?? 0) * 3 / 2)
    let base = slab.floats(room)
    named[slot.rawValue] = UnsafeMutableBufferPointer(start: base, count: room)
    return base
  }
}
