import Analysis
import Cells
import Checkpoints

/// Draws the pane of the selected row: facts, numbers, distribution, spectrum, heat map.
enum DetailView {
  static func draw(_ state: State, _ canvas: Canvas) {
    let pane = TreeLayout(FrameLayout(state.size).body, state.tree).detail
    guard pane.columns > 2, pane.rows > 0 else { return }
    let layout = DetailLayout(state)
    let clipped = canvas.sub(pane)
    drawText(state, clipped, layout, origin: pane)
    guard let reference = state.tree.detail.entry, let entry = state.entry(reference),
      entry.isReadable, entry.elementCount > 0
    else { return }
    drawNumbers(state, reference, canvas.sub(layout.numbers))
    if !layout.histogram.isEmpty {
      drawHistogram(state, reference, canvas.sub(layout.histogram))
    }
    if !layout.spectrum.isEmpty {
      SpectrumView.draw(state, reference, entry, canvas.sub(layout.spectrum))
    }
    if layout.heatMapPane.rows >= 3 {
      HeatMapView.draw(state, entry, canvas, layout)
    }
  }

  private static func drawText(
    _ state: State, _ pane: Canvas, _ layout: DetailLayout, origin: Rect
  ) {
    var row = 0
    let isFocused = state.tree.focus == .detail
    for line in layout.name {
      pane.put(line, at: Point(column: 1, row: row), role: isFocused ? .titleFocused : .title)
      row += 1
    }
    let role: Role =
      state.tree.detail.entry.flatMap { state.entry($0) }.map {
        ElementTypeRole.role($0.elementType)
      } ?? .text
    for (index, line) in layout.lines.enumerated() {
      pane.put(line, at: Point(column: 1, row: row), role: index == 0 ? role : .dim)
      row += 1
    }
    for line in layout.warnings {
      pane.put(line, at: Point(column: 1, row: row), role: .warning)
      row += 1
    }
  }

  private static func drawNumbers(
    _ state: State, _ reference: EntryReference, _ pane: Canvas
  ) {
    guard pane.rows > 0 else { return }
    guard let statistics = state.tree.detail.statistics[reference] else {
      let isRunning = state.jobs[.statistics] != nil
      if isRunning || state.tree.detail.problems[reference] == nil {
        pane.put(
          "statistics \(pane.symbols.ellipsis)", at: Point(column: 0, row: 0), role: .dim)
      }
      return
    }
    func number(_ value: Double?) -> String { value.map { Numbers.value($0) } ?? pane.symbols.dash }
    let cells: [(String, String, Role)] = [
      ("min", number(statistics.minimum), .text), ("max", number(statistics.maximum), .text),
      ("mean", number(statistics.mean), .text), ("std", number(statistics.deviation), .text),
      ("L2", number(statistics.norm), .text),
      ("zeros", Numbers.compact(statistics.zeroCount), .text),
      (
        "NaN", Numbers.compact(statistics.nanCount), statistics.nanCount > 0 ? .danger : .text
      ),
      (
        "Inf", Numbers.compact(statistics.infinityCount),
        statistics.infinityCount > 0 ? .warning : .text
      ),
    ]
    let perRow = StatisticsRows.perRow(columns: pane.columns)
    let width = max(pane.columns / perRow, 1)
    for (index, cell) in cells.enumerated() {
      let point = Point(column: index % perRow * width, row: index / perRow)
      let used = pane.put(cell.0 + " ", at: point, role: .dim, maxColumns: width - 1)
      pane.put(
        cell.1, at: Point(column: point.column + used, row: point.row), role: cell.2,
        maxColumns: max(width - 1 - used, 0))
    }
  }

  /// Bars of the logarithm of the counts, so that tails show.
  private static func drawHistogram(
    _ state: State, _ reference: EntryReference, _ pane: Canvas
  ) {
    pane.put("histogram (log)", at: Point(column: 0, row: 0), role: .title)
    guard let histogram = state.tree.detail.statistics[reference]?.histogram,
      !histogram.counts.isEmpty, pane.rows >= 3
    else { return }
    let width = min(pane.columns - 1, histogram.counts.count)
    let height = pane.rows - 2
    guard width > 0 else { return }
    Charts.histogram(
      pane, in: Rect(column: 0, row: 1, columns: width, rows: height), counts: histogram.counts)
    let foot = pane.rows - 1
    let left = Numbers.value(histogram.lower)
    let right = Numbers.value(histogram.upper)
    pane.put(left, at: Point(column: 0, row: foot), role: .dim, maxColumns: width)
    if width > left.count + right.count + 1 {
      pane.putRight(right, endingAt: width, row: foot, role: .dim)
    }
    // Where zero stands among the bins.
    if histogram.lower < 0, histogram.upper > 0 {
      let share = -histogram.lower / (histogram.upper - histogram.lower)
      let column = min(max(Int(share * Double(width)), 0), width - 1)
      if column > left.count, column < width - right.count - 1 {
        pane.put("0", at: Point(column: column, row: foot), role: .dim)
      }
    }
  }
}
