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
    var grid = PixelGrid(width: width, height: height)
    guard values.count >= rows * columns, rows > 0, columns > 0 else { return grid }
    let share = picture == nil ? 1 : Double(opacity) / 100
    for y in 0..<grid.height {
      for x in 0..<grid.width {
        let value = values[y * rows / height * columns + x * columns / width]
        let over = color(value)
        // A value that is no number must not fade into the picture.
        guard let picture, share < 1, !value.isNaN,
          let under = picture.mean(column: x, row: y, width: width, height: height)
        else {
          grid[x, y] = over
          continue
        }
        func mixed(_ under: UInt8, _ over: UInt8) -> UInt8 {
          UInt8((Double(under) * (1 - share) + Double(over) * share).rounded())
        }
        grid[x, y] = Color(
          mixed(under.red, over.red), mixed(under.green, over.green), mixed(under.blue, over.blue))
      }
    }
    return grid
  }
}

extension PixelGrid {
  /// Mean colour of the part that becomes one pixel of a picture of another size.
  fileprivate func mean(column: Int, row: Int, width: Int, height: Int) -> Color? {
    guard self.width > 0, self.height > 0 else { return nil }
    let left = column * self.width / width
    let right = max((column + 1) * self.width / width, left + 1)
    let top = row * self.height / height
    let bottom = max((row + 1) * self.height / height, top + 1)
    var (red, green, blue, count) = (0, 0, 0, 0)
    for y in top..<bottom {
      for x in left..<right {
        guard let color = self[x, y] else { continue }
        red += Int(color.red)
        green += Int(color.green)
        blue += Int(color.blue)
        count += 1
      }
    }
    guard count > 0 else { return nil }
    return Color(UInt8(red / count), UInt8(green / count), UInt8(blue / count))
  }
}
