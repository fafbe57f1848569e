import Cells
import ScopeEngine

/// Draws the keys of both sides; only the lines that are in sight cost anything.
enum MappingView {
  static func draw(_ state: State, _ canvas: Canvas) {
    let body = FrameLayout(state.size).body
    let mapping = state.mapping
    guard let answer = mapping.answer else {
      canvas.put(
        "reading the keys\(canvas.symbols.ellipsis)",
        at: Point(column: body.column + 2, row: body.row + 1), role: .dim)
      return
    }
    if let table = mapping.table {
      let layout = MappingLayout(body, mapping, canvas.symbols)
      drawTitles(table, canvas, layout)
      drawCoverage(mapping, table, canvas, layout, body)
      drawFilter(mapping, canvas, layout, body)
      for column in layout.rules {
        canvas.verticalRule(column: column, from: layout.titles, to: layout.titles + 1)
        canvas.verticalRule(column: column, from: layout.list.row, to: layout.list.endRow)
      }
      drawLines(mapping, table, canvas, layout)
      if let row = layout.ruleRow {
        canvas.horizontalRule(row: row, from: body.column, to: body.endColumn, title: "why")
        if let selected = mapping.selectedRow {
          MappingDetailView.draw(selected, canvas.sub(layout.detail))
        }
      }
    } else {
      drawProblem(answer, canvas.sub(body.inset(columns: 2, rows: 1)))
    }
    if mapping.picker != nil { drawPicker(mapping, canvas, body) }
  }

  /// Where one is, for the status line.
  static func whereText(_ state: State, _ symbols: Symbols) -> String {
    let mapping = state.mapping
    guard let table = mapping.table else { return "" }
    var parts: [String] = []
    if mapping.lines.indices.contains(mapping.list.selected) {
      let row = mapping.lines[mapping.list.selected].row
      parts.append("row \(Numbers.grouped(row + 1)) of \(Numbers.grouped(table.rows.count))")
    }
    if mapping.rowCount != table.rows.count {
      parts.append("\(Numbers.grouped(mapping.rowCount)) on show")
    }
    if mapping.filter != .all { parts.append("only \(mapping.filter.rawValue)") }
    return parts.joined(separator: " \(symbols.dot) ")
  }

  // MARK: Head

  private static func drawTitles(
    _ table: MappingTable, _ canvas: Canvas, _ layout: MappingLayout
  ) {
    let row = layout.titles
    func title(_ text: String, _ count: Int, _ columns: Range<Int>, _ role: Role) {
      let number = Numbers.grouped(count)
      canvas.put(
        text, at: Point(column: columns.lowerBound, row: row), role: role,
        maxColumns: max(columns.count - number.count - 1, 0))
      canvas.putRight(
        number, endingAt: columns.upperBound, row: row, role: .dim, maxColumns: columns.count)
    }
    title("\(table.sourceDialect) (source)", table.sourceCount, layout.left, .titleFocused)
    title("\(table.targetDialect) (target)", table.targetCount, layout.right, .titleFocused)
    canvas.put(
      "transform", at: Point(column: layout.middle.lowerBound, row: row), role: .title,
      maxColumns: layout.middle.count)
  }

  private static func drawCoverage(
    _ mapping: MappingState, _ table: MappingTable, _ canvas: Canvas, _ layout: MappingLayout,
    _ body: Rect
  ) {
    let coverage = table.coverage
    let symbols = canvas.symbols
    let filled = coverage.targets
    let roles: [Role] = [
      coverage.unknown > 0 ? .error : .dim, .dim, .success,
      coverage.unfilled > 0 ? .error : .success,
    ]
    let gap = String(repeating: " ", count: MappingTable.countGap)
    var spans: [Span] = []
    for (count, role) in zip(table.counts(symbols), roles) {
      spans.append(Span((spans.isEmpty ? "" : gap) + count.text, role))
    }
    spans.append(Span(" ", roles[roles.endIndex - 1]))
    let fraction = table.targetCount > 0 ? Double(filled) / Double(table.targetCount) : 0
    spans.append(
      Span(
        Charts.barText(fraction, columns: body.columns >= 100 ? 20 : 10, symbols),
        coverage.unfilled > 0 ? .warning : .success))
    let used = canvas.put(
      spans, at: Point(column: body.column + 1, row: layout.coverage),
      maxColumns: max(body.columns - 2, 0))
    guard mapping.filter != .all else { return }
    let text = "only \(mapping.filter.rawValue)"
    if used + text.count + 4 < body.columns {
      canvas.putRight(text, endingAt: body.endColumn - 1, row: layout.coverage, role: .accent)
    }
  }

  private static func drawFilter(
    _ mapping: MappingState, _ canvas: Canvas, _ layout: MappingLayout, _ body: Rect
  ) {
    guard let row = layout.filterRow else { return }
    let count = "\(Numbers.grouped(mapping.rowCount)) rows"
    let used = canvas.put("/", at: Point(column: body.column + 1, row: row), role: .key)
    InputLineView.draw(
      mapping.line, canvas,
      Rect(
        column: body.column + 1 + used, row: row,
        columns: max(body.columns - 5 - count.count, 0), rows: 1), hasFocus: mapping.isTyping)
    canvas.putRight(
      count, endingAt: body.endColumn - 1, row: row, role: mapping.lines.isEmpty ? .warning : .dim)
  }

  // MARK: Lines

  private static func drawLines(
    _ mapping: MappingState, _ table: MappingTable, _ canvas: Canvas, _ layout: MappingLayout
  ) {
    let list = layout.list
    guard !mapping.lines.isEmpty else {
      let text = mapping.filter == .all ? "nothing matches; Esc shows all" : "no such row"
      canvas.put(text, at: Point(column: layout.left.lowerBound, row: list.row), role: .dim)
      return
    }
    let selected =
      mapping.lines.indices.contains(mapping.list.selected)
      ? mapping.lines[mapping.list.selected].row : -1
    for offset in 0..<list.rows {
      let index = mapping.list.top + offset
      guard mapping.lines.indices.contains(index) else { break }
      let line = mapping.lines[index]
      drawLine(line, table.rows[line.row], canvas, layout, row: list.row + offset)
      // The other lines of the row are shown to belong to it.
      if line.row == selected {
        canvas.restyle(
          Rect(column: list.column, row: list.row + offset, columns: list.columns, rows: 1),
          role: index == mapping.list.selected ? .selection : .selectionUnfocused)
      }
    }
    Widgets.scrollbar(
      canvas.sub(list), column: list.columns - 1, offset: mapping.list.top, visible: list.rows,
      count: mapping.lines.count)
  }

  private static func drawLine(
    _ line: MappingTable.Line, _ entry: MappingTable.Row, _ canvas: Canvas,
    _ layout: MappingLayout, row: Int
  ) {
    let symbols = canvas.symbols
    let isFirst = line.part == 0
    if entry.sources.indices.contains(line.part) {
      let mark: (String, Role)? =
        switch entry.status {
        case .unknown: (symbols.cross + " ", .error)
        case .ignored: (symbols.circle + " ", .dim)
        case .mapped, .unfilled: nil
        }
      drawKey(
        entry.sources[line.part], mark: mark, role: entry.status == .ignored ? .dim : .text,
        canvas, layout.left, row: row)
    } else if isFirst, entry.status == .unfilled {
      drawReason(entry.reason, .warning, canvas, layout.left, row: row)
    }
    if entry.targets.indices.contains(line.part) {
      drawKey(
        entry.targets[line.part],
        mark: entry.status == .unfilled ? (symbols.cross + " ", .error) : nil, role: .text,
        canvas, layout.right, row: row)
    } else if isFirst, entry.targets.isEmpty {
      drawReason(
        entry.reason, entry.status == .unknown ? .warning : .dim, canvas, layout.right, row: row)
    }
    drawTransform(line, entry, canvas, layout, row: row)
  }

  private static func drawTransform(
    _ line: MappingTable.Line, _ entry: MappingTable.Row, _ canvas: Canvas,
    _ layout: MappingLayout, row: Int
  ) {
    let symbols = canvas.symbols
    let columns = layout.middle
    var start = columns.lowerBound
    var end = columns.upperBound
    if entry.sources.count > 1, line.part < entry.sources.count {
      let isLast = line.part == entry.sources.count - 1
      canvas.put(
        line.part == 0 ? symbols.teeDown : isLast ? symbols.bottomRight : symbols.teeLeft,
        at: Point(column: start, row: row), role: .accent)
      start += 2
    }
    if entry.targets.count > 1, line.part < entry.targets.count {
      let isLast = line.part == entry.targets.count - 1
      canvas.put(
        line.part == 0 ? symbols.teeDown : isLast ? symbols.bottomLeft : symbols.teeRight,
        at: Point(column: end - 1, row: row), role: .accent)
      end -= 2
    }
    guard line.part == 0 else { return }
    let (text, role): (String, Role) =
      switch entry.status {
      case .mapped: (entry.words.text, entry.words.isPlain ? .dim : .accent)
      case .unknown: ("unknown", .error)
      case .ignored: ("ignored", .dim)
      case .unfilled: ("unfilled", .error)
      }
    canvas.put(
      text, at: Point(column: start, row: row), role: role, maxColumns: max(end - start, 0))
  }

  private static func drawKey(
    _ key: MappingTable.Key, mark: (text: String, role: Role)?, role: Role, _ canvas: Canvas,
    _ columns: Range<Int>, row: Int
  ) {
    var start = columns.lowerBound
    var end = columns.upperBound
    if let mark {
      start += canvas.put(mark.text, at: Point(column: start, row: row), role: mark.role)
    }
    if columns.count >= MappingLayout.shapedPane, let shape = key.shape {
      let text = shape.description
      canvas.putRight(text, endingAt: end, row: row, role: .dim, maxColumns: columns.count / 2)
      end -= min(text.count, columns.count / 2) + 1
    }
    // The end of a name says which tensor it is, the start only where it hangs.
    canvas.put(
      key.name, at: Point(column: start, row: row), role: role, maxColumns: max(end - start, 0),
      truncation: .start)
  }

  private static func drawReason(
    _ reason: String, _ role: Role, _ canvas: Canvas, _ columns: Range<Int>, row: Int
  ) {
    canvas.put(
      "(\(reason))", at: Point(column: columns.lowerBound, row: row), role: role,
      maxColumns: columns.count)
  }

  // MARK: No mapping, targets

  private static func drawProblem(_ answer: MappingAnswer, _ pane: Canvas) {
    pane.put(
      answer.isKnown ? "no mapping" : "unknown dialect", at: Point(column: 0, row: 0),
      role: .titleFocused)
    var lines: [(String, Role)] = []
    if let problem = answer.problem { lines.append((problem, .text)) }
    if let note = answer.note { lines.append((note, .warning)) }
    lines.append(("", .text))
    lines.append(
      (
        !answer.isKnown
          ? "3 writes the same tensors as safetensors."
          : answer.targets.contains { $0.refusal == nil && $0.target != .safetensors }
            ? "t chooses another target."
            : "t says why, target by target; 3 writes the same tensors as safetensors.", .dim
      ))
    var row = 1
    for (text, role) in lines {
      row += pane.paragraph(text, in: pane.bounds.splitTop(row).rest, role: role)
    }
  }

  private static func drawPicker(_ mapping: MappingState, _ canvas: Canvas, _ body: Rect) {
    guard let picker = mapping.picker else { return }
    let targets = mapping.targets
    let foot = MappingLayout.pickerFoot(body, mapping)
    let box = Widgets.popup(
      canvas.sub(body), columns: MappingLayout.pickerColumns, rows: targets.count + foot,
      title: "target")
    let (names, rest) = box.bounds.splitTop(targets.count)
    if foot > 0, targets.indices.contains(picker.selected) {
      box.paragraph(
        targets[picker.selected].refusal ?? "", in: rest.splitTop(1).rest, role: .warning)
    }
    Widgets.list(box.sub(names), count: targets.count, offset: 0, selected: picker.selected) {
      index, line in
      let target = targets[index]
      let isNow = target.target == mapping.answer?.target
      line.put(
        isNow ? line.symbols.bullet : "", at: Point(column: 0, row: 0), role: .accent)
      line.put(
        target.target.rawValue, at: Point(column: 2, row: 0),
        role: target.refusal == nil ? .text : .dim, maxColumns: 16)
      line.put(
        target.refusal ?? "possible", at: Point(column: MappingLayout.refusalColumn, row: 0),
        role: target.refusal == nil ? .success : .dim,
        maxColumns: max(line.columns - MappingLayout.refusalColumn, 0))
    }
  }
}
