import CKernels

/// Memory of one forward pass, reused from layer to layer.
final class Workspace {
  let team: Team
  private let products: AlignedBuffer
  private let productCount: Int
  private var attention: AlignedBuffer?
  private var attentionCount = 0
  private var panels: AlignedBuffer?
  private var panelCount = 0
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
    productCount = (ck_product_scratch() + 15) / 16 * 16
    products = AlignedBuffer(floats: productCount * team.count)
  }

  func productScratch(_ part: Int) -> UnsafeMutablePointer<Float> {
    products.floats + part * productCount
  }

  /// Scratch of `count` floats for each of the team's threads.
  func attentionScratch(_ count: Int) -> (base: UnsafeMutablePointer<Float>, stride: Int) {
    let rounded = (count + 15) / 16 * 16
    if let attention, attentionCount >= rounded { return (attention.floats, attentionCount) }
    let fresh = AlignedBuffer(floats: rounded * team.count)
    attention = fresh
    attentionCount = rounded
    return (fresh.floats, rounded)
  }

  /// Panels of `count` floats for each of the team's threads.
  func panelScratch(_ count: Int) -> (base: UnsafeMutablePointer<Float>, stride: Int) {
    let rounded = (count + 15) / 16 * 16
    if let panels, panelCount >= rounded { return (panels.floats, panelCount) }
    let fresh = AlignedBuffer(floats: rounded * team.count)
    panels = fresh
    panelCount = rounded
    return (fresh.floats, rounded)
  }

  /// At least `count` floats; contents are kept only while the size does not grow.
  func floats(_ slot: Slot, _ count: Int) -> UnsafeMutablePointer<Float> {
    if let buffer = named[slot], buffer.byteCount >= count * 4 { return buffer.floats }
    let buffer = AlignedBuffer(floats: count)
    named[slot] = buffer
    return buffer.floats
  }
}
