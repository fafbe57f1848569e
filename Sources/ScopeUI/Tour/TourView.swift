import Cells

/// Draws the strip of the tour over the line above the status, and over the status where the sentence needs two rows.
enum TourView {
  static func draw(_ state: State, _ canvas: Canvas) {
    guard let tour = state.tour else { return }
    let layout = FrameLayout(state.size)
    let keys = tour.isAtEnd ? "Enter ends" : "Enter next, Esc leave"
    let text = "\(tour.text)  \(canvas.symbols.dot) \(keys)"
    let lines = TextLayout.wrapped(text, columns: max(state.size.columns - 2, 8))
    // Low screens have no line to give; the status goes first, then the keys.
    let rows =
      layout.rules.last.map { [$0, layout.status.row] } ?? [layout.status.row, layout.keys.row]
    for (line, row) in zip(lines, rows) {
      canvas.fill(
        Rect(column: 0, row: row, columns: state.size.columns, rows: 1), role: .selection)
      canvas.put(line, at: Point(column: 1, row: row), role: .selection)
    }
  }
}
