import Cells

/// Where the parts of the page stand, in coordinates of the screen.
struct MappingLayout: Equatable, Sendable {
  /// Row of the three titles.
  let titles: Int
  /// Row of the counts and the bar.
  let coverage: Int
  let filterRow: Int?
  let list: Rect
  /// Row of the line above the detail.
  let ruleRow: Int?
  let detail: Rect
  /// Columns of source, transform and target.
  let left: Range<Int>
  let middle: Range<Int>
  let right: Range<Int>
  /// Columns of the lines between them.
  let rules: [Int]

  init(_ body: Rect, _ mapping: MappingState, _ symbols: Symbols) {
    let width = max(body.columns, 0)
    let between = width >= 110 ? 18 : width >= 70 ? 15 : 6
    let side = max((width - 2 - between - 6) / 2, 0)
    let start = body.column + 1
    left = start..<start + side
    middle = left.upperBound + 3..<left.upperBound + 3 + between
    right = middle.upperBound + 3..<max(body.endColumn - 1, middle.upperBound + 3)
    rules = [left.upperBound + 1, middle.upperBound + 1]
    titles = body.row
    coverage = body.row + 1
    filterRow = mapping.hasFilterLine ? body.row + 2 : nil
    let rest = body.splitTop(filterRow == nil ? 2 : 3).rest
    let usual = body.rows >= 26 ? 7 : body.rows >= 16 ? 6 : 0
    // What the selected row takes, as long as half of the rows stay for the list.
    let needed = mapping.selectedRow.map {
      MappingDetailView.lines($0, columns: max(width - 2, 0), symbols).count
    }
    let details = usual == 0 ? 0 : max(usual, min(needed ?? 0, body.rows / 2 - 1))
    if details > 0 {
      let (foot, above) = rest.splitBottom(details + 1)
      list = above
      ruleRow = foot.row
      detail = foot.splitTop(1).rest.inset(columns: 1)
    } else {
      list = rest
      ruleRow = nil
      detail = Rect(column: body.column, row: body.endRow, columns: 0, rows: 0)
    }
  }

  /// The rows of the list of targets, inside its border.
  static func pickerList(_ body: Rect, _ mapping: MappingState) -> Rect {
    let count = mapping.targets.count
    return Widgets.popupInside(
      body, columns: pickerColumns, rows: count + pickerFoot(body, mapping)
    ).splitTop(count).top
  }

  /// Rows below that list for the refusal of the selected target: none where all of them fit beside the names.
  static func pickerFoot(_ body: Rect, _ mapping: MappingState) -> Int {
    let columns = min(pickerColumns, body.columns - 4)
    let refusals = mapping.targets.compactMap(\.refusal)
    guard refusals.contains(where: { SafeText.columns(of: $0) > columns - refusalColumn }) else {
      return 0
    }
    let most = refusals.map { TextLayout.wrapped($0, columns: columns).count }.max() ?? 0
    return most + 1
  }

  /// Where the refusals begin.
  static let refusalColumn = 19

  static let pickerColumns = 100
  /// Panes narrower than this have no room for shapes.
  static let shapedPane = 42
}
