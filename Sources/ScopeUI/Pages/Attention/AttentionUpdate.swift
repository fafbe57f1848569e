import Analysis
import Cells
import ScopeEngine

extension State {
  /// Starts what the page lacks: pictures beside the model, the capture, a rollout.
  ///
  /// Asked after every action; nothing is started twice, and nothing again after it failed or was stopped.
  mutating func startAttentionWork() -> [Effect] {
    guard page == .attention, let opened, attention.outlook?.refusal == nil else { return [] }
    attention.offer(added: inference.pictures.map(\.path))
    var effects: [Effect] = []
    if attention.picturesOf != opened.path {
      attention.picturesOf = opened.path
      effects.append(
        start(
          .attentionPictures, .findPictures(beside: opened.path), title: "look for pictures"))
    }
    if let wanted = attention.wanted, attention.asked != wanted,
      attention.capture?.request.answers(wanted) != true
    {
      attention.asked = wanted
      attention.problem = nil
      effects.append(start(.attention, .attention(wanted), title: "attention"))
    }
    if let capture = attention.capture, let choice = attention.neededMap,
      attention.askedMap != choice
    {
      attention.askedMap = choice
      effects.append(
        start(.attentionMap, .attentionMap(capture, choice), title: "\(attention.method)"))
    }
    return effects
  }

  /// The list says what was passed over; where a picture stands in its place, a line of news does.
  mutating func take(picturesBeside found: PictureFiles.Found) -> [Effect] {
    attention.offer(beside: found.paths)
    attention.picturesNote = found.note
    guard let note = found.note, attention.picture != nil else { return [] }
    return say(.warning, note)
  }

  mutating func failAttention(_ problem: ModelProblem) {
    guard let asked = attention.asked else { return }
    attention.problem = AttentionProblem(request: asked, problem: problem)
  }

  mutating func performOnAttention(_ command: CommandID) -> [Effect]? {
    if let lack = attention.lack(for: command) { return say(.info, lack) }
    if attention.capture == nil, AttentionState.changesOfView.contains(command),
      let missing = attention.missingInput
    {
      return say(.info, missing)
    }
    switch command {
    case .up, .down, .left, .right: return moveOnAttention(command)
    case .pageUp: movePages(-10)
    case .pageDown: movePages(10)
    case .first:
      (attention.row, attention.column) = (0, 0)
      attention.list.selected = 0
    case .last:
      attention.row = attention.capture?.rows ?? 0
      attention.column = attention.capture?.columns ?? 0
      attention.list.selected = attention.pictures.count
    case .focusNext:
      attention.focus = AttentionState.Focus.allCases.neighbour(of: attention.focus, 1)
    case .cancel:
      attention.focus = .picture
      if attention.origin == .place { attention.origin = nil }
    case .activate: return activateOnAttention()
    case .attentionHere: lookFromCursor()
    case .attentionPicture: type(.picture)
    case .attentionText: type(.text)
    case .attentionActivation: return chooseActivation(by: 1)
    case .attentionHeads:
      if let refusal = opened?.stated.refusalOfHeads(isText: attention.side == .text) {
        return say(.info, refusal)
      }
      type(.heads)
    case .attentionTokenizer: type(.tokenizer)
    case .attentionTower:
      attention.step(.tower, by: 1)
      // What was said of the side that was left is about that.
      if toast?.kind == .info { toast = nil }
    case .attentionMethod:
      attention.step(.method, by: 1)
      return remindOfPair()
    case .attentionNextLayer: attention.step(.layer, by: 1)
    case .attentionPreviousLayer: attention.step(.layer, by: -1)
    case .attentionNextHead: attention.step(.head, by: 1)
    case .attentionPreviousHead: attention.step(.head, by: -1)
    case .attentionFrom: attention.step(.from, by: 1)
    case .attentionPool: return togglePool()
    case .attentionDiscardMore: stepDiscard(1)
    case .attentionDiscardLess: stepDiscard(-1)
    case .attentionNextFrame: attention.step(.frame, by: 1)
    case .attentionPreviousFrame: attention.step(.frame, by: -1)
    case .attentionMoreMap: attention.step(.map, by: 1)
    case .attentionLessMap: attention.step(.map, by: -1)
    case .attentionSide:
      attention.headsView = AttentionState.HeadsView.allCases.neighbour(of: attention.headsView, 1)
    case .attentionScale: colorScale += 1
    case .attentionRun:
      attention.asked = nil
      attention.askedMap = nil
      if attention.problem == nil, jobs[.attention] == nil {
        attention.captures[attention.side] = nil
      }
    default: return nil
    }
    return []
  }

  private mutating func togglePool() -> [Effect] {
    guard let pool = attention.capture?.layers.firstIndex(of: .pool) else {
      return say(.info, "this tower pools without attention: there is no pooling head")
    }
    attention.layer = attention.layerIndex == pool ? nil : pool
    return []
  }

  private mutating func movePages(_ step: Int) {
    if attention.capture == nil {
      attention.list.selected += step
    } else if attention.side == .text {
      attention.column += step
    } else {
      attention.row += step
    }
  }

  private mutating func moveOnAttention(_ command: CommandID) -> [Effect] {
    let step = command == .up || command == .left ? -1 : 1
    let isVertical = command == .up || command == .down
    switch attention.focus {
    case .fields:
      if isVertical {
        let fields = AttentionField.fields(of: attention)
        guard !fields.isEmpty else { return [] }
        let place = fields.firstIndex(of: attention.field) ?? 0
        attention.field = fields[min(max(place + step, 0), fields.count - 1)]
      } else {
        return stepField(attention.field, by: step)
      }
    case .heads where attention.capture != nil:
      attention.step(isVertical ? .layer : .head, by: step)
    default:
      if attention.capture == nil {
        attention.list.selected += step
      } else if isVertical, attention.side == .picture {
        attention.row += step
      } else {
        attention.column += step
      }
    }
    return []
  }

  /// One step of a field; those of the model hold for every page.
  private mutating func stepField(_ field: AttentionField, by step: Int) -> [Effect] {
    let next = (attention.chosenHeads ?? 0) + step
    switch field {
    case .activation: return chooseActivation(by: step)
    case .heads: return choose(heads: ModelChoice.headCounts.contains(next) ? next : nil)
    default:
      attention.step(field, by: step)
      return []
    }
  }

  private mutating func chooseActivation(by step: Int) -> [Effect] {
    if let refusal = opened?.stated.refusalOfActivation { return say(.info, refusal) }
    return chooseInAttention { $0.stepActivation(by: step) }
  }

  /// Of the tower on show.
  private mutating func choose(heads: Int?) -> [Effect] {
    let isText = attention.side == .text
    return chooseInAttention { choice in
      if isText { choice.textHeads = heads } else { choice.heads = heads }
    }
  }

  private mutating func chooseInAttention(_ change: (inout ModelChoice) -> Void) -> [Effect] {
    var choice = attention.choice
    change(&choice)
    guard choice != attention.choice else { return [] }
    choose(choice)
    // What the inference page still runs was asked for with the old choice; it goes on there with the new one.
    return stop(.inference)
  }

  private mutating func activateOnAttention() -> [Effect] {
    if attention.capture != nil {
      if attention.focus == .picture { lookFromCursor() } else { attention.focus = .picture }
    } else if attention.side == .picture,
      attention.pictures.indices.contains(attention.list.selected)
    {
      attention.picture = attention.pictures[attention.list.selected]
      attention.asked = nil
    } else {
      type(attention.side == .picture ? .picture : .text)
    }
    return []
  }

  /// The patch under the cursor becomes the origin, or the usual origin comes back.
  private mutating func lookFromCursor() {
    attention.focus = .picture
    attention.origin = attention.origin == .place ? nil : .place
  }

  private mutating func stepDiscard(_ step: Int) {
    if attention.method == .rollout { attention.step(.discard, by: step) }
    attention.method = .rollout
  }

  private mutating func remindOfPair() -> [Effect] {
    guard attention.method == .relevance else { return [] }
    if attention.side == .picture, attention.text.isEmpty {
      type(.text)
      return say(.info, "relevance is that of a picture for a text: type the text")
    }
    if attention.side == .text, attention.picture == nil {
      type(.picture)
      return say(.info, "relevance is that of a text for a picture: type its path")
    }
    return []
  }

  // MARK: The line that is typed

  private mutating func type(_ purpose: AttentionState.Typing.Purpose) {
    let old: String =
      switch purpose {
      case .picture: attention.picture ?? ""
      case .text: attention.text
      case .heads: attention.chosenHeads.map(String.init) ?? ""
      case .tokenizer: attention.choice.tokenizer ?? ""
      }
    attention.typing = AttentionState.Typing(purpose: purpose, line: InputLine(offering: old))
  }

  mutating func takeAttentionText(_ event: InputEvent) -> [Effect]? {
    guard var typing = attention.typing else { return nil }
    switch event {
    case .key(.enter, _):
      attention.typing = nil
      return accept(typing)
    case .key(.escape, _), .key(.character("c"), .control):
      attention.typing = nil
      return []
    case .key(.character("z"), .control), .key(.character("l"), .control): return nil
    case .key(.up, _), .key(.down, _), .key(.tab, _):
      guard typing.purpose == .picture, !attention.pictures.isEmpty else { return [] }
      let isUp = if case .key(.up, _) = event { true } else { false }
      if let place = attention.pictures.firstIndex(of: typing.line.text) {
        let count = attention.pictures.count
        attention.list.selected = (place + (isUp ? count - 1 : 1)) % count
      }
      attention.list.settle(count: attention.pictures.count, height: attention.pictures.count)
      typing.line = InputLine(offering: attention.pictures[attention.list.selected])
    default: _ = typing.line.take(event)
    }
    attention.typing = typing
    return []
  }

  private mutating func accept(_ typing: AttentionState.Typing) -> [Effect] {
    let text = typing.line.text
    attention.asked = nil
    switch typing.purpose {
    case .heads:
      let count = Int(text)
      guard text.isEmpty || count.map(ModelChoice.headCounts.contains) == true else {
        return say(.error, "the number of heads is from 1 to 1024, not \(text)")
      }
      return choose(heads: count)
    case .tokenizer:
      return chooseInAttention { $0.tokenizer = text.isEmpty ? nil : text }
    case .picture: attention.picture = text.isEmpty ? nil : text
    case .text:
      attention.text = text
      // A text alone, with no picture to look at, is looked at itself.
      if attention.picture == nil, !text.isEmpty { attention.side = .text }
      if attention.side == .picture, attention.method != .relevance, !text.isEmpty {
        return say(
          .info,
          "the text is kept: relevance (m) looks for it in the picture, w looks at its tokens")
      }
    }
    return []
  }

  // MARK: Mouse

  mutating func takeAttentionMouse(_ mouse: MouseEvent) -> [Effect] {
    guard attention.typing == nil else { return [] }
    let layout = AttentionLayout(self)
    switch mouse.kind {
    case .wheelUp, .wheelDown:
      let step = mouse.kind == .wheelUp ? 1 : -1
      if let place = layout.fields.first(where: { $0.area.contains(mouse.point) }) {
        return stepField(place.field, by: step)
      } else if attention.capture == nil {
        attention.list.selected -= step
      } else if layout.picture.contains(mouse.point), attention.side == .text {
        attention.column -= step
      } else {
        attention.step(layout.picture.contains(mouse.point) ? .layer : .head, by: step)
      }
    case .press where mouse.button == 1 || mouse.button == 3: return press(mouse, layout)
    case .drag: pick(mouse, layout)
    default: break
    }
    return []
  }

  private mutating func press(_ mouse: MouseEvent, _ layout: AttentionLayout) -> [Effect] {
    if let place = layout.fields.first(where: { $0.area.contains(mouse.point) }) {
      attention.focus = .fields
      attention.field = place.field
      if let step = place.field.text(attention).step(at: mouse.point, in: place.area) {
        return stepField(place.field, by: step)
      }
      return []
    }
    guard attention.capture != nil else {
      let row = mouse.point.row - layout.list.row
      guard layout.list.contains(mouse.point),
        attention.pictures.indices.contains(row + layout.listTop)
      else { return [] }
      attention.list.selected = row + layout.listTop
      return activateOnAttention()
    }
    if let head = layout.heads.head(at: mouse.point) {
      attention.focus = .heads
      attention.head = .index(head)
    } else if let cell = layout.heads.overviewCell(at: mouse.point) {
      attention.focus = .heads
      attention.layer = cell.layer
      attention.head = .index(cell.head)
    } else {
      pick(mouse, layout)
    }
    return []
  }

  /// The patch or token under the mouse; the first button also looks from there.
  private mutating func pick(_ mouse: MouseEvent, _ layout: AttentionLayout) {
    guard let place = layout.place(at: mouse.point) else { return }
    attention.focus = .picture
    attention.row = place.row
    attention.column = place.column
    if mouse.button != 3 { attention.origin = .place }
  }
}
