import Analysis
import Cells

/// Draws the tokens of a text with what each of them gets.
enum AttentionTokensView {
  static func draw(
    _ state: State, _ shown: AttentionShown, _ canvas: Canvas, _ layout: AttentionLayout
  ) {
    guard let rows = layout.tokens else { return }
    let attention = state.attention
    let area = rows.area
    let pane = layout.picture
    let symbols = canvas.symbols
    canvas.put(
      "\(attention.method.rawValue) \(symbols.dot) from \(attention.originText)",
      at: pane.corner,
      role: attention.focus == .picture ? .titleFocused : .title, maxColumns: pane.columns)
    let values = shown.part(shown.values, frame: 0)
    guard !values.isEmpty else { return }
    let colors = AttentionColors(values, colorScale: state.colorScale)
    let labels = values.indices.map { label($0, shown.capture) }
    let widest = labels.map { canvas.columns(of: $0) }.max() ?? 1
    let labelColumns = min(widest, max(area.columns / 3, 4))
    let shownRows = values.indices.dropFirst(rows.top).prefix(area.rows)
    for index in shownRows {
      let row = Rect(
        column: area.column, row: area.row + index - rows.top, columns: area.columns, rows: 1)
      canvas.put(
        origin(of: attention, shown) == index ? "*" : " ", at: row.corner, role: .accent)
      canvas.put(
        labels[index], at: Point(column: row.column + 2, row: row.row), maxColumns: labelColumns)
      if index == attention.column, attention.focus == .picture {
        canvas.restyle(row.splitLeft(labelColumns + 2).left, role: .selection)
      }
      drawValue(values[index], colors, canvas, row.splitLeft(labelColumns + 3).rest)
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

  /// The colour of a value, the number, and a bar as long as it is large.
  private static func drawValue(
    _ value: Float, _ colors: AttentionColors, _ canvas: Canvas, _ area: Rect
  ) {
    canvas.picture(PixelGrid(width: 2, height: 2, fill: colors.color(value)), at: area.corner)
    canvas.putRight(
      Numbers.value(Double(value), digits: 3), endingAt: area.column + 11, row: area.row,
      maxColumns: 9)
    let bar = area.splitLeft(12).rest
    guard bar.columns > 2, value.isFinite else { return }
    let reach = max(abs(colors.ends.low), abs(colors.ends.high))
    Charts.bar(
      canvas, at: bar.corner, columns: bar.columns,
      fraction: reach > 0 ? abs(Double(value)) / reach : 0)
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
