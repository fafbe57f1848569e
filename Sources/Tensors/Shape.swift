/// Sizes of the axes of a tensor, outermost first; `[]` is a scalar.
package struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  package var sizes: [Int]

  package init(_ sizes: [Int]) { self.sizes = sizes }
  package init(arrayLiteral elements: Int...) { sizes = elements }

  package var rank: Int { sizes.count }
  package subscript(axis: Int) -> Int { sizes[axis] }

  /// Number of elements, 1 for a scalar; nil where a size is negative or the product leaves `Int`.
  package var elementCount: Int? {
    if sizes.contains(where: { $0 < 0 }) { return nil }
    // A zero anywhere makes an empty tensor, however large the other axes are.
    if sizes.contains(0) { return 0 }
    var product = 1
    for size in sizes {
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      product = next
    }
    return product
  }

  /// Axes beyond which no shape is believed; NumPy and PyTorch have the same bound.
  package static let rankLimit = 64

  /// Elements beyond which no shape is believed.
  ///
  /// Sums and byte counts of smaller tensors stay far inside `Int`.
  private static let elementLimit = 1 << 48

  /// Whether a reader may list a tensor of this shape: few enough axes, and a product of sizes, those beside a zero too,
  /// that later arithmetic can start from.
  package var isPlausible: Bool {
    guard rank <= Self.rankLimit, let count = Shape(sizes.filter { $0 != 0 }).elementCount else {
      return false
    }
    return count <= Self.elementLimit
  }

  /// Lowest and highest element that a view with these strides touches, when its first element is number `offset`.
  ///
  /// Axes of size 1 do not move it, whatever their stride.
  /// - Returns: nil where the strides are not one for each axis, or the arithmetic leaves `Int`.
  package func reach(strides: [Int], from offset: Int) -> ClosedRange<Int>? {
    guard strides.count == rank else { return nil }
    var (low, high) = (offset, offset)
    for (size, stride) in zip(sizes, strides) where size > 1 {
      let (span, isTooLong) = stride.multipliedReportingOverflow(by: size - 1)
      let (end, isTooFar) = (span < 0 ? low : high).addingReportingOverflow(span)
      if isTooLong || isTooFar { return nil }
      if span < 0 { low = end } else { high = end }
    }
    return low...high
  }

  /// Strides in elements of a row-major tensor of this shape.
  ///
  /// Wraps silently only where `elementCount` is nil.
  package var contiguousStrides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    var step = 1
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      strides[axis] = step
      step = step &* Swift.max(sizes[axis], 1)
    }
    return strides
  }

  package var description: String { "[" + sizes.map(String.init).joined(separator: ", ") + "]" }
}
