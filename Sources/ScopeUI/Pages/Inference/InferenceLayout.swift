import Cells
import ScopeEngine

/// Where the parts of the page stand, in coordinates of the screen.
struct InferenceLayout: Equatable, Sendable {
  let headline: Rect
  /// The rows of the list of pictures, without its title.
  let pictures: Rect
  /// The preview with its title and caption.
  let preview: Rect
  let template: Rect
  /// The rows of the bars, without their header.
  let bars: Rect
  /// The matrix with its title, read-out and legend.
  let matrix: Rect
  /// Problems, or the line that is being typed.
  let notice: Rect
  let foot: Rect
  /// Column of the line between the panes; nil where only one has room.
  let rule: Int?
  var isNarrow: Bool { rule == nil }

  init(_ body: Rect, _ inference: InferenceState) {
    let inner = body.inset(columns: 1)
    let (headline, below) = inner.splitTop(1)
    self.headline = headline
    var lines = 0
    if inference.edit != nil {
      lines = 1
    } else {
      lines = min(
        Self.noticeLines(inference, columns: inner.columns).count, body.rows >= 16 ? 4 : 2)
    }
    // Where nothing stands between, a second line of times takes the place of the gap above the first.
    let isTall = body.rows >= 16
    let (foot, above) = below.splitBottom(isTall && lines == 0 ? 2 : 1)
    self.foot = foot
    let (notice, rest) = above.splitBottom(lines)
    self.notice = notice
    let middle = isTall ? rest.splitTop(1).rest.splitBottom(lines == 0 ? 0 : 1).rest : rest
    let none = Rect(column: middle.endColumn, row: middle.row, columns: 0, rows: 0)
    let left: Rect
    let right: Rect
    if middle.columns >= Self.twoPanes {
      let (first, others) = middle.splitLeft(min(middle.columns * 36 / 100, 72))
      rule = first.endColumn + 1
      left = first
      right = others.splitLeft(3).rest
    } else {
      rule = nil
      left = inference.focus == .pictures ? middle : none
      right = inference.focus == .pictures ? none : middle
    }

    let list = left.splitTop(1).rest
    let wanted = min(max(inference.pictures.count, 1), max(list.rows / 3, 2))
    pictures = list.splitTop(wanted).top
    preview = list.splitTop(wanted + (list.rows >= 14 ? 1 : 0)).rest

    let (template, table) = right.splitTop(1)
    self.template = template
    let gap = table.rows >= 16 ? 1 : 0
    let results = table.splitTop(gap).rest
    let inside = results.splitTop(1).rest
    let hasMatrix = !inference.pictures.isEmpty && !inference.labels.isEmpty
    if inference.showsMatrix || (middle.columns < Self.twoPanes && inference.focus == .matrix) {
      bars = Rect(column: none.column, row: none.row, columns: 0, rows: 0)
      matrix = results
    } else if hasMatrix, inside.rows >= 14 {
      let needed = min(inference.labels.count, max(inside.rows / 2, 5))
      bars = inside.splitTop(needed).top
      matrix =
        inside.splitTop(needed + 1).rest.splitTop(
          inference.pictures.count + MatrixLayout.otherRows
        ).top
    } else {
      bars = inside
      matrix = none
    }
  }

  init(_ state: State) {
    self.init(FrameLayout(state.size).body, state.inference)
  }

  static func noticeLines(_ inference: InferenceState, columns: Int) -> [String] {
    inference.problems.flatMap { TextLayout.wrapped($0, columns: max(columns - 2, 8)) }
  }

  static let twoPanes = 66
}

/// Where the cells of the matrix stand: a row a picture, a column a label.
struct MatrixLayout: Equatable, Sendable {
  /// Rows beside those of the pictures: title, labels, the pair, its numbers, the legend.
  static let otherRows = 5

  let cells: Rect
  let cellColumns: Int
  /// The part of the matrix that has room, around the selection.
  let firstPicture: Int
  let firstLabel: Int
  let pictureCount: Int
  let labelCount: Int
  /// The first row of the selected pair.
  let readout: Int
  /// Two where there is room: its names, and its numbers.
  let readoutRows: Int
  let legend: Int?

  init(_ pane: Rect, _ inference: InferenceState) {
    let names = min(
      max(inference.pictures.map { FilePath.name(of: $0.path).count }.max() ?? 0, 4),
      max(pane.columns / 4, 4))
    // Title and labels above; the pair, its numbers and, where there is room, the legend below.
    let hasLegend = pane.rows >= 6
    readoutRows = hasLegend ? 2 : 1
    let inner = pane.splitTop(2).rest.splitBottom(hasLegend ? readoutRows + 1 : readoutRows).rest
    let room = inner.splitLeft(names + 1).rest
    let count = max(inference.labels.count, 1)
    // The heads are numbers where names have no room, with a blank between them.
    cellColumns = min(max(room.columns / count, "\(count)".count + 1), 12)
    labelCount = min(inference.labels.count, room.columns / max(cellColumns, 1))
    pictureCount = min(inference.pictures.count, room.rows)
    firstPicture = Self.first(
      inference.list.selected, shown: pictureCount, of: inference.pictures.count)
    firstLabel = Self.first(inference.label, shown: labelCount, of: inference.labels.count)
    cells = Rect(
      column: room.column, row: room.row, columns: labelCount * cellColumns, rows: pictureCount)
    readout = cells.endRow
    legend = hasLegend ? cells.endRow + 2 : nil
  }

  private static func first(_ selected: Int, shown: Int, of count: Int) -> Int {
    min(max(selected - shown / 2, 0), max(count - shown, 0))
  }

  /// The cell under a point of the screen.
  func cell(at point: Point) -> (picture: Int, label: Int)? {
    guard cells.contains(point), cellColumns > 0 else { return nil }
    return (
      firstPicture + point.row - cells.row,
      firstLabel + (point.column - cells.column) / cellColumns
    )
  }
}
