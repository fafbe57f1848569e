import Cells

/// Where the panes of the tree page stand, in coordinates of the screen.
struct TreeLayout: Equatable, Sendable {
  /// Empty where only the detail pane has room.
  let tree: Rect
  /// Empty where it is hidden or has no room.
  let detail: Rect
  /// Column of the line between the panes.
  let dividerColumn: Int?
  let findRow: Int?
  let headerRow: Int
  let list: Rect

  init(_ body: Rect, _ state: TreeState) {
    let hasFind = state.find != nil
    if body.columns >= Self.twoPanes, state.showsDetail {
      let wanted = Int((Double(body.columns) * state.divider).rounded())
      let width = min(max(wanted, Self.narrowestTree), body.columns - Self.narrowestDetail - 1)
      let (left, rest) = body.splitLeft(width)
      tree = left
      dividerColumn = rest.column
      detail = rest.splitLeft(1).rest
    } else if state.showsDetail, state.focus == .detail {
      tree = Rect(column: body.column, row: body.row, columns: 0, rows: body.rows)
      dividerColumn = nil
      detail = body
    } else {
      tree = body
      dividerColumn = nil
      detail = Rect(column: body.endColumn, row: body.row, columns: 0, rows: body.rows)
    }
    findRow = hasFind ? tree.row : nil
    headerRow = tree.row + (hasFind ? 1 : 0)
    list = tree.splitTop(hasFind ? 2 : 1).rest
  }

  static let twoPanes = 68
  static let narrowestTree = 28
  static let narrowestDetail = 30
}
