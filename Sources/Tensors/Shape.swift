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
