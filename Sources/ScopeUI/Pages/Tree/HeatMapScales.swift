import Cells

/// The colour scales that heat maps take in turn.
enum HeatMapScales {
  static let sequential: [ColorScale] = ColorScale.all.filter { !$0.isDiverging }
  static let diverging: ColorScale = .blueRed

  static func sequential(_ index: Int) -> ColorScale {
    sequential[max(index, 0) % sequential.count]
  }

  /// Where a scale stands among the sequential ones; the first for any other.
  static func index(of scale: ColorScale) -> Int { sequential.firstIndex(of: scale) ?? 0 }
}
