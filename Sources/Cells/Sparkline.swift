/// A row of small columns in text, one a value, from the smallest value at the foot to the largest at the top.
package struct Sparkline {
  /// Longer series are thinned to this many columns.
  package static let columnLimit = 40

  private let steps: [String]

  package init(asciiOnly: Bool) {
    steps = Array((asciiOnly ? Symbols.ascii : Symbols.utf8).eighthsUp.dropFirst())
  }

  /// - Parameters:
  ///   - values: nil and what is not finite leave a gap.
  ///   - columns: the most that are drawn.
  ///   - range: what foot and top stand for; nil for the values' own.
  package func text(
    _ values: [Double?], columns: Int = columnLimit, within range: ClosedRange<Double>? = nil
  ) -> String {
    Self.heights(values, columns: columns, steps: steps.count, within: range)
      .map { height in height.map { steps[$0 - 1] } ?? " " }.joined()
  }

  /// Heights from 1 to `steps`; a series without a range stands half high.
  package static func heights(
    _ values: [Double?], columns: Int = columnLimit, steps: Int,
    within range: ClosedRange<Double>? = nil
  ) -> [Int?] {
    let shown = thinned(values, to: columns)
    guard let range = range ?? self.range(of: shown) else { return shown.map { _ in nil } }
    // Halves, since the difference of the largest numbers overflows.
    let size = range.upperBound / 2 - range.lowerBound / 2
    return shown.map { value in
      guard let value, value.isFinite else { return nil }
      guard size > 0 else { return steps / 2 + 1 }
      let share = (value / 2 - range.lowerBound / 2) / size
      return 1 + min(max(Int((share * Double(steps - 1)).rounded()), 0), steps - 1)
    }
  }

  /// Smallest to largest of the finite values; nil where there is none.
  package static func range(of values: [Double?]) -> ClosedRange<Double>? {
    let finite = values.compactMap { $0 }.filter(\.isFinite)
    guard let lowest = finite.min(), let highest = finite.max() else { return nil }
    return lowest...highest
  }

  /// Evenly spread values, the first and the last among them.
  private static func thinned(_ values: [Double?], to columns: Int) -> [Double?] {
    guard values.count > columns else { return values }
    guard columns > 1 else { return values.suffix(max(columns, 0)) }
    return (0..<columns).map { values[$0 * (values.count - 1) / (columns - 1)] }
  }
}
