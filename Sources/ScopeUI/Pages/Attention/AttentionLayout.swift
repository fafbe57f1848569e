import Analysis
package import Cells

/// Where the parts of the page stand, in coordinates of the screen.
package struct AttentionLayout: Equatable, Sendable {
  package let headline: Rect
  package let fields: [FieldPlace<AttentionField>]
  /// Picture and map, or the tokens of a text; empty where only the heads have room.
  package let picture: Rect
  /// Where the picture itself is drawn; nil for texts.
  let fit: PictureFit?
  /// Rows of the token list and the token in the first; nil for pictures.
  let tokens: (area: Rect, top: Int)?
  /// Maps of all heads; empty where they are not on show.
  let heads: HeadTiles
  package let measures: Rect
  let measuresTop: Int
  package let overview: Rect
  let overviewFit: PictureFit?
  /// Column of the line between the panes.
  let rule: Int?
  /// The pictures to choose from, while there is no map.
  package let list: Rect
  package let listTop: Int

  package init(_ body: Rect, _ attention: AttentionState, symbols: Symbols = .utf8) {
    let inner = body.inset(columns: 1)
    let isTall = body.rows >= 16
    headline = Rect(column: inner.column, row: inner.row, columns: inner.columns, rows: 1)
    let strip = FieldStrip(
      AttentionField.fields(of: attention).map {
        ($0, $0.text(attention).text(symbols))
      },
      columns: inner.column..<inner.endColumn, chosen: attention.field, mostLines: isTall ? 3 : 1)
    fields = strip.places(from: inner.row + 1)
    let top = inner.row + 1 + strip.lineCount + (isTall ? 1 : 0)
    let panes = Rect(
      column: inner.column, row: top, columns: inner.columns, rows: max(inner.endRow - top, 0))
    let isWide = panes.columns >= Self.twoPanes
    let showsHeads = isWide || attention.focus == .heads
    var left = panes
    var right = Rect(column: panes.endColumn, row: panes.row, columns: 0, rows: panes.rows)
    if isWide {
      let split = panes.splitLeft(panes.columns * (panes.columns >= 150 ? 55 : 50) / 100)
      left = split.left
      right = split.rest.splitLeft(3).rest
      rule = left.endColumn + 1
    } else {
      rule = nil
      if showsHeads { swap(&left, &right) }
    }
    picture = left

    // While there is no map, the pane has a sentence and the list of pictures.
    let listArea = panes.splitTop(isTall ? 4 : 2).rest
    list = attention.capture == nil ? listArea : Rect(column: 0, row: 0, columns: 0, rows: 0)
    listTop = Widgets.scrolled(
      offset: attention.list.top, selected: attention.list.selected,
      count: attention.pictures.count, rows: listArea.rows)

    guard let capture = attention.capture else {
      (fit, tokens, overviewFit) = (nil, nil, nil)
      heads = HeadTiles(
        count: 0, rows: 1, columns: 1, in: Rect(column: 0, row: 0, columns: 0, rows: 0))
      (measures, overview) = (heads.area, heads.area)
      measuresTop = 0
      return
    }
    if capture.view.grid.isEmpty {
      fit = nil
      let area = left.splitTop(1).rest.splitBottom(2).rest
      tokens = (
        area,
        Widgets.scrolled(
          offset: max(attention.column - area.rows / 2, 0), selected: attention.column,
          count: capture.columns, rows: area.rows)
      )
    } else {
      tokens = nil
      let side = capture.previews.first.map { ($0.width, $0.height) }
      fit = PictureFit(
        rows: capture.rows, columns: capture.columns,
        width: side?.0 ?? capture.columns, height: side?.1 ?? capture.rows,
        in: left.splitTop(1).rest.splitBottom(min(3, max(left.rows - 3, 1))).rest)
    }
    let layer = attention.shownLayer ?? .pool
    let count = capture.heads(of: layer)
    func headTiles(in area: Rect) -> HeadTiles {
      HeadTiles(
        count: count, rows: capture.rows, columns: capture.columns, in: area,
        areLines: capture.view.grid.isEmpty)
    }
    var (upper, lower) = (right, Rect(column: right.column, row: right.endRow, columns: 0, rows: 0))
    let isStacked = right.rows >= 26
    if isStacked {
      let split = right.splitBottom(right.rows * 45 / 100)
      upper = split.rest.splitBottom(1).rest
      // What few heads leave free belongs to what stands below them.
      lower = right.splitTop(min(headTiles(in: upper).usedRows, upper.rows) + 1).rest
    }
    let none = Rect(column: right.endColumn, row: right.endRow, columns: 0, rows: 0)
    let shows = attention.headsView
    let tiles = isStacked || shows == .heads ? upper : none
    heads = headTiles(in: tiles)
    var table = none
    var map = none
    if isStacked {
      let split = lower.splitLeft(lower.columns * 55 / 100)
      table = split.left
      map = split.rest.splitLeft(2).rest
    } else if shows == .measures {
      table = upper
    } else if shows == .overview {
      map = upper
    }
    measures = table
    var selected = 0
    if case .index(let head) = attention.head { selected = head }
    measuresTop = Widgets.scrolled(
      offset: 0, selected: selected, count: count, rows: max(table.rows - 2, 1))
    overview = map
    let stack = capture.view.stack
    overviewFit =
      map.isEmpty || stack == nil
      ? nil
      : PictureFit(
        rows: stack?.layers ?? 1, columns: stack?.heads ?? 1,
        cell: Self.overviewCell(map, stack?.layers ?? 1, stack?.heads ?? 1),
        in: map.splitTop(1).rest.splitBottom(2).rest)
  }

  package init(_ state: State) {
    self.init(FrameLayout(state.size).body, state.attention)
  }

  static let twoPanes = 60

  /// Columns and half rows of one head in the overview: flat for many layers, near a square for few.
  private static func overviewCell(
    _ map: Rect, _ layers: Int, _ heads: Int
  ) -> (width: Int, height: Int) {
    let columns = max((map.columns - 1) / max(heads, 1), 1)
    let isRoomy = columns >= 4 && 2 * layers <= map.rows - 3
    return isRoomy ? (4, 4) : (min(columns, 3), 2)
  }

  // MARK: What is under a point

  /// The patch or the token under a point.
  func place(at point: Point) -> (row: Int, column: Int)? {
    if let tokens {
      guard tokens.area.contains(point) else { return nil }
      return (0, tokens.top + point.row - tokens.area.row)
    }
    return fit?.element(at: point)
  }

  func head(at point: Point) -> Int? {
    if let head = heads.head(at: point) { return head }
    let rows = measures.splitTop(2).rest
    guard rows.contains(point) else { return nil }
    let head = measuresTop + point.row - rows.row
    return head < heads.count ? head : nil
  }

  func overviewCell(at point: Point) -> (layer: Int, head: Int)? {
    overviewFit?.element(at: point).map { ($0.row, $0.column) }
  }

  package static func == (a: AttentionLayout, b: AttentionLayout) -> Bool {
    a.headline == b.headline && a.fields == b.fields && a.picture == b.picture && a.fit == b.fit
      && a.heads == b.heads && a.measures == b.measures && a.overview == b.overview
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
