import Cells

/// A row of small columns in text, one a value, from the smallest value at the foot to the largest at the top.
struct Sparkline {
  /// Longer series are thinned to this many columns.
  static let columnLimit = 40

  private let steps: [String]

  init(asciiOnly: Bool) {
    steps = Array((asciiOnly ? Symbols.ascii : Symbols.utf8).eighthsUp.dropFirst())
  }

  /// - Parameter values: nil and what is not finite leave a gap.
  func text(_ values: [Double?]) -> String {
    let shown = Self.thinned(values)
    let finite = shown.compactMap { $0 }.filter(\.isFinite)
    guard let lowest = finite.min(), let highest = finite.max() else {
      return String(repeating: " ", count: shown.count)
    }
    // Halves, since the difference of the largest numbers overflows.
    let range = highest / 2 - lowest / 2
    return shown.map { value in
      guard let value, value.isFinite else { return " " }
      guard range > 0 else { return steps[steps.count / 2] }
      let height = (value / 2 - lowest / 2) / range * Double(steps.count - 1)
      return steps[min(max(Int(height.rounded()), 0), steps.count - 1)]
    }.joined()
  }

  /// Evenly spread values, the first and the last among them.
  private static func thinned(_ values: [Double?]) -> [Double?] {
    guard values.count > columnLimit else { return values }
    return (0..<columnLimit).map { values[$0 * (values.count - 1) / (columnLimit - 1)] }
  }
}
