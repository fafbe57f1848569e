import Cells

/// Where the parts of the page stand, in coordinates of the screen.
struct RopeLayout: Equatable, Sendable {
  let headline: Rect
  /// Empty where only one pane has room.
  let left: Rect
  let kernel: Rect
  let spectrum: Rect
  let fields: [FieldPlace<RopeField>]
  /// Columns of the lines between the panes.
  let rules: [Int]

  /// The rows of the list of embeddings, inside its border.
  static func pickerList(_ body: Rect, _ rope: RopeState) -> Rect {
    Widgets.popupInside(body, columns: pickerColumns(body), rows: pickerRows(body, rope))
  }

  static func pickerColumns(_ body: Rect) -> Int { min(76, body.columns - 4) }
  static func pickerRows(_ body: Rect, _ rope: RopeState) -> Int {
    min(rope.sources.count, body.rows - 2)
  }

  init(_ body: Rect, _ rope: RopeState, symbols: Symbols) {
    let inner = body.inset(columns: 1)
    let most = body.rows >= 16 ? 4 : 1
    let strip = FieldStrip(
      RopeField.fields(of: rope).map { ($0, $0.text(rope, symbols).text(symbols)) },
      columns: inner.column..<inner.endColumn, chosen: rope.field, mostLines: most,
      symbols: symbols)
    let foot = inner.endRow - strip.lineCount
    fields = strip.places(from: foot)
    let hasGaps = body.rows >= 16
    // The second line takes the place of the gap below the first.
    headline = Rect(
      column: inner.column, row: inner.row, columns: inner.columns, rows: hasGaps ? 2 : 1)
    let top = inner.row + (hasGaps ? 2 : 1)
    let panes = Rect(
      column: inner.column, row: top, columns: inner.columns,
      rows: foot - top - (hasGaps ? 1 : 0))
    let none = Rect(column: panes.endColumn, row: panes.row, columns: 0, rows: panes.rows)
    if panes.columns >= Self.threePanes {
      let side = panes.columns * 31 / 100
      let (left, rest) = panes.splitLeft(side)
      let (kernel, spectrum) = rest.splitLeft(3).rest.splitLeft(side)
      self.left = left
      self.kernel = kernel
      self.spectrum = spectrum.splitLeft(3).rest
      rules = [left.endColumn + 1, kernel.endColumn + 1]
    } else {
      // One pane: the picture that the keys move on, or what stands left of it while fields are changed.
      let showsKernel = rope.focus == .picture
      left = showsKernel ? none : panes
      kernel = showsKernel ? panes : none
      spectrum = none
      rules = []
    }
  }

  static let threePanes = 66

  init(_ state: State) {
    self.init(FrameLayout(state.size).body, state.rope, symbols: state.symbols)
  }
}
