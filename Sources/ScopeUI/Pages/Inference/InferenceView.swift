import Cells
import Inference
import ScopeEngine

/// Draws the page: pictures and preview left, template, bars and matrix right, timing at the foot.
enum InferenceView {
  static func draw(_ state: State, _ canvas: Canvas) {
    let inference = state.inference
    let layout = InferenceLayout(state)
    let symbols = canvas.symbols
    canvas.put(
      InferenceWords.headline(inference, isRunning: state.jobs[.inference] != nil, symbols),
      at: layout.headline.corner, role: .dim,
      maxColumns: layout.headline.columns)
    if let rule = layout.rule {
      canvas.verticalRule(
        column: rule, from: layout.pictures.row - 1, to: layout.preview.endRow)
    }
    if layout.pictures.columns > 0 {
      drawPictures(state, canvas, layout)
      drawPreview(inference, canvas, layout.preview)
    }
    if layout.template.columns > 0 {
      drawTemplate(inference, canvas, layout.template)
      if !layout.bars.isEmpty { drawBars(state, canvas, layout) }
      if !layout.matrix.isEmpty { MatrixView.draw(state, canvas, layout.matrix) }
    }
    drawNotice(inference, canvas, layout.notice)
    let foot = layout.foot
    let timing = InferenceWords.timing(
      inference, symbols, columns: foot.columns, rows: foot.rows)
    for (row, line) in timing.enumerated() {
      canvas.put(
        line, at: Point(column: foot.column, row: foot.endRow - timing.count + row), role: .dim,
        maxColumns: foot.columns)
    }
  }

  // MARK: Pictures

  private static func drawPictures(_ state: State, _ canvas: Canvas, _ layout: InferenceLayout) {
    let inference = state.inference
    let area = layout.pictures
    let count = inference.pictures.count
    let title = count > 0 ? "pictures \(inference.list.selected + 1)/\(count)" : "pictures"
    canvas.put(
      title, at: Point(column: area.column, row: area.row - 1),
      role: inference.focus == .pictures ? .titleFocused : .title, maxColumns: area.columns)
    guard count > 0 else {
      // The preview below has nothing to show yet.
      canvas.paragraph(
        InferenceWords.lack(.vision, inference) ?? "a adds a file, a folder or a pattern",
        in: Rect(
          column: area.column, row: area.row, columns: area.columns,
          rows: layout.preview.endRow - area.row), role: .dim)
      return
    }
    let isRunning = state.jobs[.inference] != nil
    Widgets.list(
      canvas.sub(area), count: count, offset: inference.list.top,
      selected: inference.list.selected, focused: inference.focus == .pictures
    ) { index, line in
      let picture = inference.pictures[index]
      let best = inference.scores.ranking(of: index).first
      var right = ""
      var role = Role.dim
      if picture.problem != nil {
        right = line.symbols.cross
        role = .error
      } else if picture.features == nil {
        right = isRunning ? line.symbols.ellipsis : line.symbols.dash
      } else if let best, inference.labels.indices.contains(best) {
        let value = inference.scores.value(.similarity, picture: index, label: best)
        right = value.isNaN ? line.symbols.check : inference.labels[best]
      } else {
        right = line.symbols.check
      }
      let width = min(line.columns(of: right), line.columns / 2)
      line.put(
        FilePath.name(of: picture.path), at: Point(column: 0, row: 0),
        maxColumns: max(line.columns - width - 1, 1), truncation: .middle)
      line.put(
        right, at: Point(column: line.columns - width, row: 0), role: role, maxColumns: width)
    }
  }

  private static func drawPreview(_ inference: InferenceState, _ canvas: Canvas, _ pane: Rect) {
    guard pane.rows > 2, pane.columns > 4, let picture = inference.selectedPicture,
      inference.obstacle(to: .vision) == nil
    else { return }
    let start = pane.corner
    if let problem = picture.problem ?? inference.previewProblems[picture.path] {
      let sentence = problem + "; x takes it off the list"
      canvas.paragraph(sentence, in: pane, role: .warning)
      return
    }
    guard let preview = inference.previews[picture.path] else {
      canvas.put("what the model sees " + canvas.symbols.ellipsis, at: start, role: .dim)
      return
    }
    canvas.put(
      "what the model sees \(canvas.symbols.dot) "
        + "\(preview.modelWidth)\(canvas.symbols.times)\(preview.modelHeight)",
      at: start, role: .title, maxColumns: pane.columns)
    let fit = PictureFit(
      rows: preview.picture.height, columns: preview.picture.width, in: pane, below: 2)
    guard fit.width > 0, fit.height > 0 else { return }
    canvas.picture(
      at: fit.area.corner, width: fit.width, height: fit.height,
      content: preview.picture.pixels.hashValue
    ) { preview.picture.resampled(width: $0.width, height: $0.height) }
    canvas.paragraph(
      preview.origin,
      in: Rect(column: pane.column, row: fit.area.endRow, columns: pane.columns, rows: 2),
      role: .dim)
  }

  // MARK: Labels

  private static func drawTemplate(_ inference: InferenceState, _ canvas: Canvas, _ area: Rect) {
    canvas.put(
      [
        Span("template ", .dim), Span(canvas.symbols.chevronLeft + " ", .key),
        Span(inference.template.isEmpty ? "{}" : inference.template, .text),
        Span(" " + canvas.symbols.chevronRight, .key),
      ], at: area.corner, maxColumns: area.columns)
  }

  private static func drawBars(_ state: State, _ canvas: Canvas, _ layout: InferenceLayout) {
    let inference = state.inference
    let isRunning = state.jobs[.inference] != nil
    let area = layout.bars
    let header = area.row - 1
    let isFocused = inference.focus == .labels
    let scoring = inference.model?.scoring
    let title = inference.labels.isEmpty ? "labels" : "labels \(inference.labels.count)"
    canvas.put(
      title, at: Point(column: area.column, row: header),
      role: isFocused ? .titleFocused : .title, maxColumns: area.columns)
    guard !inference.labels.isEmpty else {
      canvas.paragraph(
        InferenceWords.lack(.text, inference) ?? "n adds labels, commas between several", in: area,
        role: .dim)
      return
    }
    let columns = BarColumns(inference, width: area.columns - 1, canvas)
    let name = scoring.map { $0.function == .softmax ? "softmax" : "sigmoid" } ?? "similarity"
    canvas.putRight(
      name, endingAt: area.column + columns.probabilityEnd, row: header, role: .dim,
      maxColumns: columns.probabilityEnd - columns.bar.lowerBound)
    if scoring != nil {
      canvas.putRight("logit", endingAt: area.column + columns.logitEnd, row: header, role: .dim)
    }
    Widgets.list(
      canvas.sub(area), count: inference.order.count, offset: inference.labelTop,
      selected: inference.order.firstIndex(of: inference.label), focused: isFocused
    ) { row, line in
      drawBar(ofLabel: inference.order[row], inference, isRunning: isRunning, columns, line)
    }
  }

  private static func drawBar(
    ofLabel label: Int, _ inference: InferenceState, isRunning: Bool, _ columns: BarColumns,
    _ line: Canvas
  ) {
    let picture = inference.list.selected
    let notice = inference.texts[inference.text(of: label)]?.notice
    let mark = notice == nil ? "" : " " + line.symbols.warning
    line.put(
      inference.labels[label] + mark, at: Point(column: 0, row: 0), maxColumns: columns.name,
      truncation: .middle)
    let logit = inference.scores.value(.logit, picture: picture, label: label)
    if !logit.isNaN {
      line.putRight(Numbers.fixed(Double(logit), places: 2), endingAt: columns.logitEnd, row: 0)
    }
    let share = inference.scores.value(
      inference.model?.scoring == nil ? .similarity : .probability, picture: picture, label: label)
    guard !share.isNaN else {
      line.putRight(
        isRunning ? line.symbols.ellipsis : line.symbols.dash, endingAt: columns.probabilityEnd,
        row: 0, role: .dim)
      return
    }
    Charts.bar(
      line, at: Point(column: columns.bar.lowerBound, row: 0), columns: columns.bar.count,
      fraction: Double(max(share, 0)))
    line.putRight(Numbers.fixed(Double(share), places: 4), endingAt: columns.probabilityEnd, row: 0)
  }

  /// Names left, bars in the middle, numbers right.
  private struct BarColumns {
    let name: Int
    let bar: Range<Int>
    let probabilityEnd: Int
    let logitEnd: Int

    init(_ inference: InferenceState, width: Int, _ canvas: Canvas) {
      let longest = inference.labels.prefix(200).map { canvas.columns(of: $0) + 2 }.max() ?? 4
      name = min(max(longest, 8), max(width * 2 / 5, 4))
      logitEnd = width
      probabilityEnd = max(width - 9, name)
      let end = max(probabilityEnd - 8, name + 1)
      bar = name + 1..<max(end, name + 1)
    }
  }

  // MARK: Foot

  private static func drawNotice(_ inference: InferenceState, _ canvas: Canvas, _ area: Rect) {
    guard area.rows > 0 else { return }
    if let edit = inference.edit {
      let prompt = InferenceWords.prompt(edit.purpose) + " "
      let used = canvas.put(
        prompt, at: area.corner, role: .key,
        maxColumns: area.columns / 2)
      InputLineView.draw(
        edit.line, canvas,
        Rect(
          column: area.column + used, row: area.row, columns: area.columns - used, rows: 1),
        hasFocus: true)
      return
    }
    let lines = InferenceLayout.noticeLines(inference, columns: area.columns)
    for (row, line) in lines.prefix(area.rows).enumerated() {
      canvas.put(
        (row == 0 ? canvas.symbols.warning + " " : "  ") + line,
        at: Point(column: area.column, row: area.row + row), role: .warning,
        maxColumns: area.columns)
    }
  }
}

/// Sentences of the page.
enum InferenceWords {
  /// In the place of a list that stays empty; nil where it can be filled.
  static func lack(_ tower: Tower, _ inference: InferenceState) -> String? {
    // The notice below the lists says why.
    if inference.outlook?.refusal != nil { return "none can be run" }
    return inference.obstacle(to: tower)
  }

  static func headline(_ inference: InferenceState, isRunning: Bool, _ symbols: Symbols) -> String {
    guard let model = inference.model else {
      if isRunning { return "loading the model " + symbols.ellipsis }
      guard inference.modelProblem == nil else { return "the model is not loaded" }
      let first = [Tower.vision, .text].filter { inference.obstacle(to: $0) == nil }
        .map { $0 == .vision ? "picture" : "label" }
      return first.isEmpty
        ? "the model is not loaded"
        : "the model is loaded with the first " + first.joined(separator: " or ")
    }
    var parts = [model.summary]
    if !model.activation.isEmpty { parts.append(model.activation) }
    if let scoring = model.scoring {
      var text = scoring.function == .softmax ? "softmax over the labels" : "sigmoid of each pair"
      text += ", logit scale e^" + Numbers.fixed(Double(scoring.logitScale), places: 3)
      if let bias = scoring.logitBias { text += ", bias " + Numbers.value(Double(bias)) }
      parts.append(text)
    }
    return parts.joined(separator: " \(symbols.dot) ")
  }

  /// Medians, so that one slow start does not tell the story: of a picture, then of a text.
  ///
  /// - Parameters:
  ///   - inference: what ran.
  ///   - symbols: that it is drawn with.
  ///   - columns: of a line, which breaks between facts.
  ///   - rows: what has no room in so many lines is left out whole.
  static func timing(
    _ inference: InferenceState, _ symbols: Symbols, columns: Int, rows: Int
  ) -> [String] {
    guard let model = inference.model else { return [] }
    var parts = ["load " + time(model.loadSeconds)]
    let done = inference.pictures.compactMap(\.features)
    if !done.isEmpty {
      let prepare = median(done.map(\.prepareSeconds))
      let forward = median(done.map(\.forwardSeconds))
      parts.append("preprocess " + time(prepare))
      parts.append("forward " + time(forward))
      let sum = done.reduce(0) { $0 + $1.prepareSeconds + $1.forwardSeconds }
      if sum > 0 {
        parts.append(Numbers.value(Double(done.count) / sum, digits: 3) + " pictures/s")
      }
    }
    if !inference.texts.isEmpty {
      parts.append("text " + time(median(inference.texts.values.map(\.seconds))))
    }
    parts.append(Numbers.counted(model.threadCount, "thread"))
    if model.weightByteCount > 0 { parts.append(Numbers.bytes(model.weightByteCount)) }
    return Array(TextLayout.lines(ofFacts: parts, columns: columns, symbols).prefix(rows))
  }

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
  }

  static func time(_ seconds: Double) -> String {
    seconds < 1
      ? Numbers.value(seconds * 1000, digits: 3) + " ms" : Numbers.duration(seconds: seconds)
  }

  static func prompt(_ purpose: InferenceState.Edit.Purpose) -> String {
    switch purpose {
    case .pictures: "picture, folder or pattern:"
    case .newLabels: "labels:"
    case .label: "label:"
    case .template: "template, {} is the label:"
    case .tokenizer: "tokenizer file or folder:"
    }
  }
}
