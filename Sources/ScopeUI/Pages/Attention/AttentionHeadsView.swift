import Analysis
import Cells
import Glibc

/// Draws what stands beside the picture: maps of all heads, their entropy and distance, and the overview of all layers.
enum AttentionHeadsView {
  static func draw(
    _ state: State, _ shown: AttentionShown, _ canvas: Canvas, _ layout: AttentionLayout
  ) {
    drawTiles(state, shown, canvas, layout.heads.tiles)
    drawMeasures(state, shown, canvas, layout.heads)
    drawOverview(state, shown, canvas, layout.heads)
  }

  private static func selected(_ attention: AttentionState) -> Int? {
    if case .index(let head) = attention.head { head } else { nil }
  }

  private static func layerName(_ attention: AttentionState) -> String {
    switch attention.shownLayer {
    case .index(let index)?: "layer \(index)"
    case .pool?: "the pooling head"
    default: "the layer"
    }
  }

  // MARK: Maps of all heads

  private static func drawTiles(
    _ state: State, _ shown: AttentionShown, _ canvas: Canvas, _ tiles: HeadTiles
  ) {
    guard tiles.area.columns > 8, tiles.area.rows > 3 else { return }
    let attention = state.attention
    let area = tiles.area
    canvas.put(
      "heads of \(layerName(attention)), raw, one scale",
      at: area.corner,
      role: attention.focus == .heads ? .titleFocused : .title, maxColumns: area.columns)
    let maps = shown.heads.map { shown.part($0, frame: attention.frame) }
    guard let first = maps.first, !first.isEmpty else { return }
    let all = maps.flatMap { $0 }
    let colors = AttentionColors(all, colorScale: state.colorScale)
    let chosen = selected(attention)
    var endRow = area.row + 1
    for (head, map) in maps.enumerated() {
      if let line = tiles.line(head) {
        drawLine(head, map, colors, isChosen: head == chosen, canvas, line)
        endRow = line.endRow
        continue
      }
      guard let fit = tiles.tile(head) else { continue }
      canvas.picture(
        at: fit.area.corner, width: fit.width,
        height: fit.height, content: colors.content(map)
      ) {
        colors.pixels(
          map, rows: fit.rows, columns: fit.columns, width: $0.width, height: $0.height)
      }
      endRow = max(endRow, fit.area.row + tiles.tileRows + (tiles.hasLabels ? 1 : 0))
      if tiles.hasLabels {
        canvas.put(
          "\(head)", at: Point(column: fit.area.column, row: fit.area.row + tiles.tileRows),
          role: head == chosen ? .selection : .dim, maxColumns: tiles.tileColumns)
      } else if head == chosen {
        canvas.put(
          "\(head)", at: fit.area.corner, role: .selection,
          maxColumns: tiles.tileColumns)
      }
    }
    let foot = min(endRow, area.endRow - 1)
    AttentionPageView.legend(
      colors, all, canvas, at: Point(column: area.column, row: foot), columns: area.columns)
  }

  /// A head of a text: one coloured cell a token.
  private static func drawLine(
    _ head: Int, _ map: [Float], _ colors: AttentionColors, isChosen: Bool, _ canvas: Canvas,
    _ line: Rect
  ) {
    canvas.putRight(
      "\(head)", endingAt: line.column + 3, row: line.row, role: isChosen ? .selection : .dim)
    let room = max(line.columns - 4, 0)
    let zoom = max(min(room / max(map.count, 1), 4), 1)
    let count = min(map.count, room / zoom)
    canvas.picture(
      colors.pixels(
        Array(map.prefix(count)), rows: 1, columns: count, width: count * zoom, height: 2),
      at: Point(column: line.column + 4, row: line.row))
  }

  // MARK: Entropy and distance

  private static func drawMeasures(
    _ state: State, _ shown: AttentionShown, _ canvas: Canvas, _ layout: AttentionHeadsLayout
  ) {
    let area = layout.measures
    guard area.columns > 12, area.rows > 2 else { return }
    let attention = state.attention
    let isText = shown.capture.view.grid.isEmpty
    canvas.put(
      isText ? "entropy" : "entropy and distance",
      at: area.corner, role: .title, maxColumns: area.columns)
    guard case .index(let layer)? = attention.shownLayer else {
      canvas.put(
        "measured of the blocks only", at: Point(column: area.column, row: area.row + 1),
        role: .dim, maxColumns: area.columns)
      return
    }
    let rows = shown.capture.measures.filter { $0.layer == layer }
    let hasDistance = rows.contains { $0.distance != nil }
    let bar = max((area.columns - 4 - (hasDistance ? 2 : 1) * 8) / (hasDistance ? 2 : 1), 0)
    let second = area.column + 4 + bar + 8
    canvas.putRight(
      "head", endingAt: area.column + 4, row: area.row + 1, role: .dim)
    canvas.putRight("nats", endingAt: area.column + 10, row: area.row + 1, role: .dim)
    if hasDistance {
      canvas.putRight("pixels", endingAt: second + 6, row: area.row + 1, role: .dim)
    }
    // The entropy of a row that looks everywhere alike is the largest.
    let top = log(Double(shown.capture.view.tokens))
    let farthest = rows.compactMap(\.distance).filter(\.isFinite).max() ?? 1
    for (index, item) in rows.dropFirst(layout.measuresTop).prefix(area.rows - 2).enumerated() {
      let row = area.row + 2 + index
      canvas.putRight(
        "\(item.head)", endingAt: area.column + 3, row: row,
        role: item.head == selected(attention) ? .selection : .dim)
      canvas.putRight(
        Numbers.value(item.entropy, digits: 3), endingAt: area.column + 10, row: row)
      Charts.bar(
        canvas, at: Point(column: area.column + 11, row: row), columns: bar,
        fraction: top > 0 && item.entropy.isFinite ? item.entropy / top : 0)
      guard let distance = item.distance else { continue }
      canvas.putRight(Numbers.value(distance, digits: 3), endingAt: second + 6, row: row)
      Charts.bar(
        canvas, at: Point(column: second + 7, row: row), columns: bar,
        fraction: farthest > 0 && distance.isFinite ? distance / farthest : 0, role: .axisX)
    }
  }

  // MARK: All layers and heads

  private static func drawOverview(
    _ state: State, _ shown: AttentionShown, _ canvas: Canvas, _ layout: AttentionHeadsLayout
  ) {
    let area = layout.overview
    guard area.columns > 8, area.rows > 3, let stack = shown.capture.view.stack,
      let fit = layout.overviewFit
    else { return }
    let attention = state.attention
    canvas.put(
      "entropy, layers \(canvas.symbols.times) heads",
      at: area.corner,
      role: .title, maxColumns: area.columns)
    var values = [Float](repeating: .nan, count: stack.layers * stack.heads)
    for item in shown.capture.measures {
      let index = item.layer * stack.heads + item.head
      if values.indices.contains(index) { values[index] = Float(item.entropy) }
    }
    let colors = AttentionColors(values, colorScale: state.colorScale)
    canvas.picture(
      colors.pixels(
        values, rows: fit.rows, columns: fit.columns, width: fit.width, height: fit.height),
      at: fit.area.corner)
    if case .index(let layer)? = attention.shownLayer {
      let mark = selected(attention)
      if let cell = fit.cell(row: layer, column: mark ?? 0) {
        canvas.put(
          mark == nil ? canvas.symbols.chevronLeft : "+",
          at: mark == nil
            ? Point(column: fit.area.endColumn, row: cell.point.row) : cell.point, role: .cursor)
      }
    }
    AttentionPageView.legend(
      colors, values, canvas, at: Point(column: area.column, row: fit.area.endRow),
      columns: area.columns)
  }
}
