/// Bars, histograms and curves as pure drawing functions.
///
/// None fails; degenerate data draws nothing.
package enum Charts {
  /// A horizontal bar that fills `fraction` (0...1) of the columns, in eighths of a cell.
  package static func bar(
    _ canvas: Canvas, at point: Point, columns: Int, fraction: Double, filled: Role = .barFilled,
    empty: Role = .barEmpty, framed: Bool = true
  ) {
    var start = point.column
    var room = columns
    if framed {
      guard columns > 2 else { return }
      canvas.put(canvas.symbols.barLeft, at: point, role: empty)
      canvas.put(
        canvas.symbols.barRight, at: Point(column: point.column + columns - 1, row: point.row),
        role: empty)
      start += 1
      room -= 2
    }
    let steps = canvas.symbols.eighthsAcross
    let eighths = Int((clamped(fraction) * Double(room * 8)).rounded())
    for cell in 0..<max(room, 0) {
      canvas.put(
        steps[min(max(eighths - cell * 8, 0), 8)], at: Point(column: start + cell, row: point.row),
        role: filled)
    }
  }

  /// Columns that grow from the foot of `area`; counts are spread or gathered to its width.
  ///
  /// - Parameter logarithmic: heights follow log(1 + count), so that a tail of single values can be seen.
  package static func histogram(
    _ canvas: Canvas, in area: Rect, counts: [Int], logarithmic: Bool = false,
    role: Role = .barFilled
  ) {
    let gathered = resample(counts.map { Double(max($0, 0)) }, to: area.columns)
    columnChart(
      canvas, in: area, values: logarithmic ? gathered.map(logarithmOfOnePlus) : gathered,
      role: role)
  }

  private static func columnChart(_ canvas: Canvas, in area: Rect, values: [Double], role: Role) {
    guard let top = values.filter(\.isFinite).max(), top > 0, area.rows > 0 else { return }
    let steps = canvas.symbols.eighthsUp
    for (index, value) in values.prefix(area.columns).enumerated() where value.isFinite {
      // Whatever is not zero gets at least the smallest step.
      let height = value <= 0 ? 0 : max(Int((value / top * Double(area.rows * 8)).rounded()), 1)
      for row in 0..<area.rows {
        let filled = min(max(height - row * 8, 0), 8)
        guard filled > 0 else { break }
        canvas.put(
          steps[filled], at: Point(column: area.column + index, row: area.endRow - 1 - row),
          role: role)
      }
    }
  }

  /// Curves drawn with braille dots, 2x4 in a cell; in ASCII one `*` a cell.
  ///
  /// - Parameters:
  ///   - series: y values at equal steps of x; NaN interrupts a curve.
  ///   - range: y at the foot and at the top; nil fits all series.
  package static func linePlot(
    _ canvas: Canvas, in area: Rect, series: [(values: [Double], role: Role)],
    range: ClosedRange<Double>? = nil
  ) {
    guard !area.isEmpty else { return }
    let finite = series.flatMap { $0.values.filter(\.isFinite) }
    guard let low = range?.lowerBound ?? finite.min(),
      let high = range?.upperBound ?? finite.max()
    else { return }
    let span = high > low ? high - low : 1
    let width = area.columns * 2
    let height = area.rows * 4
    // Curves that cross in a cell share it: its dots add up, its colour is the later curve's.
    var shared = [UInt8](repeating: 0, count: area.columns * area.rows)
    for (values, role) in series where !values.isEmpty {
      var dots = [UInt8](repeating: 0, count: area.columns * area.rows)
      var previous: Int?
      for x in 0..<width {
        let position =
          width > 1 ? Double(x) / Double(width - 1) * Double(values.count - 1) : 0
        let index = min(Int(position), values.count - 1)
        let next = min(index + 1, values.count - 1)
        let value = values[index] + (values[next] - values[index]) * (position - Double(index))
        guard value.isFinite else {
          previous = nil
          continue
        }
        let level = min(max((value - low) / span, -1), 2)
        let y = height - 1 - Int((level * Double(height - 1)).rounded())
        // Steep parts are joined, so that a curve is one line.
        let start = previous.map { $0 < y ? $0 + 1 : $0 > y ? $0 - 1 : y } ?? y
        for dot in min(start, y)...max(start, y) where dot >= 0 && dot < height {
          dots[dot / 4 * area.columns + x / 2] |= brailleBits[dot % 4 * 2 + x % 2]
        }
        previous = y
      }
      for (cell, bits) in dots.enumerated() where bits != 0 {
        shared[cell] |= bits
        let glyph =
          canvas.symbols.asciiOnly
          ? "*" : String(Unicode.Scalar(0x2800 + UInt32(shared[cell])) ?? "?")
        canvas.put(
          glyph,
          at: Point(
            column: area.column + cell % area.columns, row: area.row + cell / area.columns),
          role: role)
      }
    }
  }

  /// Gathers (sums) or spreads values to a number of columns.
  package static func resample(_ values: [Double], to columns: Int) -> [Double] {
    guard columns > 0, !values.isEmpty else { return [] }
    return (0..<columns).map { column in
      let start = column * values.count / columns
      let end = max((column + 1) * values.count / columns, start + 1)
      return values[start..<min(end, values.count)].reduce(0, +)
    }
  }

  private static let brailleBits: [UInt8] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]

  private static func clamped(_ value: Double) -> Double {
    value.isNaN ? 0 : min(max(value, 0), 1)
  }

  /// log2(1 + x) from the exponent and a short series: good to a pixel, and free of libm.
  private static func logarithmOfOnePlus(_ x: Double) -> Double {
    let value = 1 + x
    let t = (value.significand - 1) / (value.significand + 1)
    let series = t * (1 + t * t / 3 + t * t * t * t / 5)
    return Double(value.exponent) + 2 * series / 0.6931471805599453
  }
}
