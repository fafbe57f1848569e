import Glibc

/// Bars, histograms and curves as pure drawing functions.
///
/// None fails; degenerate data draws nothing.
package enum Charts {
  // MARK: Bars

  /// A horizontal bar that fills `fraction` (0...1) of the columns, in eighths of a cell.
  package static func bar(
    _ canvas: Canvas, at point: Point, columns: Int, fraction: Double, role: Role = .barFilled
  ) {
    for (cell, glyph) in bar(fraction, columns: columns, canvas.symbols).enumerated() {
      canvas.put(glyph, at: Point(column: point.column + cell, row: point.row), role: role)
    }
  }

  /// A bar between its ends as a piece of text: two columns more than asked for.
  package static func barText(_ fraction: Double, columns: Int, _ symbols: Symbols) -> String {
    symbols.barLeft + bar(fraction, columns: columns, symbols).joined() + symbols.barRight
  }

  private static func bar(_ fraction: Double, columns: Int, _ symbols: Symbols) -> [String] {
    let share = fraction.isNaN ? 0 : min(max(fraction, 0), 1)
    let eighths = Int((share * Double(max(columns, 0) * 8)).rounded())
    return (0..<max(columns, 0)).map { symbols.eighthsAcross[min(max(eighths - $0 * 8, 0), 8)] }
  }

  // MARK: Columns

  /// Columns that grow from the foot of `area`.
  ///
  /// - Parameter heights: one a column of the screen, in eighths of a cell; nil leaves a gap.
  package static func columns(
    _ canvas: Canvas, in area: Rect, heights: [Int?], role: Role = .barFilled
  ) {
    let steps = canvas.symbols.eighthsUp
    for (column, height) in heights.prefix(max(area.columns, 0)).enumerated() {
      for row in 0..<max(area.rows, 0) {
        let filled = min((height ?? 0) - row * 8, 8)
        guard filled > 0 else { break }
        canvas.put(
          steps[filled], at: Point(column: area.column + column, row: area.endRow - 1 - row),
          role: role)
      }
    }
  }

  /// Columns whose heights follow log(1 + count), so that a tail of single values can be seen.
  ///
  /// Neighbours are added up where there are more counts than columns.
  package static func histogram(_ canvas: Canvas, in area: Rect, counts: [Int]) {
    let width = min(area.columns, counts.count)
    guard width > 0, area.rows > 0 else { return }
    var sums = [Double](repeating: 0, count: width)
    for (index, count) in counts.enumerated() {
      sums[index * width / counts.count] += Double(max(count, 0))
    }
    let logarithms = sums.map { log2(1 + $0) }
    guard let top = logarithms.max(), top > 0 else { return }
    let heights = logarithms.map { value -> Int? in
      // Whatever is not zero gets at least the smallest step.
      value > 0 ? max(Int((value / top * Double(area.rows * 8)).rounded()), 1) : nil
    }
    columns(canvas, in: area, heights: heights)
  }

  // MARK: Curves

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
    // Halves, since the difference of the largest numbers overflows.
    let half = high > low ? high / 2 - low / 2 : 0.5
    let width = area.columns * 2
    let height = area.rows * 4
    // Curves that cross in a cell share it: its dots add up, its colour is the later curve's.
    var dots = DotGrid(columns: area.columns, rows: area.rows)
    for (values, role) in series where !values.isEmpty {
      var previous: Int?
      for x in 0..<width {
        guard let value = value(of: values, at: x, of: width) else {
          previous = nil
          continue
        }
        let level = min(max((value / 2 - low / 2) / half, -1), 2)
        let y = height - 1 - Int((level * Double(height - 1)).rounded())
        // Steep parts are joined, so that a curve is one line.
        let start = previous.map { $0 < y ? $0 + 1 : $0 > y ? $0 - 1 : y } ?? y
        for dot in min(start, y)...max(start, y) { dots.set(x: x, y: dot, role: role) }
        previous = y
      }
    }
    dots.draw(canvas.sub(area), asciiSign: "*")
  }

  /// Between two values where `x` lies between them; nil where one is no number.
  private static func value(of values: [Double], at x: Int, of width: Int) -> Double? {
    let position = width > 1 ? Double(x) / Double(width - 1) * Double(values.count - 1) : 0
    let index = min(Int(position), values.count - 1)
    let next = min(index + 1, values.count - 1)
    let share = position - Double(index)
    let value = values[index] * (1 - share) + values[next] * share
    return value.isFinite ? value : nil
  }

  /// Values that fall from the first, which stands at the top, as a line of dots; zero is the foot.
  package static func fallingLine(
    _ canvas: Canvas, in area: Rect, values: [Float], role: Role = .barFilled
  ) {
    guard let largest = values.first, largest > 0, !area.isEmpty else { return }
    let height = 4 * area.rows
    let width = 2 * area.columns
    var dots = DotGrid(columns: area.columns, rows: area.rows)
    var last: Int?
    for x in 0..<width {
      let value = values[x * (values.count - 1) / max(width - 1, 1)]
      let share = value.isFinite ? max(value / largest, 0) : 0
      let y = min(max(Int((1 - share) * Float(height - 1) + 0.5), 0), height - 1)
      // Steep drops are drawn as a line, not as stray dots.
      for dot in min(last ?? y, y)...y { dots.set(x: x, y: dot, role: role) }
      last = y
    }
    dots.draw(canvas.sub(area), asciiSign: "*")
  }
}
