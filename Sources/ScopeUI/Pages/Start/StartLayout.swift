import Cells

/// Where the lists of the start page stand, in coordinates of the screen.
struct StartLayout: Equatable, Sendable {
  /// One line of the page: a heading, a file (by its number over both lists), or a sentence.
  enum Line: Equatable, Sendable {
    case blank
    case name
    case heading(String)
    case sentence(String)
    case file(Int)
  }

  let area: Rect
  let lines: [Line]
  let top: Int

  init(_ body: Rect, _ start: StartState) {
    area = body.inset(columns: 2)
    var lines: [Line] = area.rows >= 14 ? [.blank, .name, .blank] : [.name]
    lines.append(.heading("Recent files"))
    for index in start.recent.indices { lines.append(.file(index)) }
    if start.recent.isEmpty { lines.append(.sentence("none yet")) }
    if area.rows >= 14 { lines.append(.blank) }
    lines.append(.heading("Checkpoints in " + (start.folder?.path ?? "this folder")))
    for index in start.here.indices { lines.append(.file(start.recent.count + index)) }
    if start.here.isEmpty {
      lines.append(
        .sentence(start.folder?.problem ?? "none; o opens a file from elsewhere, d the demo"))
    }
    self.lines = lines
    // The selected file stays in sight; the headings above it too where there is room.
    let selected = lines.firstIndex(of: .file(start.list.selected)) ?? 0
    let height = max(area.rows, 1)
    top = min(max(selected - height + 2, 0), max(lines.count - height, 0))
  }

  var listHeight: Int { max(area.rows - 4, 1) }

  func row(at point: Point) -> Int? {
    guard area.contains(point) else { return nil }
    let index = top + point.row - area.row
    if lines.indices.contains(index), case .file(let row) = lines[index] { return row }
    return nil
  }
}
