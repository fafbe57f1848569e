/// Sums and products of sizes that a header only claims; both sides are 0 or more.
extension Int {
  /// `Int.max` where the sum does not fit.
  package func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  /// `Int.max` where the product does not fit.
  package func multipliedSaturating(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
