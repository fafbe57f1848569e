import Analysis
import Cells
import ScopeEngine

/// Draws the page: headline, fields, the picture with its map or the tokens, and the heads beside it.
enum AttentionPageView {
  static func draw(_ state: State, _ canvas: Canvas) {
    let attention = state.attention
    let body = FrameLayout(state.size).body
    let layout = AttentionLayout(body, attention, symbols: canvas.symbols)
    if let typing = attention.typing {
      drawLine(typing, canvas, layout.headline)
    } else {
      canvas.put(
        headline(state, canvas.symbols),
        at: layout.headline.corner, role: .titleFocused,
        maxColumns: layout.headline.columns)
    }
    drawFields(attention, canvas, layout)
    guard attention.capture != nil, let shown = attention.shown else {
      drawStart(state, canvas, layout)
      return
    }
    if let column = layout.rule {
      canvas.verticalRule(
        column: column, from: layout.picture.row, to: layout.picture.endRow)
    }
    if !layout.picture.isEmpty {
      if let notice = notice(state) {
        drawNotice(notice, canvas, layout.picture)
      } else if layout.fit != nil {
        drawPicture(state, shown, canvas, layout)
      } else {
        AttentionTokensView.draw(state, shown, canvas, layout)
      }
    }
    AttentionHeadsView.draw(state, shown, canvas, layout)
  }

  // MARK: Words

  static func headline(_ state: State, _ symbols: Symbols) -> String {
    let attention = state.attention
    guard attention.outlook?.refusal == nil else { return "nothing to look at" }
    var parts: [String] = []
    switch attention.side {
    case .picture:
      parts.append(attention.picture.map { FilePath.name(of: $0) } ?? "no picture")
    case .text: parts.append(attention.text.isEmpty ? "no text" : "\"\(attention.text)\"")
    }
    if let capture = attention.capture {
      if capture.view.grid.isEmpty {
        parts.append("\(capture.view.tokens) tokens")
      } else {
        parts.append(
          "grid " + capture.view.grid.map(String.init).joined(separator: symbols.times)
            + (capture.view.prefixTokens > 0 ? " + \(capture.view.prefixTokens)" : ""))
      }
      if attention.method == .relevance, let score = capture.score {
        parts.append("score \(Numbers.value(Double(score)))")
      }
      if attention.method == .relevance, attention.side == .text, let picture = attention.picture {
        parts.append("for \(FilePath.name(of: picture))")
      }
    }
    if state.jobs[.attention] != nil {
      parts.append("running\(symbols.ellipsis)")
    } else if attention.shown?.isLate == true, notice(state) == nil {
      parts.append("computing\(symbols.ellipsis)")
    }
    return parts.joined(separator: " \(symbols.dot) ")
  }

  /// What stands in the way of the map, and what to do about it.
  static func notice(_ state: State) -> [(text: String, role: Role)]? {
    let attention = state.attention
    if let refusal = attention.outlook?.refusal {
      let name = FilePath.name(of: state.opened?.path ?? "")
      return [
        ("\(name): \(refusal)", .warning),
        ("o opens another checkpoint; 1 shows the tensors of this one.", .text),
      ]
    }
    if state.jobs[.attention] == nil, let wanted = attention.wanted,
      attention.capture?.request.answers(wanted) != true
    {
      if let problem = attention.problem, problem.request == wanted {
        return [(problem.problem.reason, .error), (problem.advice, .text)]
      }
      if attention.asked == wanted { return [("Stopped: r runs it again.", .warning)] }
    }
    if let problem = attention.shown?.problem {
      return [(problem, .warning), ("m changes the method, [ and ] the layer.", .text)]
    }
    guard attention.method == .relevance, attention.capture?.view.relevance == nil else {
      return nil
    }
    if state.jobs[.attention] != nil { return [("The gradients are computed.", .dim)] }
    // Without the input of its own side the page asks for that first.
    guard attention.wanted != nil else { return nil }
    return attention.side == .picture
      ? [("Relevance is that of a picture for a text: t types the text.", .text)]
      : [("Relevance is that of a text for a picture: i types its path.", .text)]
  }

  private static func drawNotice(
    _ notice: [(text: String, role: Role)], _ canvas: Canvas, _ area: Rect
  ) {
    var row = area.row
    for (text, role) in notice {
      row += canvas.paragraph(
        text,
        in: Rect(
          column: area.column, row: row, columns: area.columns, rows: area.endRow - row), role: role
      )
      row += 1
    }
  }

  // MARK: Before there is a map

  private static func drawStart(_ state: State, _ canvas: Canvas, _ layout: AttentionLayout) {
    let attention = state.attention
    let area = Rect(
      column: layout.list.column, row: layout.headline.row + 2, columns: layout.list.columns,
      rows: max(layout.list.endRow - layout.headline.row - 2, 0))
    if state.jobs[.attention] != nil {
      return drawNotice([("The model is loaded and runs once; X stops it.", .dim)], canvas, area)
    }
    if let notice = notice(state) { return drawNotice(notice, canvas, area) }
    guard attention.side == .picture else {
      return drawNotice(
        [("No text yet: t types the text whose tokens are looked at.", .text)], canvas, area)
    }
    let missing =
      attention.outlook?.takesClips == true
      ? "No clip yet: i types the path of a folder of frames, or of one picture"
      : "No picture yet: i types the path of one"
    guard !attention.pictures.isEmpty else {
      return drawNotice(
        [
          (missing + ".", .text),
          ("Pictures beside the checkpoint and those of page 6 are listed here.", .dim),
        ] + (attention.picturesNote.map { [($0, .warning)] } ?? []), canvas, area)
    }
    let choice = TextLayout.wrapped(
      missing + ", or take one of these:",
      columns: max(area.columns, TextLayout.fewestColumns))
    for (row, line) in choice.enumerated() {
      canvas.put(
        line, at: Point(column: area.column, row: layout.list.row - choice.count + row),
        maxColumns: area.columns)
    }
    Widgets.list(
      canvas.sub(layout.list), count: attention.pictures.count, offset: layout.listTop,
      selected: attention.list.selected
    ) { index, line in
      line.put(attention.pictures[index], at: Point(column: 0, row: 0), truncation: .start)
    }
    if let note = attention.picturesNote {
      canvas.put(
        note, at: layout.listNote.corner, role: .warning, maxColumns: layout.listNote.columns,
        truncation: .start)
    }
  }

  private static func drawLine(
    _ typing: AttentionState.Typing, _ canvas: Canvas, _ area: Rect
  ) {
    let label = typing.purpose.rawValue + " "
    let used = canvas.put(
      label, at: area.corner, role: .titleFocused,
      maxColumns: area.columns)
    InputLineView.draw(typing.line, canvas, area.splitLeft(used).rest, hasFocus: true)
  }

  private static func drawFields(
    _ attention: AttentionState, _ canvas: Canvas, _ layout: AttentionLayout
  ) {
    for place in layout.fields {
      place.field.text(attention).draw(
        in: place.area,
        isChosen: attention.focus == .fields && place.field == attention.field, canvas)
    }
  }

  // MARK: The picture

  private static func drawPicture(
    _ state: State, _ shown: AttentionShown, _ canvas: Canvas, _ layout: AttentionLayout
  ) {
    guard let fit = layout.fit else { return }
    let attention = state.attention
    let pane = layout.picture
    let symbols = canvas.symbols
    var title = "\(attention.method.rawValue) \(symbols.dot) from \(attention.originText)"
    if shown.capture.frames > 1 { title += " \(symbols.dot) frame \(attention.frame)" }
    canvas.put(
      title, at: pane.corner,
      role: attention.focus == .picture ? .titleFocused : .title, maxColumns: pane.columns)
    let values = shown.part(shown.values, frame: attention.frame)
    guard !values.isEmpty else { return }
    let colors = AttentionColors(values, colorScale: state.colorScale)
    drawMap(values, colors, attention, shown, fit, canvas)
    let lines = readout(attention, values, shown)
    let foot = max(min(fit.area.endRow, pane.endRow - 2), pane.row)
    let hasTwo = pane.endRow - foot >= 3
    canvas.put(
      lines[0], at: Point(column: pane.column, row: foot), role: .text, maxColumns: pane.columns)
    if hasTwo {
      canvas.put(
        lines[1], at: Point(column: pane.column, row: foot + 1), role: .dim,
        maxColumns: pane.columns)
    }
    legend(
      colors, values, canvas, at: Point(column: pane.column, row: foot + (hasTwo ? 2 : 1)),
      columns: pane.columns)
  }

  /// The picture under the translucent map, with the cursor.
  private static func drawMap(
    _ values: [Float], _ colors: AttentionColors, _ attention: AttentionState,
    _ shown: AttentionShown, _ fit: PictureFit, _ canvas: Canvas
  ) {
    // Without colours a picture under the map could not be told from the map.
    let opacity = canvas.appearance.depth == .mono ? 100 : attention.opacity
    let preview = shown.capture.preview(frame: attention.frame)
    let (row, column) = (attention.row, attention.column)
    var hasher = Hasher()
    hasher.combine(colors.content(values))
    hasher.combine(ObjectIdentifier(shown.capture))
    for number in [opacity, attention.frame, row, column] { hasher.combine(number) }
    let drawn = canvas.picture(
      at: fit.area.corner, width: fit.width, height: fit.height, content: hasher.finalize()
    ) { size in
      var grid = colors.pixels(
        values, rows: fit.rows, columns: fit.columns, width: size.width, height: size.height,
        over: preview, opacity: opacity)
      if size.isFine { grid.outline(row: row, of: fit.rows, column: column, of: fit.columns) }
      return grid
    }
    if let drawn, let cell = fit.cell(row: row, column: column), let color = drawn[cell.x, cell.y] {
      let isOrigin = shown.choice.origin.map(isPlace) == true
      canvas.mark(isOrigin ? "*" : "+", at: cell.point, on: color)
    }
  }

  private static func isPlace(_ origin: AttentionQuery.Origin) -> Bool {
    switch origin {
    case .patch, .token: true
    case .classToken, .pool, .mean: false
    }
  }

  /// The value under the cursor; then the largest, and what the patches do not get.
  static func readout(
    _ attention: AttentionState, _ values: [Float], _ shown: AttentionShown
  ) -> [String] {
    let capture = shown.capture
    let index = attention.row * capture.columns + attention.column
    guard values.indices.contains(index) else { return ["", ""] }
    let what = attention.method == .relevance ? "relevance" : "of the attention"
    let first =
      "patch (\(attention.row), \(attention.column)): "
      + "\(Numbers.value(Double(values[index]), digits: 3)) \(what)"
    var parts: [String] = []
    let finite = values.indices.filter { values[$0].isFinite }
    if let most = finite.max(by: { values[$0] < values[$1] }) {
      parts.append(
        "most (\(most / capture.columns), \(most % capture.columns)): "
          + Numbers.value(Double(values[most]), digits: 3))
    }
    // Rows of raw attention and rollout sum to one, so the rest lies on the tokens in front.
    if attention.method != .relevance, capture.view.prefixTokens > 0, finite.count == values.count,
      capture.frames == 1
    {
      let rest = 1 - values.reduce(0.0) { $0 + Double($1) }
      if rest > -0.01 {
        parts.append("prefix \(Numbers.value(max(rest, 0), digits: 3))")
      }
    }
    let bad = values.count - finite.count
    if bad > 0 { parts.append("\(bad) are no numbers") }
    return [first, parts.joined(separator: "  ")]
  }

  /// The colour scale, and the colour of what is no number where there is some.
  static func legend(
    _ colors: AttentionColors, _ values: [Float], _ canvas: Canvas, at point: Point, columns: Int
  ) {
    let hasBad = values.contains(where: \.isNaN)
    let width = min(columns - (hasBad ? 7 : 0), 40)
    let (low, high) = colors.ends
    canvas.scaleLegend(
      at: point, columns: width, scale: colors.scale, low: Numbers.value(low, digits: 3),
      high: Numbers.value(high, digits: 3))
    guard hasBad, width > 0 else { return }
    let swatch = PixelGrid(width: 2, height: 2, fill: ColorScale.notANumber)
    canvas.picture(swatch, at: Point(column: point.column + width + 1, row: point.row))
    canvas.put("NaN", at: Point(column: point.column + width + 4, row: point.row), role: .dim)
  }
}
