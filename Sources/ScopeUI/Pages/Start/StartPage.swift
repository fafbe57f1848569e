import Cells

/// Recent files, the checkpoints of the current folder, and how to open others.
enum StartPage {
  static let page = Page(
    id: .start, number: nil, title: "Start", command: .startPage, needsCheckpoint: false,
    scopes: { _ in [.start, .moving, .everywhere] },
    hints: { state in
      var hints: [CommandID] = [.up]
      if state.start.rowCount > 0 { hints.append(.activate) }
      hints += [.open, .demo, .theme]
      if state.start.recent.indices.contains(state.start.list.selected) {
        hints.append(.forgetRecent)
      }
      return hints
    },
    takeText: { _, _ in nil },
    perform: { state, command in state.performOnStart(command) },
    takeMouse: { state, mouse in state.takeStartMouse(mouse) },
    draw: { state, canvas in StartView.draw(state, canvas) })
}

/// Draws the start page.
enum StartView {
  static func draw(_ state: State, _ canvas: Canvas) {
    let layout = StartLayout(FrameLayout(state.size).body, state.start)
    let area = layout.area
    for row in 0..<area.rows {
      let index = layout.top + row
      guard layout.lines.indices.contains(index) else { break }
      let point = Point(column: area.column, row: area.row + row)
      switch layout.lines[index] {
      case .blank: break
      case .name:
        let used = canvas.put("clipscope", at: point, role: .accent)
        canvas.put(
          "  looks into checkpoints of CLIP-family models",
          at: Point(column: point.column + used, row: point.row),
          role: .dim, maxColumns: area.columns - used)
      case .heading(let text):
        canvas.put(text, at: point, role: .title, maxColumns: area.columns, truncation: .middle)
      case .sentence(let text):
        canvas.put("  " + text, at: point, role: .dim, maxColumns: area.columns)
      case .file(let number):
        drawFile(number, state, canvas, row: point.row, area: area)
      }
    }
  }

  private static func drawFile(
    _ number: Int, _ state: State, _ canvas: Canvas, row: Int, area: Rect
  ) {
    let start = state.start
    var name: String
    var right: String
    if start.recent.indices.contains(number) {
      let recent = start.recent[number]
      name = recent.path
      right = recent.summary.isEmpty ? "" : recent.summary + "  "
      right += Numbers.bytes(recent.byteCount)
    } else {
      let here = start.here
      guard here.indices.contains(number - start.recent.count) else { return }
      let item = here[number - start.recent.count]
      name = item.isFolder ? item.name + "/" : item.name
      right = item.isFolder ? "folder" : item.size
    }
    let isSelected = number == start.list.selected
    if isSelected {
      canvas.fill(
        Rect(column: area.column, row: row, columns: area.columns, rows: 1), role: .selection)
      canvas.put(
        canvas.symbols.chevronRight, at: Point(column: area.column, row: row), role: .selection)
    }
    let width = min(canvas.columns(of: right), area.columns / 2)
    canvas.put(
      name, at: Point(column: area.column + 2, row: row), role: isSelected ? .selection : .text,
      maxColumns: max(area.columns - 4 - width, 1), truncation: .middle)
    canvas.put(
      right, at: Point(column: area.endColumn - width, row: row),
      role: isSelected ? .selection : .dim,
      maxColumns: width)
  }
}
