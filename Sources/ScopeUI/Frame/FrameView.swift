import Cells
import ScopeEngine

/// Draws the whole screen: frame, page, and what lies over it.
enum FrameView {
  static func draw(_ state: State, in canvas: Canvas) {
    let layout = FrameLayout(state.size)
    guard !layout.isTooSmall else { return drawTooSmall(state, canvas) }
    drawTabs(state, canvas, layout)
    for row in layout.rules { canvas.horizontalRule(row: row) }
    Pages.page(state.page).draw(state, canvas)
    drawStatus(state, canvas, layout)
    drawHints(state, canvas, layout)
    TourView.draw(state, canvas)
    for overlay in state.overlays { OverlayView.draw(overlay, state, canvas) }
  }

  private static func drawTooSmall(_ state: State, _ canvas: Canvas) {
    let smallest = FrameLayout.smallest
    let sentence =
      "too small: clipscope needs \(smallest.columns)\(canvas.symbols.times)\(smallest.rows), "
      + "this is \(state.size.columns)\(canvas.symbols.times)\(state.size.rows); q quits"
    let lines = TextLayout.wrapped(sentence, columns: max(state.size.columns, 2))
    let top = max((state.size.rows - lines.count) / 2, 0)
    for (index, line) in lines.enumerated() {
      canvas.put(line, at: Point(column: 0, row: top + index), role: .warning)
    }
  }

  private static func drawTabs(_ state: State, _ canvas: Canvas, _ layout: FrameLayout) {
    let row = layout.tabs.row
    let lead = FrameTabs.lead(state)
    canvas.put(lead, at: Point(column: 0, row: row), role: .accent)
    var end = lead.count
    for tab in FrameTabs.tabs(state) {
      canvas.put(
        tab.title, at: Point(column: tab.columns.lowerBound, row: row),
        role: tab.isActive ? .tabActive : .tab)
      end = tab.columns.upperBound
    }
    let room = state.size.columns - end - 3
    guard room > 4, let shown = openedText(state, canvas.symbols, columns: room) else { return }
    canvas.put(
      shown.string, at: Point(column: state.size.columns - 1 - shown.columns, row: row), role: .dim)
  }

  /// What is open, as much of it as fits: the name goes last, and is shortened in its middle.
  private static func openedText(
    _ state: State, _ symbols: Symbols, columns: Int
  ) -> SafeText? {
    guard let opened = state.opened else { return nil }
    var parts = [FilePath.name(of: opened.path)]
    if let comparison = state.tree.comparison {
      // The totals of the tree are those of both, and say nothing of either.
      parts[0] += " + " + FilePath.name(of: comparison.path)
    } else {
      if !opened.summary.isEmpty { parts.append(opened.summary) }
      parts.append(Numbers.compact(opened.model.total.parameterCount))
      parts.append(Numbers.bytes(opened.model.total.byteCount))
    }
    while true {
      let text = SafeText(
        parts.joined(separator: " \(symbols.dot) "), asciiOnly: symbols.asciiOnly)
      guard text.columns > columns else { return text }
      guard parts.count > 1 else {
        return text.truncated(to: columns, .middle, mark: SafeText(symbols.ellipsis))
      }
      parts.removeLast()
    }
  }

  private static func drawStatus(_ state: State, _ canvas: Canvas, _ layout: FrameLayout) {
    let row = layout.status.row
    var end = layout.status.endColumn - 1
    if let job = shownJob(state) {
      var text = job.title
      if let fraction = job.fraction {
        let percent = Int((min(max(fraction, 0), 1) * 100).rounded())
        text += " \(percent) % " + Charts.barText(fraction, columns: 12, canvas.symbols)
      } else {
        text += " \(canvas.symbols.ellipsis)"
      }
      let width = min(canvas.columns(of: text), layout.status.columns / 2)
      canvas.put(
        text, at: Point(column: end - width, row: row), role: .status, maxColumns: width,
        truncation: .start)
      end -= width + 2
    }
    if let toast = state.toast {
      drawNews(toast, state, canvas, layout, end: end)
    } else {
      let place: String =
        switch state.page {
        case .tree: TreeView.whereText(state, canvas.symbols)
        case .mapping: MappingView.whereText(state, canvas.symbols)
        case .epochs: EpochsView.whereText(state, canvas.symbols)
        case .convert: ConvertView.whereText(state)
        default: ""
        }
      canvas.put(
        place, at: Point(column: 1, row: row), role: .dim,
        maxColumns: max(end - 1, 0))
    }
  }

  /// - Parameter end: where the job on the line of the status begins, or that line ends.
  private static func drawNews(
    _ toast: Toast, _ state: State, _ canvas: Canvas, _ layout: FrameLayout, end: Int
  ) {
    let used = 1 + FrameNews.markColumns
    let news = FrameNews(
      toast, state, room: end - used, hasJob: end < layout.status.endColumn - 1)
    let isAbove = news.top < layout.status.row
    let width = isAbove ? state.size.columns : end
    if isAbove {
      canvas.fill(
        Rect(
          column: 0, row: news.top, columns: state.size.columns,
          rows: min(news.lines.count, layout.status.row - news.top)),
        style: Style(
          foreground: canvas.style(.text).foreground, background: canvas.theme.background))
      if !layout.rules.isEmpty { canvas.horizontalRule(row: news.top - 1) }
    }
    let (mark, role) = mark(of: toast.kind, canvas.symbols)
    canvas.put(mark + " ", at: Point(column: 1, row: news.top), role: role)
    for (index, line) in news.lines.enumerated() {
      canvas.put(
        line, at: Point(column: used, row: news.top + index), role: .text,
        maxColumns: max(width - used, 0))
    }
    guard news.isCut else { return }
    let rest = " \(canvas.symbols.ellipsis) M" + (width < 60 ? " " : " has all of it ")
    canvas.putRight(rest, endingAt: width, row: news.top + news.lines.count - 1, role: .key)
  }

  static func mark(of kind: Toast.Kind, _ symbols: Symbols) -> (String, Role) {
    switch kind {
    case .success: (symbols.check, .success)
    case .info: (symbols.dot, .info)
    case .warning: (symbols.warning, .warning)
    case .error: (symbols.cross, .error)
    }
  }

  /// The job that says most: one with progress before one without, and long ones before short ones.
  private static func shownJob(_ state: State) -> JobRow? {
    let rows = state.jobs.sorted { "\($0.key)" < "\($1.key)" }
    if let asked = rows.first(where: { $0.key.isWorthAsking || $0.key == .open }) {
      return asked.value
    }
    return rows.first { $0.value.fraction != nil }?.value
      ?? rows.first { Self.isWorthShowing.contains($0.key) }?.value
  }

  private static let isWorthShowing: Set<JobKey> = [
    .spectrum, .statistics, .mapping, .inference, .series, .accuracy,
  ]

  private static func drawHints(_ state: State, _ canvas: Canvas, _ layout: FrameLayout) {
    let row = layout.keys.row
    for hint in FrameHints.hints(state, columns: state.size.columns, symbols: canvas.symbols) {
      let used = canvas.put(
        hint.key, at: Point(column: hint.columns.lowerBound, row: row), role: .key)
      canvas.put(
        hint.title, at: Point(column: hint.columns.lowerBound + used + 1, row: row),
        role: .keyHint)
    }
  }
}
