import Cells
import Inference
import ScopeEngine

/// Draws the page: headline, pictures, wavelengths, and the fields that change them.
enum RopeView {
  static func draw(_ state: State, _ canvas: Canvas) {
    let rope = state.rope
    let layout = RopeLayout(FrameLayout(state.size).body, rope, symbols: canvas.symbols)
    drawHeadline(rope, canvas, layout.headline)
    drawFields(rope, canvas, layout)
    for column in layout.rules {
      canvas.verticalRule(column: column, from: layout.kernel.row, to: layout.kernel.endRow)
    }
    if let problem = rope.pictures?.problem {
      let pane = layout.left.isEmpty ? layout.kernel : layout.left
      canvas.paragraph(problem, in: pane, role: .warning)
    } else if let pictures = rope.pictures {
      drawLeft(rope, pictures, colorScale: state.colorScale, canvas, layout.left)
      drawKernel(rope, pictures, colorScale: state.colorScale, canvas, layout.kernel)
      if rope.table == nil {
        RopeSpectrumView.draw(rope, pictures, canvas.sub(layout.spectrum))
      } else {
        drawTableFacts(pictures, canvas.sub(layout.spectrum))
      }
    }
    if rope.picker != nil { drawPicker(rope, canvas, FrameLayout(state.size).body) }
  }

  // MARK: Headline and fields

  /// The facts of what is shown, one a part.
  static func headline(_ rope: RopeState, _ symbols: Symbols) -> [String] {
    var parts = [rope.name(of: rope.source)]
    if let table = rope.table {
      parts.append(table.name)
      parts.append("width \(table.width)")
      parts.append("stored \(table.rows)\(symbols.times)\(table.columns)")
      if table.prefixRows > 0 { parts.append("prefix rows \(table.prefixRows)") }
      return parts
    }
    guard let base = rope.base else { return parts }
    parts.append("head \(base.headWidth)")
    if base.learnedFrequencies == nil {
      parts.append("\(symbols.theta) \(Numbers.value(rope.changes.theta ?? base.theta, digits: 7))")
    } else {
      parts.append("learned, block \(rope.block), head \(rope.head)")
    }
    var grid = "grid \(rope.grid)"
    if let reference = base.referenceGrid { grid += " (reference \(reference))" }
    parts.append(grid)
    if case .success(let specification)? = rope.specification,
      specification.scaling.method != .none
    {
      parts.append(
        "\(specification.scaling.method.rawValue) \(symbols.times)"
          + Numbers.value(specification.scaling.factor))
    }
    parts.append(rope.summary(of: rope.source))
    return parts.filter { !$0.isEmpty }
  }

  /// The headline in lines that break between its parts.
  static func headlineLines(_ rope: RopeState, _ symbols: Symbols, columns: Int) -> [String] {
    TextLayout.lines(ofFacts: headline(rope, symbols), columns: columns, symbols)
  }

  private static func drawHeadline(_ rope: RopeState, _ canvas: Canvas, _ area: Rect) {
    var lines = headlineLines(rope, canvas.symbols, columns: area.columns)
    // What has no line of its own goes on behind the last one, and is cut there.
    while lines.count > area.rows, lines.count > 1 {
      let last = lines.removeLast()
      lines[lines.count - 1] += " \(canvas.symbols.dot) " + last
    }
    for (row, line) in lines.enumerated() {
      canvas.put(
        line, at: Point(column: area.column, row: area.row + row),
        role: row == 0 ? .titleFocused : .text, maxColumns: area.columns)
    }
  }

  private static func drawFields(_ rope: RopeState, _ canvas: Canvas, _ layout: RopeLayout) {
    for place in layout.fields {
      place.field.text(rope, canvas.symbols).draw(
        in: place.area, isChosen: rope.focus == .fields && place.field == rope.field, canvas)
    }
  }

  // MARK: Pictures

  private static func drawLeft(
    _ rope: RopeState, _ pictures: RopePictures, colorScale: Int, _ canvas: Canvas, _ pane: Rect
  ) {
    if pane.columns > 4, let plane = pictures.plane { return drawPlane(plane, canvas, pane) }
    guard pane.columns > 4, let picture = pictures.left else { return }
    var title = picture.title
    var mark: (row: Int, column: Int)?
    var readout = ""
    if let resized = pictures.resized {
      title = "resized to \(resized.rows)\(canvas.symbols.times)\(resized.columns)"
      readout = summary(of: picture)
    } else {
      switch rope.leftView {
      case .channel:
        title =
          "\(rope.function.rawValue) \(canvas.symbols.dot) "
          + channelText(rope, canvas.symbols)
        mark = (rope.query.row, rope.query.column)
        let value = picture[0, rope.query.row, rope.query.column]
        readout = "at query \(Numbers.value(value))"
      case .positions:
        readout = "\(picture.rowTitle) down, channels across"
      case .gain: readout = "\(picture.rowTitle) down, pairs across"
      case .phase, .vectors: break
      case .comparison:
        title = "kernel, grid \(rope.comparison.map(\.description) ?? "")"
        if let change = pictures.largestChange {
          let words = "largest change \(Numbers.value(change))"
          // The pane of the wavelengths says it in full.
          readout =
            words.count + " reduced".count <= pane.columns
            ? words : "change \(Numbers.value(change))"
        }
      }
    }
    drawPicture(
      picture, title: title, readout: readout, mark: mark, isFocused: false, colorScale: colorScale,
      canvas, pane)
  }

  private static func drawPlane(_ plane: RopePlane, _ canvas: Canvas, _ pane: Rect) {
    canvas.put(
      plane.title, at: pane.corner, role: .title,
      maxColumns: pane.columns)
    let room = pane.splitTop(1).rest.splitBottom(plane.lines.count).rest
    let size = PlanePlot.size(in: Size(columns: room.columns, rows: room.rows))
    plane.plot.draw(
      canvas.sub(
        Rect(column: room.column, row: room.row, columns: room.columns, rows: size.rows)))
    for (index, line) in plane.lines.enumerated() {
      canvas.put(
        line, at: Point(column: pane.column, row: room.row + size.rows + index),
        role: index == 0 ? .text : .dim, maxColumns: pane.columns)
    }
  }

  private static func drawKernel(
    _ rope: RopeState, _ pictures: RopePictures, colorScale: Int, _ canvas: Canvas, _ pane: Rect
  ) {
    guard pane.columns > 4, let picture = pictures.kernel else { return }
    let isFocused = rope.focus == .picture
    let query = rope.query
    if let table = rope.table, table.rows == 1 {
      drawCurve(picture, query.column, canvas, pane, isFocused: isFocused)
      return
    }
    let hasTime = !pictures.timeProfile.isEmpty
    let name = rope.table == nil ? "kernel" : "similarity"
    let dot = canvas.symbols.dot
    var place =
      hasTime
      ? "(\(query.frame), \(query.row), \(query.column))" : "(\(query.row), \(query.column))"
    if hasTime { place += " \(dot) frame \(rope.frame)" }
    // The last one is read with the letter of the profile below.
    let titles = ["\(name) \(dot) query \(place)", "\(name) \(dot) \(place)", "K \(place)"]
    let title = titles.first { canvas.columns(of: $0) <= pane.columns } ?? titles[1]
    let (area, profile) = kernelParts(pane, hasTime: hasTime)
    let mark = hasTime && query.frame != rope.frame ? nil : (query.row, query.column)
    drawPicture(
      picture, title: title, readout: neighbours(picture, query, canvas.symbols), mark: mark,
      isFocused: isFocused, colorScale: colorScale, canvas, area)
    guard hasTime, profile.rows > 1 else { return }
    canvas.put("K over t", at: profile.corner, role: .axisT)
    let plot = Rect(
      column: profile.column + 9, row: profile.row, columns: profile.columns - 9,
      rows: profile.rows)
    Charts.linePlot(
      canvas, in: plot, series: [(pictures.timeProfile, .axisT)],
      range: min(picture.low, pictures.timeProfile.min() ?? 0)...1)
    let share = Double(rope.frame) / Double(max(pictures.timeProfile.count - 1, 1))
    let column = plot.column + Int((share * Double(max(plot.columns - 1, 0))).rounded())
    canvas.restyle(
      Rect(column: column, row: plot.row, columns: 1, rows: plot.rows), role: .selection)
  }

  /// The pane of the picture, and of K over time below it.
  static func kernelParts(_ pane: Rect, hasTime: Bool) -> (picture: Rect, profile: Rect) {
    let rows = hasTime && pane.rows >= 12 ? 3 : 0
    let (profile, rest) = pane.splitBottom(rows)
    return (rest, profile)
  }

  /// K at the neighbours of the query.
  private static func neighbours(
    _ picture: RotaryPicture, _ query: RopeState.PatchPlace, _ symbols: Symbols
  ) -> String {
    var parts: [String] = []
    let row = min(query.row, picture.rows - 1)
    let column = min(query.column, picture.columns - 1)
    if column + 1 < picture.columns {
      parts.append("\(symbols.arrowRight) \(Numbers.value(picture[0, row, column + 1], digits: 3))")
    }
    if row + 1 < picture.rows {
      parts.append("\(symbols.arrowDown) \(Numbers.value(picture[0, row + 1, column], digits: 3))")
    }
    return parts.joined(separator: "  ")
  }

  private static func summary(of picture: RotaryPicture) -> String {
    let finite = picture.values.filter(\.isFinite)
    return "min \(finite.min().map { Numbers.value($0, digits: 3) } ?? "NaN")"
  }

  static func channelText(_ rope: RopeState, _ symbols: Symbols) -> String {
    guard case .success(let specification)? = rope.specification else { return "" }
    let text = "ch " + specification.channelText(rope.channel).dropFirst("channel ".count)
    return symbols.asciiOnly
      ? text
      : text.split(separator: " ").map { $0 == "wavelength" ? symbols.lambda : String($0) }
        .joined(separator: " ")
  }

  private static func drawPicture(
    _ picture: RotaryPicture, title: String, readout: String, mark: (row: Int, column: Int)?,
    isFocused: Bool, colorScale: Int, _ canvas: Canvas, _ pane: Rect
  ) {
    let fit = PictureFit(
      rows: picture.rows, columns: picture.columns, in: pane,
      keepsSquares: picture.columnTitle == "x" || picture.columnTitle == "position")
    var (title, readout) = (title, readout)
    if fit.isReduced {
      let fits = canvas.columns(of: title) + " (reduced)".count <= pane.columns
      if fits { title += " (reduced)" } else { readout += readout.isEmpty ? "reduced" : " reduced" }
    }
    canvas.put(
      title, at: pane.corner,
      role: isFocused ? .titleFocused : .title,
      maxColumns: pane.columns)
    guard fit.width > 0, fit.height > 0, picture.high > picture.low else { return }
    let scale =
      picture.isDiverging ? HeatMapScales.diverging : HeatMapScales.sequential(colorScale)
    drawPixels(picture, scale, fit, mark, canvas)
    let foot = fit.area.endRow
    canvas.put(
      readout, at: Point(column: pane.column, row: foot), role: .text, maxColumns: pane.columns)
    canvas.scaleLegend(
      at: Point(column: pane.column, row: foot + 1), columns: min(pane.columns, 36), scale: scale,
      low: Numbers.value(picture.low, digits: 3), high: Numbers.value(picture.high, digits: 3))
    if let mark, picture.rows > 1 {
      let room = Rect(
        column: pane.column, row: foot + 3, columns: pane.columns, rows: pane.endRow - foot - 3)
      drawProfiles(picture, mark, canvas, room)
    }
  }

  private static func drawPixels(
    _ picture: RotaryPicture, _ scale: ColorScale, _ fit: PictureFit,
    _ mark: (row: Int, column: Int)?, _ canvas: Canvas
  ) {
    var hasher = Hasher()
    hasher.combine(picture.values)
    hasher.combine(picture.columns)
    hasher.combine(scale)
    hasher.combine(mark?.row)
    hasher.combine(mark?.column)
    let drawn = canvas.picture(
      at: fit.area.corner, width: fit.width, height: fit.height, content: hasher.finalize()
    ) { size in
      var grid = pixels(picture, scale, width: size.width, height: size.height)
      if size.isFine, let mark {
        grid.outline(row: mark.row, of: picture.rows, column: mark.column, of: picture.columns)
      }
      return grid
    }
    if let mark, let drawn, let cell = fit.cell(row: mark.row, column: mark.column),
      let color = drawn[cell.x, cell.y]
    {
      canvas.mark("+", at: cell.point, on: color)
    }
  }

  private static func pixels(
    _ picture: RotaryPicture, _ scale: ColorScale, width: Int, height: Int
  ) -> PixelGrid {
    let span = picture.high - picture.low
    return PixelGrid(
      patches: picture.values.map { scale.quantised(at: ($0 - picture.low) / span) },
      rows: picture.rows, columns: picture.columns, width: width, height: height)
  }

  /// The picture along the row and the column of the query, where there is room left.
  private static func drawProfiles(
    _ picture: RotaryPicture, _ mark: (row: Int, column: Int), _ canvas: Canvas, _ area: Rect
  ) {
    guard area.rows >= 4, mark.row < picture.rows, mark.column < picture.columns else { return }
    canvas.put(
      [
        Span("through the query along ", .dim), Span("y", .axisY), Span(" and ", .dim),
        Span("x", .axisX),
      ],
      at: area.corner, maxColumns: area.columns)
    let down = (0..<picture.rows).map { picture[0, $0, mark.column] }
    let across = (0..<picture.columns).map { picture[0, mark.row, $0] }
    let plot = area.splitTop(1).rest
    Charts.linePlot(
      canvas,
      in: Rect(
        column: plot.column, row: plot.row, columns: plot.columns, rows: min(plot.rows, 8)),
      series: [(down, .axisY), (across, .axisX)], range: picture.low...picture.high)
  }

  /// The similarity of the positions of a text as a curve.
  private static func drawCurve(
    _ picture: RotaryPicture, _ position: Int, _ canvas: Canvas, _ pane: Rect, isFocused: Bool
  ) {
    canvas.put(
      "similarity \(canvas.symbols.dot) position \(position)",
      at: pane.corner, role: isFocused ? .titleFocused : .title,
      maxColumns: pane.columns)
    let plot = pane.splitTop(1).rest.splitBottom(1).rest
    let low = min(picture.values.filter(\.isFinite).min() ?? 0, 0)
    Charts.linePlot(canvas, in: plot, series: [(picture.values, .axisX)], range: low...1)
    canvas.put(
      "positions 0 to \(picture.columns - 1), from \(Numbers.value(low, digits: 3)) to 1",
      at: Point(column: pane.column, row: pane.endRow - 1), role: .dim, maxColumns: pane.columns)
  }

  // MARK: Learned tables

  private static func drawTableFacts(_ pictures: RopePictures, _ pane: Canvas) {
    guard pane.columns > 8, let table = pictures.key.table else { return }
    pane.put("learned position table", at: Point(column: 0, row: 0), role: .title)
    let norms = table.norms()
    var lines = [
      "positions \(table.rows * table.columns)", "width     \(table.width)",
      "prefix    \(table.prefixRows)",
      "norms     \(Numbers.value(norms.min() ?? 0, digits: 3)) to "
        + Numbers.value(norms.max() ?? 0, digits: 3),
    ]
    lines += TextLayout.wrapped(
      "Cosine similarity of each position to the query; left the same after the table was resized "
        + "as OpenCLIP and timm do it.", columns: pane.columns)
    for (row, line) in lines.enumerated() {
      pane.put(line, at: Point(column: 0, row: 1 + row), role: row < 4 ? .text : .dim)
    }
  }

  // MARK: The list of sources

  private static func drawPicker(_ rope: RopeState, _ canvas: Canvas, _ body: Rect) {
    guard let picker = rope.picker else { return }
    let sources = rope.sources
    let pane = canvas.sub(body)
    let box = Widgets.popup(
      pane, columns: RopeLayout.pickerColumns(body), rows: RopeLayout.pickerRows(body, rope),
      title: "rotary embeddings")
    let top = Widgets.scrolled(
      offset: picker.top, selected: picker.selected, count: sources.count, rows: box.rows)
    Widgets.list(box, count: sources.count, offset: top, selected: picker.selected) { index, line in
      line.put(rope.name(of: sources[index]), at: Point(column: 0, row: 0), maxColumns: 18)
      line.put(
        rope.summary(of: sources[index]), at: Point(column: 19, row: 0), role: .dim,
        maxColumns: max(line.columns - 19, 0))
    }
  }
}
