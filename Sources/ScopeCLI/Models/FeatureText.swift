import Inference
import ScopeEngine

extension FeatureRows {
  /// One input as JSON: a list of numbers, or a list of token rows.
  func json(_ index: Int) -> JSONValue {
    let values = row(index)
    guard tokens != 1 else { return .array(values.map { .number(Double($0)) }) }
    return .array(
      (0..<tokens).map { token in
        let start = values.startIndex + token * width
        return .array(values[start..<start + width].map { .number(Double($0)) })
      })
  }

  /// Inputs with a number that is NaN or infinite: broken weights, or pixels that were.
  var notFiniteCount: Int {
    (0..<count).count { index in row(index).contains { !$0.isFinite } }
  }

  /// `[N, E]`, or `[N, T, D]` for tokens.
  var shape: Shape { tokens == 1 ? Shape([count, width]) : Shape([count, tokens, width]) }
}
