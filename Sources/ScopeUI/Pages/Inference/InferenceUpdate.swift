import Cells
import ScopeEngine

extension State {
  // MARK: Work

  /// The page was chosen: what is missing for this checkpoint is made.
  mutating func showInference() -> [Effect] {
    guard jobs[.inference] == nil, inference.problems.isEmpty else { return restartRest() }
    return startInference() + restartRest()
  }

  /// Starts what is missing; a run of something else is replaced, its finished parts are kept.
  mutating func startInference() -> [Effect] {
    guard opened != nil, let request = inference.missing else { return stop(.inference) }
    var parts: [String] = []
    if !request.pictures.isEmpty { parts.append(Self.counted(request.pictures.count, "picture")) }
    if !request.texts.isEmpty { parts.append(Self.counted(request.texts.count, "text")) }
    let what = parts.joined(separator: ", ")
    return [start(.inference, .infer(request), title: "run \(what)")]
  }

  /// The selection rests: the picture is shown as the model sees it.
  mutating func requestPreview() -> [Effect] {
    guard opened != nil, inference.obstacle(to: .vision) == nil,
      let path = inference.selectedPicture?.path,
      inference.previews[path] == nil, inference.previewProblems[path] == nil,
      jobs[.preview] == nil || inference.previewPath != path
    else { return [] }
    inference.previewPath = path
    return [
      start(
        .preview, .preparePicture(path: path, inference.choice),
        title: "prepare \(FilePath.name(of: path))")
    ]
  }

  mutating func take(pictures found: PictureFiles.Found) -> [Effect] {
    if found.paths.isEmpty, let note = found.note { return say(.error, note) }
    let (added, refused) = inference.add(pictures: found.paths)
    settle()
    let effects = startInference() + restartRest()
    guard added + refused > 0 || found.note != nil else {
      return effects + say(.info, "what was named is on the list already")
    }
    var sentences = ["\(Self.counted(added, "picture")) added"]
    if refused > 0 { sentences.append("\(refused) more than the page holds were left out") }
    if let note = found.note { sentences.append(note) }
    return effects
      + say(sentences.count > 1 ? .warning : .success, sentences.joined(separator: "; "))
  }

  /// Of many pictures only a run tells which are broken: what was said of adding them is no longer true, and its end says what is.
  private mutating func reportBroken(_ broken: [String]) -> [Effect] {
    let pictures = inference.pictures
    guard let first = pictures.first(where: { broken.contains($0.path) }),
      let reason = first.problem
    else { return [] }
    let count = "\(broken.count) of \(Self.counted(pictures.count, "picture")) cannot be used"
    return say(.warning, "\(count)\(broken.count > 1 ? ", the first" : ""): \(reason)")
  }

  private static func counted(_ count: Int, _ word: String) -> String {
    count == 1 ? "1 \(word)" : "\(count) \(word)s"
  }

  mutating func take(_ report: InferenceReport) -> [Effect] {
    let isNew = inference.model == nil
    let broken = inference.newlyBroken
    inference.take(report)
    if case .brokenPicture = report, toast?.kind == .success { toast = nil }
    if case .finished = report { return reportBroken(broken) }
    guard case .model(let model) = report, isNew, let note = model.notes.first else { return [] }
    return say(.warning, note)
  }

  // MARK: Commands

  mutating func performOnInference(_ command: CommandID) -> [Effect]? {
    let layout = InferenceLayout(self)
    if let step = ListCursor.Step(command) { return move(step, layout) }
    switch command {
    case .left: return moveAcross(-1, layout)
    case .right: return moveAcross(1, layout)
    case .focusNext: focusNext(layout)
    case .cancel:
      guard jobs[.inference] == nil else {
        return stop(.inference) + say(.warning, "stopped; r goes on")
      }
      inference.focus = .pictures
      inference.showsMatrix = false
    case .activate:
      switch inference.focus {
      case .pictures where inference.pictures.isEmpty: return edit(.pictures)
      case .pictures, .matrix: inference.focus = .labels
      case .labels where inference.labels.isEmpty: return edit(.newLabels)
      case .labels: return edit(.label(inference.label), inference.labels[inference.label])
      }
      if inference.focus == .labels { inference.showsMatrix = false }
    case .inferenceAdd: return edit(.pictures)
    case .inferenceNewLabel: return edit(.newLabels)
    case .inferenceTemplate: return edit(.template, inference.template)
    case .inferenceTokenizer: return edit(.tokenizer, inference.choice.tokenizer ?? "")
    case .inferenceRemove: return removeSelected()
    case .inferenceMatrix:
      inference.showsMatrix.toggle()
      inference.focus = inference.showsMatrix ? .matrix : .labels
    case .inferenceValues:
      inference.values = InferenceScores.Values.allCases.neighbour(of: inference.values, 1)
      return say(.info, "the matrix shows the \(inference.values.rawValue)")
    case .inferenceSort:
      inference.isSorted.toggle()
      return say(.info, inference.isSorted ? "labels best first" : "labels in their own order")
    case .inferenceColors:
      colorScale = (colorScale + 1) % HeatMapScales.sequential.count
      return say(.info, "colour scale: \(HeatMapScales.sequential(colorScale).name)")
    case .inferenceRun:
      if let refusal = inference.outlook?.refusal { return say(.info, refusal) }
      inference.forgetProblems()
      let effects = startInference() + restartRest()
      return inference.missing == nil ? effects + say(.info, "everything is there") : effects
    case .inferenceActivation: return chooseActivation()
    default: return nil
    }
    return []
  }

  private mutating func move(_ step: ListCursor.Step, _ layout: InferenceLayout) -> [Effect] {
    guard inference.focus == .labels else {
      let height =
        inference.focus == .matrix
        ? layout.matrix.rows - MatrixLayout.otherRows : layout.pictures.rows
      let before = inference.list.selected
      inference.list.move(step, count: inference.pictures.count, height: max(height, 1))
      return inference.list.selected == before ? [] : restartRest()
    }
    var cursor = ListCursor(
      selected: inference.order.firstIndex(of: inference.label) ?? 0, top: inference.labelTop)
    cursor.move(step, count: inference.order.count, height: layout.bars.rows)
    if inference.order.indices.contains(cursor.selected) {
      inference.label = inference.order[cursor.selected]
      inference.labelTop = cursor.top
    }
    return []
  }

  /// Left and right: from pane to pane, through the pictures from the labels, through the labels in the matrix.
  private mutating func moveAcross(_ step: Int, _ layout: InferenceLayout) -> [Effect] {
    switch inference.focus {
    case .pictures:
      if step > 0 { focusNext(layout) }
    case .labels:
      let before = inference.list.selected
      inference.list.move(
        .by(step), count: inference.pictures.count, height: max(layout.pictures.rows, 1))
      return inference.list.selected == before ? [] : restartRest()
    case .matrix:
      inference.label = min(max(inference.label + step, 0), max(inference.labels.count - 1, 0))
    }
    return []
  }

  private mutating func focusNext(_ layout: InferenceLayout) {
    let hasMatrix = !layout.matrix.isEmpty || layout.isNarrow
    switch inference.focus {
    case .pictures: inference.focus = inference.showsMatrix ? .matrix : .labels
    case .labels: inference.focus = hasMatrix && !inference.labels.isEmpty ? .matrix : .pictures
    case .matrix: inference.focus = .pictures
    }
  }

  private mutating func removeSelected() -> [Effect] {
    switch inference.focus {
    case .pictures:
      guard inference.selectedPicture != nil else { return say(.info, "there is no picture") }
      inference.removePicture(at: inference.list.selected)
    case .labels, .matrix:
      guard !inference.labels.isEmpty else { return say(.info, "there is no label") }
      inference.change(label: inference.label, to: "")
    }
    return (jobs[.inference] == nil ? [] : startInference()) + restartRest()
  }

  /// What the user knows of the model holds for every page that runs it.
  mutating func choose(_ choice: ModelChoice) {
    inference.choose(choice)
    attention.choose(choice)
    if let opened { choices[opened.path] = KeptChoice(choice: choice, stated: opened.stated) }
  }

  /// What was chosen for this file earlier in the session, where the file still leaves as much open.
  mutating func chooseAgain() {
    guard let opened, let kept = choices[opened.path], kept.stated == opened.stated else { return }
    choose(kept.choice)
  }

  /// For files that do not say it; the next one at each call.
  private mutating func chooseActivation() -> [Effect] {
    if let refusal = opened?.stated.refusalOfActivation { return say(.info, refusal) }
    var choice = inference.choice
    choice.stepActivation(by: 1)
    choose(choice)
    return startInference() + say(.info, "activation: \(choice.activation ?? "as the file says")")
  }

  // MARK: Typing

  /// Opens a line, unless the model has no tower for what would be typed.
  private mutating func edit(
    _ purpose: InferenceState.Edit.Purpose, _ text: String = ""
  ) -> [Effect] {
    if let obstacle = inference.obstacle(to: purpose == .pictures ? .vision : .text) {
      return say(.info, obstacle)
    }
    // Labels and templates are changed, a path gives way to another.
    let line = purpose == .tokenizer ? InputLine(offering: text) : InputLine(text)
    inference.edit = InferenceState.Edit(purpose: purpose, line: line)
    return []
  }

  /// Keys of the line while it is typed.
  mutating func takeInferenceText(_ event: InputEvent) -> [Effect]? {
    guard var edit = inference.edit else { return nil }
    switch event {
    case .key(.escape, _), .key(.character("c"), .control):
      inference.edit = nil
      return []
    case .key(.enter, _):
      inference.edit = nil
      return finish(edit)
    case .key(.character("z"), .control), .key(.character("l"), .control): return nil
    case .paste(let text) where edit.purpose == .newLabels:
      // A pasted list has one label a line.
      let parts = text.split(whereSeparator: \.isNewline).map(String.init)
      _ = edit.line.take(.paste(parts.joined(separator: ", ")))
    default: _ = edit.line.take(event)
    }
    inference.edit = edit
    return []
  }

  private mutating func finish(_ edit: InferenceState.Edit) -> [Effect] {
    let text = edit.line.text
    switch edit.purpose {
    case .pictures:
      guard !text.isEmpty else { return [] }
      return [start(.pictures, .listPictures(text), title: "look for pictures")]
    case .newLabels:
      inference.add(labels: text)
      if inference.focus == .pictures { inference.focus = .labels }
    case .label(let index): inference.change(label: index, to: text)
    case .template:
      // An empty one is the label alone.
      if !text.isEmpty, let problem = ZeroShot.problem(ofTemplate: text) {
        inference.edit = edit
        return say(.error, problem)
      }
      inference.change(template: text)
    case .tokenizer:
      var choice = inference.choice
      choice.tokenizer = text.isEmpty ? nil : text
      choose(choice)
    }
    return startInference()
  }

  // MARK: Mouse

  mutating func takeInferenceMouse(_ mouse: MouseEvent) -> [Effect] {
    let layout = InferenceLayout(self)
    switch mouse.kind {
    case .wheelUp, .wheelDown:
      let rows = mouse.kind == .wheelUp ? -3 : 3
      if layout.bars.contains(mouse.point) {
        let focus = inference.focus
        inference.focus = .labels
        _ = move(.by(rows), layout)
        inference.focus = focus
        return []
      }
      let before = inference.list.selected
      inference.list.move(
        .by(rows), count: inference.pictures.count, height: max(layout.pictures.rows, 1))
      return inference.list.selected == before ? [] : restartRest()
    case .press where mouse.button == 1: return press(mouse.point, layout)
    default: return []
    }
  }

  private mutating func press(_ point: Point, _ layout: InferenceLayout) -> [Effect] {
    guard inference.edit == nil else { return [] }
    if layout.template.contains(point) {
      return edit(.template, inference.template)
    } else if layout.pictures.contains(point) {
      let row = inference.list.top + point.row - layout.pictures.row
      inference.focus = .pictures
      guard inference.pictures.indices.contains(row) else {
        return inference.pictures.isEmpty ? edit(.pictures) : []
      }
      inference.list.selected = row
      return restartRest()
    } else if layout.bars.contains(point) {
      let row = inference.labelTop + point.row - layout.bars.row
      let wasThere = inference.focus == .labels
      inference.focus = .labels
      guard inference.order.indices.contains(row) else {
        return inference.labels.isEmpty ? edit(.newLabels) : []
      }
      let isSecond = wasThere && inference.label == inference.order[row]
      inference.label = inference.order[row]
      return isSecond ? performOnInference(.activate) ?? [] : []
    } else if layout.matrix.contains(point) {
      inference.focus = .matrix
      guard let cell = MatrixLayout(layout.matrix, inference).cell(at: point) else { return [] }
      let isOther = inference.list.selected != cell.picture
      inference.list.selected = cell.picture
      inference.label = cell.label
      return isOther ? restartRest() : []
    }
    return []
  }
}
