import Cells

/// Colours of a map, with the picture under it.
struct AttentionColors {
  let scale: ColorScale
  let low: Double
  let high: Double

  init(_ values: [Float], colorScale: Int) {
    (low, high) = AttentionShown.range(values)
    scale = low < 0 ? HeatMapScales.diverging : HeatMapScales.sequential(colorScale)
  }

  /// A diverging scale is as long on both sides of zero.
  var ends: (low: Double, high: Double) {
    guard scale.isDiverging else { return (low, high) }
    let reach = max(-low, high)
    return (-reach, reach)
  }

  func color(_ value: Float) -> Color {
    let (low, high) = ends
    if value.isNaN { return ColorScale.notANumber }
    return scale.quantised(at: high > low ? (Double(value) - low) / (high - low) : 0)
  }

  /// Differs where pictures of these values in these colours differ.
  func content(_ values: [Float]) -> Int {
    var hasher = Hasher()
    hasher.combine(values)
    hasher.combine(scale)
    hasher.combine(low)
    hasher.combine(high)
    return hasher.finalize()
  }

  /// A map of `rows` by `columns` as `width` by `height` pixels; `opacity` in percent over the picture.
  func pixels(
    _ values: [Float], rows: Int, columns: Int, width: Int, height: Int,
    over picture: PixelGrid? = nil, opacity: Int = 100
  ) -> PixelGrid {
    PixelGrid(
      patches: values.map(color), rows: rows, columns: columns, width: width, height: height,
      over: picture, opacity: opacity)
  }
}
