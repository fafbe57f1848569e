import Cells
import ScopeEngine

/// Draws the page: the form, the plan or a report, and what was converted so far.
enum ConvertView {
  static func draw(_ state: State, _ canvas: Canvas) {
    let layout = ConvertLayout(FrameLayout(state.size).body, state.convert)
    if let column = layout.rule {
      let body = FrameLayout(state.size).body
      canvas.verticalRule(column: column, from: body.row, to: body.endRow)
    }
    drawForm(state, canvas, layout)
    guard layout.sheet.columns > 0 else { return }
    drawSheet(state, canvas, layout)
    drawHistory(state, canvas, layout)
  }

  /// What the chosen field means, for the status line.
  static func whereText(_ state: State) -> String {
    guard state.convert.focus == .form else { return "" }
    func value(_ field: ConvertField) -> String {
      state.convert.form.value(of: field, state.convert.targets)
    }
    return switch state.convert.field {
    case .target:
      state.convert.targets?.refusal(of: state.convert.form.target)
        ?? "the library that shall read the model"
    case .tower: "towers to write"
    case .projection: "whether a tower alone keeps its projection"
    case .dtype: "element type of the floating point tensors"
    case .format: "container to write"
    case .shards: "shards of at most this size and an index, such as 5GB; empty is one file"
    // The fields themselves may have no room for the whole value.
    case .imageSize: "pixels, which the position table is resized to: \(value(.imageSize))"
    case .activation: "activation, where the file does not say it: \(value(.activation))"
    case .heads: "attention heads of both towers, or vision,text: \(value(.heads))"
    case .output: "the folder to make, there when it is complete: \(value(.output))"
    case .verify: "read the output back, map it home, compare every byte"
    case .receipt: "hash every tensor and file and keep the receipt in the folder"
    case .sync: "wait until the disk has everything, so that a power cut loses nothing"
    case .force: "replace the model in the output folder"
    case .start: "Enter starts"
    }
  }

  // MARK: Form

  private static func drawForm(_ state: State, _ canvas: Canvas, _ layout: ConvertLayout) {
    let convert = state.convert
    if let row = layout.formTitle {
      canvas.put(
        "choices", at: Point(column: layout.form.column, row: row),
        role: convert.focus == .form ? .titleFocused : .title)
    }
    for place in layout.fields { drawField(place, state, canvas) }
  }

  private static func drawField(
    _ place: FieldPlace<ConvertField>, _ state: State, _ canvas: Canvas
  ) {
    let convert = state.convert
    let field = place.field
    let isChosen = convert.focus == .form && field == convert.field
    let pane = canvas.sub(place.area)
    let symbols = canvas.symbols
    if field == .start {
      let isReady = convert.problem == nil && convert.outline != nil && !convert.isRunning
      pane.put(
        "\(symbols.collapsed) start", at: Point(column: 0, row: 0),
        role: isReady ? .accent : .dim)
      if isChosen { pane.restyle(pane.bounds, role: .selection) }
      return
    }
    pane.put(
      field.label, at: Point(column: 0, row: 0), role: .dim,
      maxColumns: ConvertLayout.labelColumns - 1)
    let start = ConvertLayout.labelColumns
    let room = pane.columns - start
    guard room > 2 else { return }
    if isChosen, let line = convert.line {
      pane.fill(Rect(column: start, row: 0, columns: room, rows: 1), role: .input)
      InputLineView.draw(
        line, pane, Rect(column: start, row: 0, columns: room, rows: 1), hasFocus: true)
      return
    }
    let value = value(of: field, convert, columns: field.isText ? room : room - 4, canvas)
    let role = role(of: field, state)
    if field.isText {
      pane.put(
        value, at: Point(column: start, row: 0), role: role, maxColumns: room, truncation: .start)
    } else {
      let shown = SafeText(value, asciiOnly: symbols.asciiOnly).truncated(
        to: max(room - 4, 1), .end, mark: SafeText(symbols.ellipsis)
      ).string
      pane.put(
        [
          Span(symbols.chevronLeft, .key), Span(" \(shown) ", role),
          Span(symbols.chevronRight, .key),
        ], at: Point(column: start, row: 0), maxColumns: room)
    }
    if isChosen { pane.restyle(pane.bounds, role: .selection) }
  }

  /// The value with how sure it is, or alone where both have no room: the line below the page has both.
  private static func value(
    of field: ConvertField, _ convert: ConvertState, columns: Int, _ canvas: Canvas
  ) -> String {
    let full = convert.form.value(of: field, convert.targets)
    guard canvas.columns(of: full) > columns else { return full }
    return convert.form.value(of: field, convert.targets, isBrief: true)
  }

  private static func role(of field: ConvertField, _ state: State) -> Role {
    let form = state.convert.form
    func known(_ name: String, isGiven: Bool) -> Role {
      guard !isGiven, let fact = state.convert.targets?.fact(name) else { return .text }
      return fact.value == .null ? .warning : .dim
    }
    switch field {
    case .target:
      return state.convert.targets?.refusal(of: form.target) == nil ? .text : .warning
    case .activation: return known("activation", isGiven: form.activation != nil)
    case .heads: return known("vision.heads", isGiven: !form.heads.isEmpty)
    case .imageSize: return known("vision.image_size", isGiven: !form.imageSize.isEmpty)
    case .force: return form.isReplacing ? .warning : .text
    default: return .text
    }
  }

  // MARK: Plan and report

  private static func drawSheet(_ state: State, _ canvas: Canvas, _ layout: ConvertLayout) {
    let convert = state.convert
    let sheet = ConvertSheet(state, columns: layout.sheetText.columns, symbols: canvas.symbols)
    canvas.put(
      sheet.title, at: layout.sheet.corner,
      role: convert.focus == .sheet ? .titleFocused : .title, maxColumns: layout.sheet.columns)
    if layout.progress.rows > 0 { drawProgress(state, canvas.sub(layout.progress)) }
    let pane = canvas.sub(layout.sheetText)
    for row in 0..<pane.rows {
      let index = convert.top + row
      guard index >= 0, index < sheet.count else { break }
      pane.put(sheet[index], at: Point(column: 0, row: row), maxColumns: pane.columns)
    }
    Widgets.scrollbar(
      canvas.sub(
        Rect(
          column: layout.sheetText.endColumn, row: layout.sheetText.row, columns: 1,
          rows: layout.sheetText.rows)), column: 0, offset: convert.top, visible: pane.rows,
      count: sheet.count)
  }

  private static func drawProgress(_ state: State, _ pane: Canvas) {
    let progress = state.convert.progress
    let fraction = progress?.fraction ?? 0
    let percent = Int((fraction * 100).rounded())
    let width = max(min(pane.columns - 9, 40), 4)
    pane.put(
      [
        Span(Charts.barText(fraction, columns: width, pane.symbols), .accent),
        Span(" \(percent) %", .text),
      ], at: Point(column: 0, row: 0), maxColumns: pane.columns)
    guard pane.rows > 2 else { return }
    guard let progress, progress.totalBytes > 0 else {
      pane.put("starting \(pane.symbols.ellipsis)", at: Point(column: 0, row: 1), role: .dim)
      return
    }
    pane.put(
      progressText(progress, pane.symbols), at: Point(column: 0, row: 1),
      maxColumns: pane.columns)
    pane.put(
      progress.currentItem, at: Point(column: 0, row: 2), role: .dim, maxColumns: pane.columns,
      truncation: .start)
  }

  /// Amount, rate and time left.
  static func progressText(_ progress: JobProgress, _ symbols: Symbols) -> String {
    var parts = [
      "\(Numbers.bytes(progress.doneBytes)) of \(Numbers.bytes(progress.totalBytes))"
    ]
    if progress.bytesPerSecond > 0, progress.bytesPerSecond < 0x1p60 {
      parts.append("\(Numbers.bytes(Int(progress.bytesPerSecond)))/s")
    }
    if let left = progress.secondsLeft, left.isFinite {
      parts.append("\(Numbers.duration(seconds: left)) left")
    }
    return parts.joined(separator: " \(symbols.dot) ")
  }

  // MARK: History

  private static func drawHistory(_ state: State, _ canvas: Canvas, _ layout: ConvertLayout) {
    let convert = state.convert
    guard layout.history.rows > 0 else { return }
    if let row = layout.historyRule {
      canvas.horizontalRule(
        row: row, from: layout.history.column, to: layout.history.endColumn, title: "history",
        focused: convert.focus == .history)
    }
    let pane = canvas.sub(layout.history)
    let isShown = if case .record = convert.sheet { true } else { false }
    Widgets.list(
      pane, count: convert.history.count, offset: convert.historyList.top,
      selected: isShown || convert.focus == .history ? convert.historyList.selected : nil,
      focused: convert.focus == .history
    ) { index, line in
      let record = convert.history[index]
      let (mark, role, words): (String, Role, String) =
        switch record.phase {
        case .running: (line.symbols.arrowRight, .accent, "under way")
        case .stopping: (line.symbols.arrowRight, .warning, "stopping")
        case .cancelled: (line.symbols.cross, .warning, "cancelled")
        case .failed: (line.symbols.cross, .error, "failed")
        case .done(let report):
          (line.symbols.check, .success, Numbers.duration(seconds: report.seconds))
        }
      line.put(mark, at: Point(column: 0, row: 0), role: role)
      line.putRight(words, endingAt: line.columns, row: 0, role: .dim)
      line.put(
        record.title, at: Point(column: 2, row: 0),
        maxColumns: max(line.columns - 3 - words.count, 0), truncation: .start)
    }
  }
}
