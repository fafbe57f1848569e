/// A small picture: rows of colours, nil where there is nothing.
package struct PixelGrid: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package private(set) var pixels: [Color?]

  package init(width: Int, height: Int, fill: Color? = nil) {
    self.width = max(width, 0)
    self.height = max(height, 0)
    pixels = Array(repeating: fill, count: self.width * self.height)
  }

  /// A picture from its samples, `[height, width, 3]`; it is empty where they are too few.
  package init(width: Int, height: Int, samples: [UInt8]) {
    self.init(width: width, height: height)
    guard samples.count >= 3 * pixels.count else { return }
    for index in pixels.indices {
      pixels[index] = Color(samples[3 * index], samples[3 * index + 1], samples[3 * index + 2])
    }
  }

  package subscript(x: Int, y: Int) -> Color? {
    get { pixels[y * width + x] }
    set { pixels[y * width + x] = newValue }
  }

  /// Draws the border of a rectangle, two pixels light between one dark on both sides, so that it shows on every colour.
  ///
  /// It lies inside of the rectangle and is left out where there is no room for it.
  package mutating func outline(x: Range<Int>, y: Range<Int>) {
    let left = max(x.lowerBound, 0)
    let right = min(x.upperBound, width)
    let top = max(y.lowerBound, 0)
    let bottom = min(y.upperBound, height)
    for row in top..<max(bottom, top) {
      for column in left..<max(right, left) {
        let depth = min(column - left, right - 1 - column, row - top, bottom - 1 - row)
        guard depth < 4 else { continue }
        self[column, row] =
          depth == 0 || depth == 3 ? Color(0, 0, 0) : Color(0xFF, 0xFF, 0xFF)
      }
    }
  }

  mutating func withPixels(_ body: (inout UnsafeMutableBufferPointer<Color?>) -> Void) {
    pixels.withUnsafeMutableBufferPointer { body(&$0) }
  }

  /// Draws the border of one of evenly laid out parts.
  package mutating func outline(row: Int, of rows: Int, column: Int, of columns: Int) {
    guard rows > 0, columns > 0 else { return }
    outline(
      x: column * width / columns..<(column + 1) * width / columns,
      y: row * height / rows..<(row + 1) * height / rows)
  }

  /// The picture with empty rows below it.
  package func padded(height newHeight: Int) -> PixelGrid {
    guard newHeight > height else { return self }
    var result = PixelGrid(width: width, height: newHeight)
    result.pixels.replaceSubrange(0..<pixels.count, with: pixels)
    return result
  }

  /// The nearest-neighbour enlargement or reduction to another size.
  package func scaled(width newWidth: Int, height newHeight: Int) -> PixelGrid {
    var result = PixelGrid(width: newWidth, height: newHeight)
    guard width > 0, height > 0 else { return result }
    for y in 0..<result.height {
      for x in 0..<result.width {
        result[x, y] = self[x * width / result.width, y * height / result.height]
      }
    }
    return result
  }
}

extension Canvas {
  /// Draws a picture at one column and half a row a pixel; in mono as shades of one pixel a column and row pair.
  package func picture(_ grid: PixelGrid, at point: Point) {
    for cellRow in 0..<(grid.height + 1) / 2 {
      for x in 0..<grid.width {
        let upper = grid[x, cellRow * 2]
        let lower = cellRow * 2 + 1 < grid.height ? grid[x, cellRow * 2 + 1] : nil
        let position = Point(column: point.column + x, row: point.row + cellRow)
        if appearance.depth == .mono || symbols.asciiOnly {
          shade(upper, lower, at: position)
        } else {
          let depth = appearance.depth
          halfBlock(
            at: position, upper: upper.flatMap(depth.shown), lower: lower.flatMap(depth.shown))
        }
      }
    }
  }

  /// A sign on a picture, in an ink that shows on the colour below it.
  package func mark(_ sign: String, at point: Point, on color: Color) {
    let depth = appearance.depth
    put(
      sign, at: point,
      style: depth == .mono
        ? style(.cursor)
        : Style(
          foreground: depth.shown(color.ink), background: depth.shown(color), attributes: .bold))
  }

  /// Without half blocks a cell is the mean of its two pixels: a shade in mono, a background where there is colour.
  private func shade(_ upper: Color?, _ lower: Color?, at point: Point) {
    let colors = [upper, lower].compactMap { $0 }
    guard !colors.isEmpty else { return }
    if appearance.depth != .mono {
      let mean = colors.reduce((0, 0, 0)) {
        ($0.0 + Int($1.red), $0.1 + Int($1.green), $0.2 + Int($1.blue))
      }
      let color = Color(
        UInt8(mean.0 / colors.count), UInt8(mean.1 / colors.count), UInt8(mean.2 / colors.count))
      fill(
        Rect(column: point.column, row: point.row, columns: 1, rows: 1),
        style: Style(background: appearance.depth.shown(color)))
      return
    }
    if colors.contains(ColorScale.notANumber) {
      put("?", at: point, style: Style())
      return
    }
    // Perceived lightness is near the square root of luminance.
    let light = colors.reduce(0) { $0 + $1.luminance } / Double(colors.count)
    let steps = symbols.shades
    let index = min(Int(light.squareRoot() * Double(steps.count)), steps.count - 1)
    put(steps[index], at: point, style: Style())
  }

  /// `low ▕▒▒▒▒▒▏ high (name)`: says what the colours of a picture mean.
  package func scaleLegend(
    at point: Point, columns: Int, scale: ColorScale, low: String, high: String
  ) {
    let name = " (\(scale.name))"
    let used = self.columns(of: low) + self.columns(of: high) + self.columns(of: name) + 4
    let showsName = columns - used >= 8
    let room = columns - used + (showsName ? 0 : self.columns(of: name))
    guard room > 0 else { return }
    var column = point.column
    column += put(low + " " + symbols.barLeft, at: point, role: .dim)
    var grid = PixelGrid(width: room, height: 2)
    for x in 0..<room {
      let color = scale.quantised(at: room > 1 ? Double(x) / Double(room - 1) : 0.5)
      grid[x, 0] = color
      grid[x, 1] = color
    }
    picture(grid, at: Point(column: column, row: point.row))
    column += room
    put(
      symbols.barRight + " " + high + (showsName ? name : ""),
      at: Point(column: column, row: point.row), role: .dim)
  }
}
