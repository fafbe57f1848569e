import Cells
import Checkpoints
import Tensors

/// Where the parts of the detail pane stand, in coordinates of the screen.
///
/// Parts without room are empty.
struct DetailLayout: Equatable {
  var name: [String] = []
  var lines: [String] = []
  var warnings: [String] = []
  var text: Rect
  var numbers: Rect
  var histogram: Rect
  var spectrum: Rect
  /// Title and legend included.
  var heatMapPane: Rect
  /// The picture itself.
  var heatMap: Rect

  init(_ state: State) {
    let pane = TreeLayout(FrameLayout(state.size).body, state.tree).detail
    let all = pane.inset(columns: 1)
    let nothing = Rect(column: all.column, row: all.endRow, columns: all.columns, rows: 0)
    text = all
    numbers = nothing
    histogram = nothing
    spectrum = nothing
    heatMapPane = nothing
    heatMap = nothing
    guard all.columns >= 8, all.rows > 0, let facts = DetailFacts(state) else { return }
    name = TextLayout.wrapped(facts.name, columns: all.columns, breaksAnywhere: true)
    let mostNameLines = max(all.rows / 5, 1)
    if name.count > mostNameLines {
      name = Array(name.prefix(mostNameLines))
      // The rest is one Enter away.
      name[mostNameLines - 1] = String(name[mostNameLines - 1].dropLast()) + "…"
    }
    lines = facts.lines.flatMap { TextLayout.wrapped($0, columns: all.columns) }
    warnings = facts.warnings.flatMap { TextLayout.wrapped($0, columns: all.columns) }
    lines = Array(lines.prefix(max(all.rows / 4, 2)))
    warnings = Array(warnings.prefix(max(all.rows / 5, 2)))
    guard let reference = state.tree.detail.entry, let entry = state.entry(reference),
      entry.isReadable, entry.elementCount > 0
    else { return }
    let (text, belowText) = all.splitTop(name.count + lines.count + warnings.count)
    self.text = text
    // Blank rows are given up first, then the histogram, then the numbers.
    let gap = belowText.rows >= 15 ? 1 : 0
    let (numbers, belowNumbers) = belowText.splitTop(gap).rest.splitTop(
      min(StatisticsRows.count(columns: all.columns), belowText.rows))
    self.numbers = numbers
    let rest = belowNumbers.splitTop(gap).rest
    let graphRows = rest.rows >= 16 ? 7 : rest.rows >= 11 ? 5 : rest.rows >= 9 ? 4 : 0
    let (graphs, belowGraphs) = rest.splitTop(graphRows)
    if graphRows > 0 {
      if entry.shape.rank >= 2, graphs.columns >= 44 {
        let (left, right) = graphs.splitLeft(graphs.columns / 2)
        histogram = left
        spectrum = right.splitLeft(1).rest
      } else {
        histogram = graphs
        spectrum = Rect(
          column: graphs.column, row: graphs.endRow, columns: graphs.columns, rows: 0)
      }
    }
    heatMapPane = belowGraphs.splitTop(graphRows > 0 ? gap : 0).rest
    if heatMapPane.rows >= 3 {
      heatMap = heatMapPane.splitTop(1).rest.splitBottom(1).rest
    }
  }
}

/// How the eight numbers of a tensor are laid out.
enum StatisticsRows {
  /// Numbers side by side, so that the widest, such as `mean -6.50e-04`, is never cut.
  static func perRow(columns: Int) -> Int { columns >= 60 ? 4 : columns >= 45 ? 3 : 2 }

  static func count(columns: Int) -> Int {
    let perRow = perRow(columns: columns)
    return (8 + perRow - 1) / perRow
  }
}
