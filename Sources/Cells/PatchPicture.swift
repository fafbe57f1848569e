extension PixelGrid {
  /// Patches of one colour each as a picture of any size, over another picture that shines through.
  ///
  /// - Parameters:
  ///   - patches: row-major, `rows * columns` of them; fewer leave the picture empty.
  ///   - picture: drawn at the same size; where it shrinks, pixels are means.
  ///   - opacity: of the patches, in percent; `ColorScale.notANumber` always covers, or it would fade into the picture.
  package init(
    patches: [Color], rows: Int, columns: Int, width: Int, height: Int,
    over picture: PixelGrid? = nil, opacity: Int = 100
  ) {
    guard rows > 0, columns > 0, patches.count >= rows * columns else {
      self.init(width: width, height: height)
      return
    }
    let under = opacity < 100 ? picture?.resampled(width: width, height: height) : nil
    self.init(width: width, height: height, fill: nil)
    let columnOf = (0..<self.width).map { $0 * columns / self.width }
    let over = UInt32(min(max(opacity, 0), 100))
    func mixed(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8(truncatingIfNeeded: (UInt32(a) * (100 - over) + UInt32(b) * over + 50) / 100)
    }
    let (wide, high) = (self.width, self.height)
    withPixels { pixels in
      for y in 0..<high {
        let first = y * rows / high * columns
        for x in 0..<wide {
          let color = patches[first + columnOf[x]]
          guard let under, color != ColorScale.notANumber, let below = under.pixels[y * wide + x]
          else {
            pixels[y * wide + x] = color
            continue
          }
          pixels[y * wide + x] = Color(
            mixed(below.red, color.red), mixed(below.green, color.green),
            mixed(below.blue, color.blue))
        }
      }
    }
  }

  /// At another size: means where it shrinks, whole pixels where it grows.
  package func resampled(width newWidth: Int, height newHeight: Int) -> PixelGrid {
    if newWidth == width, newHeight == height { return self }
    var result = PixelGrid(width: newWidth, height: newHeight)
    guard width > 0, height > 0 else { return result }
    let (wide, high) = (result.width, result.height)
    let spans = (0..<wide).map { x in
      let left = x * width / wide
      return left..<max((x + 1) * width / wide, left + 1)
    }
    result.withPixels { target in
      for y in 0..<high {
        let top = y * height / high
        let lines = top..<max((y + 1) * height / high, top + 1)
        for x in 0..<wide {
          target[y * wide + x] =
            lines.count == 1 && spans[x].count == 1
            ? pixels[top * width + spans[x].lowerBound] : mean(lines, spans[x])
        }
      }
    }
    return result
  }

  /// Nil where all pixels are empty.
  private func mean(_ rows: Range<Int>, _ columns: Range<Int>) -> Color? {
    var (red, green, blue, count) = (0, 0, 0, 0)
    for y in rows {
      for x in columns {
        guard let color = pixels[y * width + x] else { continue }
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
