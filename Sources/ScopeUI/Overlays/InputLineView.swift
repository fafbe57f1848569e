import Cells

/// Draws a line of text that is being typed; the part around the cursor stays in sight.
enum InputLineView {
  static func draw(_ line: InputLine, _ canvas: Canvas, _ area: Rect, hasFocus: Bool) {
    guard area.columns > 1, area.rows > 0 else { return }
    let pane = canvas.sub(area)
    // What the next letter takes the place of looks as what is selected does elsewhere.
    let role: Role = line.isOffered ? .selection : .input
    let before = String(line.text.prefix(line.cursor))
    let after = String(line.text.dropFirst(line.cursor))
    let width = pane.columns(of: before)
    let shown: String
    if width >= area.columns {
      shown =
        SafeText(before, asciiOnly: canvas.symbols.asciiOnly).truncated(
          to: area.columns - 1, .start, mark: SafeText(canvas.symbols.ellipsis)
        ).string
    } else {
      shown = before
    }
    let used = pane.put(shown, at: Point(column: 0, row: 0), role: role)
    pane.put(
      after, at: Point(column: used, row: 0), role: role, maxColumns: area.columns - used)
    if hasFocus { pane.setCursor(Point(column: used, row: 0)) }
  }
}
