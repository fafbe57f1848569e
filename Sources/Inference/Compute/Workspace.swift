import CKernels

/// The same number of floats for each thread of a team, in one buffer.
struct ThreadScratch {
  private let threads: Int
  private let buffer: AlignedBuffer
  /// Floats from one thread's to the next's, a multiple of a cache line.
  let stride: Int

  init(threads: Int) { self.init(threads: threads, stride: 0) }

  private init(threads: Int, stride: Int) {
    self.threads = threads
    self.stride = stride
    buffer = AlignedBuffer(floats: stride * threads)
  }

  /// This one where it has `count` floats a thread, else a larger one; contents are not carried over.
  func holding(_ count: Int) -> ThreadScratch {
    if stride >= count { return self }
    return ThreadScratch(threads: threads, stride: (count + 15) / 16 * 16)
  }

  /// The first thread's floats.
  var base: UnsafeMutablePointer<Float> { buffer.floats }
}

/// Memory of one forward pass, reused from layer to layer.
final class Workspace {
  let team: Team
  private let products: ThreadScratch
  private var attention: ThreadScratch
  private var panels: ThreadScratch
  private var named: [Slot: AlignedBuffer] = [:]

  /// Buffers of activations, by what they hold.
  enum Slot: Hashable {
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
  }

  init(team: Team) {
    self.team = team
    let empty = ThreadScratch(threads: team.count)
    attention = empty
    panels = empty
    products = empty.holding(ck_product_scratch())
  }

  func productScratch(_ part: Int) -> UnsafeMutablePointer<Float> {
    products.base + part * products.stride
  }

  /// What one head needs beside its rows, `count` floats for each of the team's threads.
  func attentionScratch(_ count: Int) -> ThreadScratch {
    attention = attention.holding(count)
    return attention
  }

  /// Panels of weights that are not packed yet, `count` floats for each of the team's threads.
  func panelScratch(_ count: Int) -> ThreadScratch {
    panels = panels.holding(count)
    return panels
  }

  /// At least `count` floats; contents are kept only while the size does not grow.
  func floats(_ slot: Slot, _ count: Int) -> UnsafeMutablePointer<Float> {
    if let buffer = named[slot], buffer.byteCount >= count * 4 { return buffer.floats }
    let buffer = AlignedBuffer(floats: count)
    named[slot] = buffer
    return buffer.floats
  }
}
