import Cells

/// Draws what lies over the page.
enum OverlayView {
  static func draw(_ overlay: Overlay, _ state: State, _ canvas: Canvas) {
    let layout = OverlayLayout(state.size, overlay)
    guard layout.box.columns > 4, layout.box.rows > 2 else { return }
    switch overlay {
    case .help(let help): drawHelp(help, state, canvas, layout)
    case .palette(let palette): drawPalette(palette, canvas, layout)
    case .themes(let picker): drawThemes(picker, canvas, layout)
    case .files(let picker): drawFiles(picker, state, canvas, layout)
    case .message(let message): drawMessage(message, canvas, layout)
    case .choice(let choice): drawChoice(choice, canvas, layout)
    case .export(let export): drawExport(export, canvas, layout)
    case .viewer(let viewer): drawViewer(viewer, state, canvas, layout)
    }
  }

  /// A blank box with a thin border, its title in the border, its keys at the foot.
  private static func drawBox(
    _ canvas: Canvas, _ box: Rect, title: String, keys: [(String, String)],
    role: Role = .titleFocused
  ) {
    canvas.fill(
      box,
      style: Style(foreground: canvas.style(.text).foreground, background: canvas.theme.background))
    let pane = canvas.sub(box)
    let bottom = box.rows - 1
    Widgets.frame(pane)
    pane.put(
      " \(title) ", at: Point(column: 2, row: 0), role: role, maxColumns: max(box.columns - 4, 0),
      truncation: .middle)
    var column = 2
    for (key, meaning) in keys where column < box.columns - 3 {
      column += pane.put(
        key, at: Point(column: column, row: bottom - 1), role: .key,
        maxColumns: box.columns - 2 - column)
      column += 1
      column += pane.put(
        meaning, at: Point(column: column, row: bottom - 1), role: .keyHint,
        maxColumns: max(box.columns - 2 - column, 0))
      column += 2
    }
  }

  private static func drawHelp(
    _ help: HelpState, _ state: State, _ canvas: Canvas, _ layout: OverlayLayout
  ) {
    drawBox(
      canvas, layout.box, title: "keys and commands",
      keys: [(canvas.symbols.arrowUp + canvas.symbols.arrowDown, "scroll"), ("Esc", "back")])
    let pane = canvas.sub(layout.list)
    let lines = HelpText.lines(state, columns: pane.columns, symbols: canvas.symbols)
    let keyColumns = HelpText.keyColumns
    let titleColumns = HelpText.titleColumns(in: pane.columns)
    let helpColumn = HelpText.helpColumn(in: pane.columns)
    for row in 0..<pane.rows {
      let index = help.top + row
      guard lines.indices.contains(index) else { break }
      switch lines[index] {
      case .blank: break
      case .heading(let text):
        pane.put(text, at: Point(column: 0, row: row), role: .title)
      case .command(let keys, let title, let text):
        pane.put(keys, at: Point(column: 1, row: row), role: .key, maxColumns: keyColumns)
        if titleColumns > 0 {
          pane.put(
            title, at: Point(column: keyColumns + 2, row: row), role: .text,
            maxColumns: titleColumns - 1)
        }
        pane.put(text, at: Point(column: helpColumn, row: row), role: .help)
      case .more(let text):
        pane.put(text, at: Point(column: helpColumn, row: row), role: .help)
      }
    }
  }

  private static func drawPalette(
    _ palette: PaletteState, _ canvas: Canvas, _ layout: OverlayLayout
  ) {
    drawBox(
      canvas, layout.box, title: "commands", keys: [("Enter", "run"), ("Esc", "back")])
    drawLine(palette.line, canvas, layout, sign: ":")
    let pane = canvas.sub(layout.list)
    for (row, index) in shown(palette.list, palette.found.count, pane.rows) {
      guard let command = CommandTable.command(palette.found[index]) else { continue }
      let role = select(index == palette.list.selected, pane, row)
      pane.put(command.title, at: Point(column: 1, row: row), role: role ?? .text, maxColumns: 19)
      let keys = command.keys.first?.label(canvas.symbols) ?? ""
      pane.put(
        command.help, at: Point(column: 21, row: row), role: role ?? .dim,
        maxColumns: max(pane.columns - 22 - keys.count, 0))
      pane.putRight(keys, endingAt: pane.columns, row: row, role: role ?? .key)
    }
    guard
      let selected = palette.found.indices.contains(palette.list.selected)
        ? CommandTable.command(palette.found[palette.list.selected]) : nil
    else {
      pane.put("no such command", at: Point(column: 1, row: 0), role: .dim)
      return
    }
    // The row may have no room for the whole sentence.
    canvas.paragraph(selected.help, in: layout.text, role: .help)
  }

  private static func drawThemes(
    _ picker: ThemePickerState, _ canvas: Canvas, _ layout: OverlayLayout
  ) {
    drawBox(
      canvas, layout.box, title: "theme", keys: [("Enter", "take"), ("Esc", "back")])
    let pane = canvas.sub(layout.list)
    for (row, index) in shown(picker.list, picker.names.count, pane.rows) {
      let role = select(index == picker.list.selected, pane, row)
      pane.put(picker.names[index], at: Point(column: 1, row: row), role: role ?? .text)
    }
  }

  private static func drawFiles(
    _ picker: FilePickerState, _ state: State, _ canvas: Canvas, _ layout: OverlayLayout
  ) {
    let place = picker.listing?.path ?? canvas.symbols.ellipsis
    drawBox(
      canvas, layout.box, title: (picker.purpose == .open ? "open  " : "compare with  ") + place,
      keys: [
        ("Enter", "open"), (canvas.symbols.arrowLeft, "up"), (canvas.symbols.arrowRight, "into"),
        ("Tab", picker.showsHidden ? "without hidden" : "with hidden"), ("Esc", "back"),
      ])
    drawLine(picker.filter, canvas, layout, sign: "/")
    let pane = canvas.sub(layout.list)
    if let problem = picker.listing?.problem {
      pane.put(problem, at: Point(column: 1, row: 0), role: .error)
      return
    }
    let items = picker.items
    for (row, index) in shown(picker.list, items.count, pane.rows) {
      let item = items[index]
      let role = select(index == picker.list.selected, pane, row)
      let plain: Role = item.isCheckpoint ? .text : item.isFolder ? .link : .dim
      pane.put(
        item.isFolder ? item.name + "/" : item.name, at: Point(column: 1, row: row),
        role: role ?? plain, maxColumns: max(pane.columns - 12, 4), truncation: .middle)
      let right =
        item == FilePickerState.whole
        ? "\(picker.listing?.snapshotCount ?? 0) snapshots as one"
        : item.isFolder ? (item.isCheckpoint ? "checkpoint" : "") : item.size
      pane.putRight(right, endingAt: pane.columns, row: row, role: role ?? .dim)
    }
    if picker.listing != nil, items.isEmpty {
      let path = picker.typedPath.map {
        $0.hasSuffix("/") ? "a folder: Enter lists it" : "a path: Enter opens it"
      }
      pane.put(path ?? "nothing matches", at: Point(column: 1, row: 0), role: .dim)
    }
  }

  private static func drawMessage(
    _ message: MessageState, _ canvas: Canvas, _ layout: OverlayLayout
  ) {
    drawBox(
      canvas, layout.box, title: message.title, keys: [("Enter", "go on")],
      role: message.kind == .error ? .error : .warning)
    let pane = canvas.sub(layout.text.splitBottom(1).rest)
    pane.paragraph(message.text, in: pane.bounds)
  }

  private static func drawChoice(
    _ choice: ChoiceState, _ canvas: Canvas, _ layout: OverlayLayout
  ) {
    drawBox(canvas, layout.box, title: choice.title, keys: [("Enter", "choose"), ("Esc", "back")])
    let pane = canvas.sub(layout.list)
    for (row, option) in choice.options.enumerated() {
      let role = select(row == choice.selected, pane, row)
      pane.put(option.key, at: Point(column: 1, row: row), role: role ?? .key)
      pane.put(option.label, at: Point(column: 4, row: row), role: role ?? .text)
    }
  }

  private static func drawExport(
    _ export: ExportState, _ canvas: Canvas, _ layout: OverlayLayout
  ) {
    drawBox(
      canvas, layout.box, title: "export the view",
      keys: [
        ("Enter", export.existing == nil ? "write" : "replace"), ("Tab", "format"), ("Esc", "back"),
      ])
    let pane = canvas.sub(layout.text)
    var column = 0
    for format in ExportFormat.allCases {
      column += pane.put(
        " \(format.rawValue) ", at: Point(column: column, row: 1),
        role: format == export.format ? .selection : .dim)
      column += 1
    }
    let used = pane.put("to ", at: Point(column: 0, row: 3), role: .dim)
    InputLineView.draw(
      export.line, canvas,
      Rect(
        column: layout.text.column + used, row: layout.text.row + 3,
        columns: layout.text.columns - used, rows: 1), hasFocus: true)
    if export.existing != nil {
      pane.put(
        "exists; Enter replaces it", at: Point(column: 0, row: 4), role: .warning)
    }
  }

  private static func drawViewer(
    _ viewer: ViewerState, _ state: State, _ canvas: Canvas, _ layout: OverlayLayout
  ) {
    let several = viewer.documents.count > 1
    let position =
      viewer.lines.count > layout.text.rows
      ? "  \(viewer.top + 1)-\(min(viewer.top + layout.text.rows, viewer.lines.count)) of \(viewer.lines.count)"
      : ""
    let arrows = canvas.symbols.arrowUp + canvas.symbols.arrowDown
    drawBox(
      canvas, layout.box, title: (viewer.selected?.title ?? viewer.title) + position,
      keys: (several ? [("Tab", "next")] : []) + [
        (arrows, "scroll"), ("y", "copy"), ("Esc", "back"),
      ])
    if several {
      let pane = canvas.sub(layout.list)
      for (row, index) in shown(viewer.list, viewer.documents.count, pane.rows) {
        let role = select(index == viewer.list.selected, pane, row)
        pane.put(viewer.documents[index].title, at: Point(column: 0, row: row), role: role ?? .dim)
      }
      canvas.verticalRule(
        column: layout.list.endColumn, from: layout.list.row, to: layout.list.endRow)
    }
    let pane = canvas.sub(layout.text)
    if viewer.missingPath != nil {
      pane.put(canvas.symbols.ellipsis, at: Point(column: 0, row: 0), role: .dim)
    }
    for row in 0..<pane.rows where viewer.lines.indices.contains(viewer.top + row) {
      pane.put(viewer.lines[viewer.top + row], at: Point(column: 0, row: row), role: .text)
    }
  }

  // MARK: Pieces

  private static func drawLine(
    _ line: InputLine, _ canvas: Canvas, _ layout: OverlayLayout, sign: String
  ) {
    let row = layout.box.row + 1
    let column = layout.box.column + 2
    let used = canvas.put(sign, at: Point(column: column, row: row), role: .key)
    InputLineView.draw(
      line, canvas,
      Rect(
        column: column + used + 1, row: row, columns: layout.box.columns - 5 - used, rows: 1),
      hasFocus: true)
  }

  /// Rows of a pane with the item that each one shows.
  private static func shown(
    _ list: ListCursor, _ count: Int, _ height: Int
  ) -> [(row: Int, index: Int)] {
    (0..<max(height, 0)).compactMap { row in
      let index = list.top + row
      return index < count ? (row, index) : nil
    }
  }

  private static func select(_ isSelected: Bool, _ pane: Canvas, _ row: Int) -> Role? {
    guard isSelected else { return nil }
    pane.fill(Rect(column: 0, row: row, columns: pane.columns, rows: 1), role: .selection)
    return .selection
  }
}
