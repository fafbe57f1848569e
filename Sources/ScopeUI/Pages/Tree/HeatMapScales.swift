import Cells

/// The colour scales that heat maps take in turn.
enum HeatMapScales {
  static let sequentialNames = ["viridis", "magma", "cividis"]
  static let diverging = ColorScale(name: "x")

  static func sequentialName(_ index: Int) -> String {
    sequentialNames[max(index, 0) % sequentialNames.count]
  }

  static func sequential(_ index: Int) -> ColorScale { ColorScale(name: "x") }
}
