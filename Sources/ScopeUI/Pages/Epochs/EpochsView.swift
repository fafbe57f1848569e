import Cells
import ScopeEngine

/// Draws a training over time: accuracy, the table of tensors with their small charts, one tensor in numbers.
enum EpochsView {
  static func draw(_ state: State, _ canvas: Canvas) {
    let layout = EpochsLayout(state)
    let epochs = state.epochs
    drawHeadline(state, canvas, layout)
    drawAccuracy(epochs, canvas, layout)
    if let row = layout.findRow { drawFind(epochs, canvas, layout, row: row) }
    guard let series = epochs.series else {
      let sentence =
        epochs.problem
        ?? (state.jobs[.series] == nil
          ? "stopped; r reads the snapshots again" : "reading the snapshots")
      canvas.paragraph(
        sentence, in: layout.list, role: epochs.problem == nil ? .dim : .error)
      return
    }
    let columns = EpochsColumns(layout.list, snapshotCount: series.snapshots.count)
    drawHeader(epochs, canvas, columns, row: layout.header)
    drawRows(epochs, series, canvas, layout, columns)
    if let legend = layout.legend {
      canvas.put(
        Self.legend, at: Point(column: layout.list.column, row: legend), role: .dim,
        maxColumns: layout.list.columns)
    }
    if let column = layout.rule {
      canvas.verticalRule(column: column, from: layout.detail.row, to: layout.detail.endRow)
      drawDetail(epochs, series, canvas.sub(layout.detail))
    }
  }

  private static let legend =
    "moved: sum of the steps; a step is |new - old| / |old|"

  /// Where one is, for the status line.
  static func whereText(_ state: State, _ symbols: Symbols) -> String {
    guard let row = state.epochs.selectedRow else { return "" }
    var parts = [row.name, row.shape.description]
    if state.epochs.hasFindLine {
      parts.insert("\(Numbers.grouped(state.epochs.rows.count)) match", at: 0)
    }
    return parts.joined(separator: " \(symbols.dot) ")
  }

  private static func drawHeadline(_ state: State, _ canvas: Canvas, _ layout: EpochsLayout) {
    let snapshots = state.epochs.series?.snapshots ?? state.opened?.series ?? []
    let dot = canvas.symbols.dot
    var text = "\(snapshots.count) snapshots"
    if let first = snapshots.first, let last = snapshots.last {
      text += " \(dot) \(first.name) to \(last.name)"
    }
    if let series = state.epochs.series {
      text += " \(dot) \(Numbers.counted(series.rows.count, "tensor"))"
      if !series.differences.isEmpty { text += " \(dot) not the same in all" }
      if !series.problems.isEmpty { text += " \(dot) \(series.problems[0])" }
    }
    let used = canvas.put(
      "Epochs  ", at: layout.headline.corner,
      role: .titleFocused)
    canvas.put(
      text, at: Point(column: layout.headline.column + used, row: layout.headline.row), role: .dim,
      maxColumns: max(layout.headline.columns - used, 0))
  }

  /// One small column a snapshot, then as many numbers as fit, newest last.
  private static func drawAccuracy(
    _ epochs: EpochsState, _ canvas: Canvas, _ layout: EpochsLayout
  ) {
    guard !layout.accuracy.isEmpty else { return }
    let pane = canvas.sub(layout.accuracy)
    var column = pane.put("zero-shot  ", at: Point(column: 0, row: 0), role: .title)
    if let problem = epochs.accuracyProblem ?? firstProblem(epochs.accuracy) {
      pane.put(
        problem, at: Point(column: column, row: 0), role: .warning,
        maxColumns: max(pane.columns - column, 0))
      return
    }
    guard let accuracy = epochs.accuracy else { return }
    let charts = Sparkline(asciiOnly: canvas.symbols.asciiOnly)
    column += pane.put(
      charts.text(accuracy.shares, columns: 24), at: Point(column: column, row: 0),
      role: .barFilled)
    let tail =
      "of \(accuracy.pictureCount) pictures, \(accuracy.labelCount) labels (guessing: "
      + "\(Numbers.percent(accuracy.chance)))"
    let shares = accuracy.shares.map { $0.map(Numbers.percent) ?? canvas.symbols.dash }
    var shown = ""
    for count in stride(from: shares.count, to: 0, by: -1) {
      shown = shares.suffix(count).joined(separator: ", ")
      if count < shares.count { shown = "\(canvas.symbols.ellipsis) " + shown }
      if column + shown.count + tail.count + 3 <= pane.columns { break }
    }
    pane.put(
      [Span("  " + shown, .text), Span(" " + tail, .dim)],
      at: Point(column: column, row: 0), maxColumns: max(pane.columns - column, 0))
  }

  /// Where no snapshot could be run, the first reason says more than gaps.
  private static func firstProblem(_ accuracy: SnapshotAccuracy?) -> String? {
    guard let accuracy, accuracy.points.allSatisfy({ $0 == nil }) else { return nil }
    return accuracy.problems.first
  }

  private static func drawFind(
    _ epochs: EpochsState, _ canvas: Canvas, _ layout: EpochsLayout, row: Int
  ) {
    let column = layout.list.column
    let used = canvas.put("/", at: Point(column: column, row: row), role: .key)
    InputLineView.draw(
      epochs.line, canvas,
      Rect(column: column + used, row: row, columns: layout.list.columns - used - 1, rows: 1),
      hasFocus: epochs.isTyping)
  }

  private static func drawHeader(
    _ epochs: EpochsState, _ canvas: Canvas, _ columns: EpochsColumns, row: Int
  ) {
    let title = epochs.sort == .movement ? "tensor" : "tensor (by \(epochs.sort.rawValue))"
    canvas.put(
      title, at: Point(column: columns.name.lowerBound, row: row), role: .titleFocused,
      maxColumns: columns.name.count)
    canvas.putRight("moved", endingAt: columns.moved.upperBound, row: row, role: .dim)
    for chart in columns.charts {
      canvas.put(
        chart.measure.title, at: Point(column: chart.columns.lowerBound, row: row), role: .dim,
        maxColumns: chart.columns.count)
    }
  }

  private static func drawRows(
    _ epochs: EpochsState, _ series: TrainingSeries, _ canvas: Canvas, _ layout: EpochsLayout,
    _ columns: EpochsColumns
  ) {
    guard !epochs.rows.isEmpty else {
      canvas.put(
        "nothing matches; Esc shows all",
        at: layout.list.corner, role: .dim)
      return
    }
    let charts = Sparkline(asciiOnly: canvas.symbols.asciiOnly)
    let shown = epochs.rows.dropFirst(epochs.list.top).prefix(layout.list.rows)
    let ranges = columns.charts.map { chart in
      epochs.sharesScale
        ? Sparkline.range(of: shown.flatMap { chart.measure.values(of: series.rows[$0]) }) : nil
    }
    for (offset, index) in shown.enumerated() {
      let row = layout.list.row + offset
      let isSelected = epochs.list.top + offset == epochs.list.selected
      if isSelected {
        canvas.fill(
          Rect(column: layout.list.column, row: row, columns: layout.list.columns, rows: 1),
          role: .selection)
      }
      let tensor = series.rows[index]
      canvas.put(
        tensor.name, at: Point(column: columns.name.lowerBound, row: row),
        role: isSelected ? .selection : .text, maxColumns: columns.name.count, truncation: .start)
      canvas.putRight(
        tensor.totalMovement.map { Numbers.value($0) } ?? canvas.symbols.dash,
        endingAt: columns.moved.upperBound, row: row, role: isSelected ? .selection : .text,
        maxColumns: columns.moved.count)
      for (chart, range) in zip(columns.charts, ranges) {
        canvas.put(
          charts.text(
            chart.measure.values(of: tensor), columns: chart.columns.count, within: range),
          at: Point(column: chart.columns.lowerBound, row: row),
          role: isSelected ? .selection : .barFilled, maxColumns: chart.columns.count)
      }
    }
    Widgets.scrollbar(
      canvas.sub(layout.list), column: layout.list.columns - 1, offset: epochs.list.top,
      visible: layout.list.rows, count: epochs.rows.count)
  }

  // MARK: One tensor

  private static func drawDetail(
    _ epochs: EpochsState, _ series: TrainingSeries, _ pane: Canvas
  ) {
    guard let tensor = epochs.selectedRow else { return }
    var row = 0
    for line in TextLayout.wrapped(tensor.name, columns: pane.columns, breaksAnywhere: true).prefix(
      3)
    {
      pane.put(line, at: Point(column: 0, row: row), role: .title)
      row += 1
    }
    pane.put(
      "\(tensor.shape) \(pane.symbols.dot) \(Numbers.counted(tensor.shape.elementCount ?? 0, "value"))",
      at: Point(column: 0, row: row), role: .dim)
    row += 2
    for measure in EpochsMeasure.allCases where row + 3 < pane.rows {
      row = drawChart(measure, tensor, pane, row: row)
    }
    drawTable(epochs, series, tensor, pane, row: row)
  }

  /// Two rows of columns with the smallest and the largest value beside them; returns the row below.
  private static func drawChart(
    _ measure: EpochsMeasure, _ tensor: TrainingSeries.Row, _ pane: Canvas, row: Int
  ) -> Int {
    let values = measure.values(of: tensor)
    pane.put(measure.title, at: Point(column: 0, row: row), role: .dim)
    guard let range = Sparkline.range(of: values) else { return row + 2 }
    let width = min(max(pane.columns - 20, 4), 26)
    let heights = Sparkline.heights(values, columns: width, steps: 16)
    Charts.columns(
      pane, in: Rect(column: 7, row: row, columns: width, rows: 2), heights: heights)
    pane.putRight(Numbers.value(range.upperBound), endingAt: pane.columns, row: row, role: .dim)
    pane.putRight(Numbers.value(range.lowerBound), endingAt: pane.columns, row: row + 1, role: .dim)
    return row + 2
  }

  /// Without the ending, which is the same for all.
  private static func shortName(_ snapshot: TrainingSnapshot) -> String {
    guard let dot = snapshot.name.lastIndex(of: "."), dot > snapshot.name.startIndex,
      Int(snapshot.name[snapshot.name.index(after: dot)...]) == nil
    else { return snapshot.name }
    return String(snapshot.name[..<dot])
  }

  /// The newest snapshots in numbers, as many as fit.
  private static func drawTable(
    _ epochs: EpochsState, _ series: TrainingSeries, _ tensor: TrainingSeries.Row, _ pane: Canvas,
    row start: Int
  ) {
    let room = pane.rows - start - 2
    guard room > 0 else { return }
    var row = start + 1
    let ends = [24, 35, 46]
    pane.put("snapshot", at: Point(column: 0, row: row), role: .dim)
    for (title, end) in zip(["moved", "std", "l2"], ends) {
      pane.putRight(title, endingAt: end, row: row, role: .dim)
    }
    row += 1
    let first = max(series.snapshots.count - room, 0)
    for (index, snapshot) in series.snapshots.enumerated().dropFirst(first) {
      let point = tensor.points[index]
      let isDamaged = (point?.nonFiniteCount ?? 0) > 0
      pane.put(
        Self.shortName(snapshot) + (isDamaged ? " NaN/Inf" : ""), at: Point(column: 0, row: row),
        role: isDamaged ? .danger : .text, maxColumns: 14, truncation: .middle)
      for (value, end) in zip([point?.movement, point?.deviation, point?.norm], ends) {
        pane.putRight(
          value.map { Numbers.value($0) } ?? pane.symbols.dash, endingAt: end, row: row,
          role: .text, maxColumns: 10)
      }
      row += 1
    }
  }
}

/// A statistic that is drawn over the snapshots.
enum EpochsMeasure: Equatable, CaseIterable {
  case movement, mean, deviation, norm

  var title: String {
    switch self {
    case .movement: "steps"
    case .mean: "mean"
    case .deviation: "std"
    case .norm: "l2"
    }
  }

  func values(of row: TrainingSeries.Row) -> [Double?] {
    row.points.map { point in
      guard let point else { return nil }
      return switch self {
      case .movement: point.movement
      case .mean: point.mean
      case .deviation: point.deviation
      case .norm: point.norm
      }
    }
  }
}

/// The columns of the table; charts go before the name gets less than half.
struct EpochsColumns: Equatable {
  struct Chart: Equatable {
    var measure: EpochsMeasure
    var columns: Range<Int>
  }

  let name: Range<Int>
  let moved: Range<Int>
  let charts: [Chart]

  init(_ pane: Rect, snapshotCount: Int) {
    let width = min(max(snapshotCount, 5), 16)
    let movedColumns = 10
    // The last column is the scroll bar's.
    let room = pane.columns - movedColumns - 2
    let leastName = min(max(pane.columns / 2, 12), 50)
    let wanted: [EpochsMeasure] = [.norm, .movement, .deviation, .mean]
    let count = min(max((room - leastName) / (width + 2), 0), wanted.count)
    let measures = EpochsMeasure.allCases.filter { wanted.prefix(count).contains($0) }
    let end = pane.endColumn - 2
    let start = end - measures.count * (width + 2)
    charts = measures.enumerated().map { index, measure in
      let column = start + 2 + index * (width + 2)
      return Chart(measure: measure, columns: column..<column + width)
    }
    moved = max(start - movedColumns, pane.column)..<max(start, pane.column)
    name = pane.column..<max(moved.lowerBound - 1, pane.column)
  }
}
