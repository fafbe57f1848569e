import Analysis
import Cells

/// Draws the tokens of a text with what each of them gets.
enum AttentionTokensView {
  static func draw(
    _ state: State, _ shown: AttentionShown, _ canvas: Canvas, _ layout: AttentionLayout
  ) {
    guard let (area, top) = layout.tokens else { return }
    let attention = state.attention
    let pane = layout.picture
    let symbols = canvas.symbols
    canvas.put(
      "\(attention.method.rawValue) \(symbols.dot) from \(attention.originText)",
      at: Point(column: pane.column, row: pane.row),
      role: attention.focus == .picture ? .titleFocused : .title, maxColumns: pane.columns)
    let values = shown.part(shown.values, frame: 0)
    guard !values.isEmpty else { return }
    let colors = AttentionColors(values, colorScale: state.colorScale)
    let (low, high) = colors.ends
    let labels = values.indices.map { label($0, shown.capture) }
    let widest = labels.map { canvas.columns(of: $0) }.max() ?? 1
    let room = min(widest, max(area.columns / 3, 4))
    let shownRows = values.indices.dropFirst(top).prefix(area.rows)
    for index in shownRows {
      let row = area.row + index - top
      let isOrigin = origin(of: attention, shown) == index
      canvas.put(
        isOrigin ? "*" : " ", at: Point(column: area.column, row: row), role: .accent)
      canvas.put(
        labels[index], at: Point(column: area.column + 2, row: row), maxColumns: room)
      if index == attention.column, attention.focus == .picture {
        canvas.restyle(
          Rect(column: area.column, row: row, columns: room + 2, rows: 1), role: .selection)
      }
      let value = Double(values[index])
      let column = area.column + room + 3
      canvas.picture(
        PixelGrid(width: 2, height: 2, fill: colors.color(values[index])),
        at: Point(column: column, row: row))
      canvas.putRight(
        Numbers.value(value, digits: 3), endingAt: column + 11, row: row, role: .text,
        maxColumns: 9)
      let bar = area.endColumn - column - 12
      if bar > 2, value.isFinite {
        let reach = max(abs(low), abs(high))
        Charts.bar(
          canvas, at: Point(column: column + 12, row: row), columns: bar,
          fraction: reach > 0 ? abs(value) / reach : 0)
      }
    }
    let hidden = values.count - shownRows.count
    let word =
      hidden > 0 ? "token \(attention.column) of \(values.count)" : "\(values.count) tokens"
    canvas.put(
      word, at: Point(column: pane.column, row: area.endRow), role: .dim, maxColumns: pane.columns)
    AttentionPageView.legend(
      colors, values, canvas, at: Point(column: pane.column, row: area.endRow + 1),
      columns: pane.columns)
  }

  static func label(_ token: Int, _ capture: AttentionCapture) -> String {
    capture.labels.indices.contains(token) ? capture.labels[token] : "\(token)"
  }

  /// The token that is looked from; nil for a mean.
  private static func origin(of attention: AttentionState, _ shown: AttentionShown) -> Int? {
    switch shown.choice.origin {
    case .token(let index)?: return index
    case .pool?: return shown.capture.view.pooledToken
    default: return nil
    }
  }
}
