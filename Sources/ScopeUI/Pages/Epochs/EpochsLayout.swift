import Cells

/// Where the parts of the page stand, in coordinates of the screen.
struct EpochsLayout: Equatable, Sendable {
  let headline: Rect
  /// Zero-shot accuracy; empty where there is none and no reason for it.
  let accuracy: Rect
  let findRow: Int?
  let header: Int
  let list: Rect
  /// The line that says what the columns are; nil where rows are scarce.
  let legend: Int?
  /// Column of the line between the panes; nil where only the list has room.
  let rule: Int?
  /// The selected tensor at each snapshot.
  let detail: Rect

  init(_ body: Rect, _ epochs: EpochsState) {
    let inner = body.inset(columns: 1)
    let hasAccuracy = epochs.accuracy != nil || epochs.accuracyProblem != nil
    let (headline, below) = inner.splitTop(1)
    let (accuracy, middle) = below.splitTop(hasAccuracy ? 1 : 0)
    self.headline = headline
    self.accuracy = accuracy
    let rest = middle.splitTop(body.rows >= 16 ? 1 : 0).rest
    let left: Rect
    if rest.columns >= Self.twoPanes {
      let (first, others) = rest.splitLeft(rest.columns - Self.detailColumns - 3)
      left = first
      rule = first.endColumn + 1
      detail = others.splitLeft(3).rest
    } else {
      left = rest
      rule = nil
      detail = Rect(column: rest.endColumn, row: rest.row, columns: 0, rows: 0)
    }
    let hasFind = epochs.hasFindLine
    findRow = hasFind ? left.row : nil
    header = left.row + (hasFind ? 1 : 0)
    let rows = left.splitTop(hasFind ? 2 : 1).rest
    let hasLegend = body.rows >= 16
    list = hasLegend ? rows.splitBottom(1).rest : rows
    legend = hasLegend ? list.endRow : nil
  }

  init(_ state: State) { self.init(FrameLayout(state.size).body, state.epochs) }

  static let twoPanes = 104
  static let detailColumns = 46
}
