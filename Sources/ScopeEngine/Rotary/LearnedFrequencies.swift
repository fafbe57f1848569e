import Checkpoints
package import Inference

/// Learned frequencies of mixed rotary embeddings: a vector in the plane for every pair of channels, by block and head.
///
/// Heo et al., "Rotary position embedding for vision transformer" (2024); `rope.freqs` of timm.
package struct LearnedFrequencies: Sendable, Equatable {
  package let blocks: Int
  package let heads: Int
  /// D/2, pairs of channels of one head.
  package let pairs: Int
  /// `[2, blocks, heads, pairs]`, row-major, radians per patch; index 0 multiplies x, index 1 multiplies y.
  private let values: [Double]

  package var headWidth: Int { 2 * pairs }

  /// Reads `[2, blocks, heads, D/2]`, `[2, heads, D/2]` or `[2, D/2]`.
  ///
  /// - Throws: `CheckpointError` where the tensor has another shape, is too large, or holds values that are not finite.
  package init(of index: Int, in session: Session) throws {
    let entry = try session.entry(index)
    let sizes = entry.shape.sizes
    func refused(_ reason: String) -> CheckpointError {
      .unusable(path: session.path, tensor: entry.name, reason: reason)
    }
    guard (2...4).contains(sizes.count), sizes[0] == 2, sizes.allSatisfy({ $0 > 0 }),
      let last = sizes.last, last % 2 == 0, last <= 2048
    else {
      throw refused(
        "learned frequencies are [2, blocks, heads, D/2] with D a multiple of 4, not \(entry.shape)"
      )
    }
    guard entry.elementCount <= 1 << 24 else { throw refused("it holds too many numbers") }
    guard
      case .floating(let values) = try session.values(of: index, limit: entry.elementCount)
        .numbers
    else { throw refused("learned frequencies are floating-point numbers") }
    guard values.count == entry.elementCount, values.allSatisfy(\.isFinite) else {
      throw refused("it holds values that are not finite")
    }
    pairs = last
    heads = sizes.count > 2 ? sizes[sizes.count - 2] : 1
    blocks = sizes.count > 3 ? sizes[1] : 1
    self.values = values
  }

  /// `[2, pairs]` of one block and head.
  ///
  /// - Throws: `RotaryError` where there is no such block or head.
  package func values(block: Int, head: Int) throws(RotaryError) -> [Double] {
    guard (0..<blocks).contains(block) else {
      throw RotaryError("block \(block) is outside 0 to \(blocks - 1)")
    }
    guard (0..<heads).contains(head) else {
      throw RotaryError("head \(head) is outside 0 to \(heads - 1)")
    }
    return (0..<2).flatMap { axis in
      let start = ((axis * blocks + block) * heads + head) * pairs
      return values[start..<start + pairs]
    }
  }
}
