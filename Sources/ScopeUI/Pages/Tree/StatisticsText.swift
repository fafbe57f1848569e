import Analysis
import Cells

/// Statistics in words: for the pane, the clipboard and the reader.
enum StatisticsText {
  static func lines(_ statistics: TensorStatistics) -> [String] {
    func number(_ value: Double?) -> String { value.map { Numbers.value($0) } ?? "–" }
    var lines = [
      "min \(number(statistics.minimum))   max \(number(statistics.maximum))",
      "mean \(number(statistics.mean))   std \(number(statistics.deviation))   "
        + "L2 \(number(statistics.norm))",
      "zeros \(Numbers.grouped(statistics.zeroCount))   "
        + "NaN \(Numbers.grouped(statistics.nanCount))   "
        + "Inf \(Numbers.grouped(statistics.infinityCount))",
    ]
    if !statistics.quantiles.isEmpty {
      lines.append(
        statistics.quantiles.map {
          "q\(Numbers.value($0.fraction * 100)) \(Numbers.value($0.value))"
        }.joined(separator: "   "))
    }
    return lines
  }
}
