/// A resize to a full size of which only a window is computed.
///
/// The window saves the memory of the rest: a picture of 20000 x 1 whose short side becomes 224 would
/// else need 4.5 million columns to keep 224 of them. Each pixel is the same as in the full result.
package struct ResizePlan: Sendable, Equatable {
  /// Which of the two passes comes first; they round in between, so the order shows.
  package enum PassOrder: String, Sendable, CaseIterable {
    /// Pillow 13: vertical first when it removes clearly more rows than the horizontal pass removes columns.
    case pillow13
    /// Pillow before 13, and torchvision.
    case horizontalFirst
  }

  /// How weights become integers.
  package enum Quantization: String, Sendable {
    /// 22 fraction bits.
    case pillow
    /// As many bits as fit 16-bit weights.
    case torchvision
  }

  package var width: Int
  package var height: Int
  /// The columns and rows of the result that are wanted.
  package var columns: Range<Int>
  package var rows: Range<Int>
  package var filter: ResamplingFilter
  package var passOrder = PassOrder.pillow13
  package var quantization = Quantization.pillow

  package init(
    width: Int, height: Int, filter: ResamplingFilter, columns: Range<Int>? = nil,
    rows: Range<Int>? = nil, passOrder: PassOrder = .pillow13, quantization: Quantization = .pillow
  ) {
    precondition(width > 0 && height > 0)
    self.width = width
    self.height = height
    self.columns = (columns ?? 0..<width).clamped(to: 0..<width)
    self.rows = (rows ?? 0..<height).clamped(to: 0..<height)
    self.filter = filter
    self.passOrder = passOrder
    self.quantization = quantization
  }

  func isVerticalFirst(sourceWidth: Int, sourceHeight: Int) -> Bool {
    passOrder == .pillow13 && height < sourceHeight
      && sourceHeight - height > 2 * (sourceWidth - width)
  }

  /// Parts of `lines` that are made one after the other, so that what stands between the two passes stays below `limit` values.
  ///
  /// Each line is made of `length` values there, and needs no other one: the result is the same however they are grouped.
  static func strips(of lines: Range<Int>, length: Int, limit: Int) -> [Range<Int>] {
    let count = max(1, limit / max(length, 1))
    return stride(from: lines.lowerBound, to: lines.upperBound, by: count).map {
      $0..<min($0 + count, lines.upperBound)
    }
  }
}
