import Analysis
import Cells

/// From values to colours: around zero with two hues, or from low to high with one ramp.
struct HeatMapScale {
  let low: Double
  let high: Double
  let isDiverging: Bool
  let name: String
  private let colors: ColorScale

  init(_ picture: SlicePicture, _ state: State) {
    var low = Double.infinity
    var high = -Double.infinity
    for value in picture.values where value.isFinite {
      low = min(low, Double(value))
      high = max(high, Double(value))
    }
    if low > high { (low, high) = (0, 0) }
    switch state.tree.detail.scaleKind {
    case .automatic: isDiverging = low < 0 && high > 0
    case .diverging: isDiverging = true
    case .sequential: isDiverging = false
    }
    if isDiverging {
      let reach = max(abs(low), abs(high))
      (low, high) = (-reach, reach)
    }
    self.low = low
    self.high = high
    colors =
      isDiverging ? HeatMapScales.diverging : HeatMapScales.sequential(state.colorScale)
    name = isDiverging ? "diverging" : HeatMapScales.sequential(state.colorScale).name
  }

  /// From 0 to 1; the middle for a slice of one value.
  private func share(_ value: Float) -> Double {
    high > low ? min(max((Double(value) - low) / (high - low), 0), 1) : 0.5
  }

  /// Nil where a block holds no finite value: the background shows through.
  func color(_ value: Float) -> Color? {
    value.isFinite ? colors.quantised(at: share(value)) : nil
  }

  func shade(_ upper: Float, _ lower: Float?, _ symbols: Symbols) -> String {
    let values = [upper, lower ?? upper].filter(\.isFinite)
    guard !values.isEmpty, symbols.shades.count > 1 else { return "?" }
    let mean = values.map(share).reduce(0, +) / Double(values.count)
    return symbols.shades[Int((mean * Double(symbols.shades.count - 1)).rounded())]
  }
}
