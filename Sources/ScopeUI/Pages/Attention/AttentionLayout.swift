import Analysis
import Cells

/// Where the parts of the page stand, in coordinates of the screen.
struct AttentionLayout: Equatable, Sendable {
  /// The list of the tokens of a text.
  struct TokenRows: Equatable {
    var area: Rect
    /// The token in the first row.
    var top: Int
  }

  let headline: Rect
  let fields: [FieldPlace<AttentionField>]
  /// Picture and map, or the tokens of a text; empty where only the heads have room.
  let picture: Rect
  /// Where the picture itself is drawn; nil for texts.
  let fit: PictureFit?
  /// Nil for pictures.
  let tokens: TokenRows?
  /// Empty where they are not on show.
  let heads: AttentionHeadsLayout
  /// Column of the line between the panes.
  let rule: Int?
  /// The pictures to choose from, while there is no map.
  let list: Rect
  let listTop: Int
  /// What was passed over of them; empty where nothing was.
  let listNote: Rect

  init(_ body: Rect, _ attention: AttentionState, symbols: Symbols) {
    let inner = body.inset(columns: 1)
    let isTall = body.rows >= 16
    headline = Rect(column: inner.column, row: inner.row, columns: inner.columns, rows: 1)
    let strip = FieldStrip(
      AttentionField.fields(of: attention).map {
        ($0, $0.text(attention).text(symbols))
      },
      columns: inner.column..<inner.endColumn, chosen: attention.field, mostLines: isTall ? 3 : 1,
      symbols: symbols)
    fields = strip.places(from: inner.row + 1)
    let top = inner.row + 1 + strip.lineCount + (isTall ? 1 : 0)
    let panes = Rect(
      column: inner.column, row: top, columns: inner.columns, rows: max(inner.endRow - top, 0))
    let left: Rect
    let right: Rect
    (left, right, rule) = Self.split(panes, showsHeads: attention.focus == .heads)
    picture = left
    heads = AttentionHeadsLayout(right, attention)

    // While there is no map, the pane has a sentence and the list of pictures.
    let (note, listArea) = panes.splitTop(isTall ? 4 : 2).rest
      .splitBottom(attention.picturesNote == nil ? 0 : 1)
    let none = Rect(column: 0, row: 0, columns: 0, rows: 0)
    list = attention.capture == nil ? listArea : none
    listNote = attention.capture == nil ? note : none
    listTop = Widgets.scrolled(
      offset: attention.list.top, selected: attention.list.selected,
      count: attention.pictures.count, rows: listArea.rows)

    let isText = attention.capture?.view.grid.isEmpty
    fit = isText == false ? attention.capture.map { Self.fit($0, in: left) } : nil
    tokens = isText == true ? Self.tokenRows(attention, in: left) : nil
  }

  /// Two panes side by side with the column of the line between them, or one of them.
  private static func split(
    _ panes: Rect, showsHeads: Bool
  ) -> (left: Rect, right: Rect, rule: Int?) {
    guard panes.columns >= twoPanes else {
      let none = Rect(column: panes.endColumn, row: panes.row, columns: 0, rows: panes.rows)
      return showsHeads ? (none, panes, nil) : (panes, none, nil)
    }
    let (left, rest) = panes.splitLeft(panes.columns * (panes.columns >= 150 ? 55 : 50) / 100)
    return (left, rest.splitLeft(3).rest, left.endColumn + 1)
  }

  /// The picture under its title, above read-out and legend.
  private static func fit(_ capture: AttentionCapture, in pane: Rect) -> PictureFit {
    let preview = capture.previews.first
    return PictureFit(
      rows: capture.rows, columns: capture.columns, width: preview?.width ?? capture.columns,
      height: preview?.height ?? capture.rows,
      in: pane.splitTop(1).rest.splitBottom(min(3, max(pane.rows - 3, 1))).rest)
  }

  private static func tokenRows(_ attention: AttentionState, in pane: Rect) -> TokenRows {
    let area = pane.splitTop(1).rest.splitBottom(2).rest
    return TokenRows(
      area: area,
      top: Widgets.scrolled(
        offset: max(attention.column - area.rows / 2, 0), selected: attention.column,
        count: attention.capture?.columns ?? 0, rows: area.rows))
  }

  init(_ state: State) {
    self.init(FrameLayout(state.size).body, state.attention, symbols: state.symbols)
  }

  static let twoPanes = 60

  // MARK: What is under a point

  /// The patch or the token under a point.
  func place(at point: Point) -> (row: Int, column: Int)? {
    if let tokens {
      guard tokens.area.contains(point) else { return nil }
      return (0, tokens.top + point.row - tokens.area.row)
    }
    return fit?.element(at: point)
  }
}
