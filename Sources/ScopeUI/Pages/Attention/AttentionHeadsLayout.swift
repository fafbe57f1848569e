import Analysis
import Cells

/// Where the parts beside the picture stand: maps of all heads, their measures, the overview of all layers.
///
/// Parts that are not on show are empty.
struct AttentionHeadsLayout: Equatable {
  let tiles: HeadTiles
  let measures: Rect
  /// The head in the first row of the measures.
  let measuresTop: Int
  let overview: Rect
  let overviewFit: PictureFit?

  /// A pane of so many rows has room for all three.
  private static let stackedRows = 26

  init(_ pane: Rect, _ attention: AttentionState) {
    let none = Rect(column: pane.endColumn, row: pane.endRow, columns: 0, rows: 0)
    guard let capture = attention.capture else {
      tiles = HeadTiles(count: 0, rows: 1, columns: 1, in: none)
      (measures, measuresTop) = (none, 0)
      (overview, overviewFit) = (none, nil)
      return
    }
    let count = capture.heads(of: attention.shownLayer ?? .pool)
    func headTiles(in area: Rect) -> HeadTiles {
      HeadTiles(
        count: count, rows: capture.rows, columns: capture.columns, in: area,
        areLines: capture.view.grid.isEmpty)
    }
    if pane.rows >= Self.stackedRows {
      let upper = pane.splitBottom(pane.rows * 45 / 100).rest.splitBottom(1).rest
      tiles = headTiles(in: upper)
      // What few heads leave free belongs to what stands below them.
      let lower = pane.splitTop(min(tiles.usedRows, upper.rows) + 1).rest
      let split = lower.splitLeft(lower.columns * 55 / 100)
      measures = split.left
      overview = split.rest.splitLeft(2).rest
    } else {
      tiles = headTiles(in: attention.headsView == .heads ? pane : none)
      measures = attention.headsView == .measures ? pane : none
      overview = attention.headsView == .overview ? pane : none
    }
    var selected = 0
    if case .index(let head) = attention.head { selected = head }
    measuresTop = Widgets.scrolled(
      offset: 0, selected: selected, count: count, rows: max(measures.rows - 2, 1))
    overviewFit = Self.overviewFit(capture, in: overview)
  }

  /// A head is flat where there are many layers, near a square where there are few.
  private static func overviewFit(_ capture: AttentionCapture, in area: Rect) -> PictureFit? {
    guard !area.isEmpty, let stack = capture.view.stack else { return nil }
    let columns = max((area.columns - 1) / max(stack.heads, 1), 1)
    let isRoomy = columns >= 4 && 2 * stack.layers <= area.rows - 3
    return PictureFit(
      rows: stack.layers, columns: stack.heads, cell: isRoomy ? (4, 4) : (min(columns, 3), 2),
      in: area.splitTop(1).rest.splitBottom(2).rest)
  }

  // MARK: What is under a point

  func head(at point: Point) -> Int? {
    if let head = tiles.head(at: point) { return head }
    let rows = measures.splitTop(2).rest
    guard rows.contains(point) else { return nil }
    let head = measuresTop + point.row - rows.row
    return head < tiles.count ? head : nil
  }

  func overviewCell(at point: Point) -> (layer: Int, head: Int)? {
    overviewFit?.element(at: point).map { ($0.row, $0.column) }
  }
}

/// Small maps of all heads, side by side; for texts a line a head.
struct HeadTiles: Equatable, Sendable {
  let count: Int
  /// The whole part, with its title and legend.
  let area: Rect
  let across: Int
  /// Of one tile, in cells, without the gap.
  let tileColumns: Int
  let tileRows: Int
  let hasLabels: Bool
  let areLines: Bool
  private let room: Rect
  private let gridRows: Int
  private let gridColumns: Int

  init(count: Int, rows: Int, columns: Int, in area: Rect, areLines: Bool = false) {
    self.count = count
    self.area = area
    self.areLines = areLines
    gridRows = rows
    gridColumns = columns
    room = area.splitTop(1).rest.splitBottom(2).rest
    var best = (scale: 0.0, across: 1, labels: false)
    guard count > 0, !room.isEmpty, !areLines else {
      (across, tileColumns, tileRows) = (1, room.columns, 1)
      hasLabels = true
      return
    }
    for across in 1...count {
      let down = (count + across - 1) / across
      let labels = room.rows / down >= 3
      let height = room.rows / down - (labels ? 1 : 0)
      let width = (room.columns - (across - 1)) / across
      guard width > 0, height > 0 else { continue }
      let scale = min(
        Double(width) / Double(max(columns, 1)), Double(2 * height) / Double(max(rows, 1)))
      if scale > best.scale { best = (scale, across, labels) }
    }
    across = best.across
    hasLabels = best.labels
    tileColumns = best.scale > 0 ? max(Int(Double(columns) * best.scale), 1) : 0
    tileRows = best.scale > 0 ? max(Int(Double(rows) * best.scale / 2), 1) : 0
  }

  /// Rows with the title, the labels and the legend.
  var usedRows: Int {
    if areLines { return min(count, room.rows) + 2 }
    return 2 + (count + across - 1) / across * (tileRows + (hasLabels ? 1 : 0))
  }

  /// Where a head's map is drawn; nil where there is no room for it.
  func tile(_ head: Int) -> PictureFit? {
    guard tileColumns > 0, tileRows > 0, !areLines else { return nil }
    let place = Rect(
      column: room.column + head % across * (tileColumns + 1),
      row: room.row + head / across * (tileRows + (hasLabels ? 1 : 0)),
      columns: tileColumns, rows: tileRows)
    guard place.endRow <= room.endRow else { return nil }
    return PictureFit(
      rows: gridRows, columns: gridColumns, width: gridColumns, height: gridRows, in: place)
  }

  /// The line of a head of a text.
  func line(_ head: Int) -> Rect? {
    guard areLines, head < room.rows else { return nil }
    return Rect(column: room.column, row: room.row + head, columns: room.columns, rows: 1)
  }

  func head(at point: Point) -> Int? {
    (0..<count).first { head in
      if let line = line(head) { return line.contains(point) }
      guard var area = tile(head)?.area else { return false }
      area.rows = tileRows + (hasLabels ? 1 : 0)
      return area.contains(point)
    }
  }
}
