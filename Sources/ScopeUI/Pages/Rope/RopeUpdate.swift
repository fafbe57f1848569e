import Cells
import Inference
import ScopeEngine

extension State {
  /// The page was chosen: what the open checkpoint says of positions is asked for once.
  mutating func showRope() -> [Effect] {
    rope.settle()
    guard let opened, rope.checkpoint?.path != opened.path, jobs[.positions] == nil else {
      return []
    }
    return [start(.positions, .positions, title: "read positions")]
  }

  mutating func take(_ positions: CheckpointPositions) -> [Effect] {
    guard let opened else { return [] }
    rope.checkpoint = positions
    // Folders are opened by one of their files; the page asks again only for another checkpoint.
    rope.checkpoint?.path = opened.path
    if positions.rotary != nil {
      rope.choose(.checkpoint)
    } else if positions.table != nil {
      rope.choose(.table)
    }
    guard let reason = positions.reason else { return [] }
    let shown = positions.table == nil ? "a preset is shown" : "the learned position table is shown"
    return say(.info, "\(shown): \(reason)")
  }

  /// What changes a rotary embedding and has nothing to change in a learned table.
  private static let rotaryCommands: Set<CommandID> = [
    .ropeNextChannel, .ropePreviousChannel, .ropeFunction, .ropeAxis, .ropeSort, .ropeScaling,
    .ropeThetaUp, .ropeThetaDown, .ropeView, .ropeCompare, .ropeNextFrame, .ropePreviousFrame,
    .ropeQueryFrame,
  ]

  /// What changes a spectrum, which learned frequencies have not.
  private static let spectrumCommands: Set<CommandID> = [
    .ropeThetaUp, .ropeThetaDown, .ropeScaling,
  ]

  mutating func performOnRope(_ command: CommandID) -> [Effect]? {
    let source = rope.source
    // What was said of the source before is not true of another.
    defer { if rope.source != source, toast?.kind == .info { toast = nil } }
    if rope.picker != nil { return performInPicker(command) }
    if rope.table != nil, Self.rotaryCommands.contains(command) {
      return say(.info, "a learned position table has none of this; p chooses a rotary embedding")
    }
    if rope.base?.learnedFrequencies != nil, Self.spectrumCommands.contains(command) {
      return say(.info, "learned frequencies have no theta, and no spectrum that could be scaled")
    }
    switch command {
    case .up, .down, .left, .right: move(command)
    case .pageUp: rope.step(rope.focus == .fields ? rope.field : .frame, by: 10)
    case .pageDown: rope.step(rope.focus == .fields ? rope.field : .frame, by: -10)
    case .first: rope.query = RopeState.PatchPlace(frame: rope.query.frame, row: 0, column: 0)
    case .last:
      rope.query = RopeState.PatchPlace(
        frame: rope.query.frame, row: rope.queryGrid.rows, column: rope.queryGrid.columns)
    case .focusNext: rope.focus = rope.focus == .picture ? .fields : .picture
    case .cancel: rope.focus = .picture
    case .activate:
      if rope.focus == .fields, rope.field == .source { openPicker() } else { rope.focus = .fields }
    case .ropeSources: openPicker()
    case .ropeNextChannel: rope.step(.channel, by: 1)
    case .ropePreviousChannel: rope.step(.channel, by: -1)
    case .ropeNextFrame: rope.step(.frame, by: 1)
    case .ropePreviousFrame: rope.step(.frame, by: -1)
    case .ropeQueryFrame: rope.query.frame = rope.frame
    case .ropeFunction: rope.step(.function, by: 1)
    case .ropeView: rope.step(.left, by: 1)
    case .ropeAxis:
      if rope.leftView != .gain { rope.leftView = .positions }
      rope.step(.axis, by: 1)
    case .ropeSort:
      rope.leftView = .positions
      rope.step(.order, by: 1)
    case .ropeScaling: rope.step(.scaling, by: 1)
    case .ropeLarger: rope.resize(rows: 1, columns: 1)
    case .ropeSmaller: rope.resize(rows: -1, columns: -1)
    case .ropeThetaUp: rope.step(.theta, by: 1)
    case .ropeThetaDown: rope.step(.theta, by: -1)
    case .ropeCompare: rope.step(.compare, by: 1)
    case .ropeReset:
      rope.changes = RotaryChanges()
      rope.comparison = nil
      if rope.leftView == .comparison { rope.leftView = .channel }
    default: return nil
    }
    return []
  }

  private mutating func move(_ command: CommandID) {
    switch (command, rope.focus) {
    case (.up, .picture): rope.query.row -= 1
    case (.down, .picture): rope.query.row += 1
    case (.left, .picture): rope.query.column -= 1
    case (.right, .picture): rope.query.column += 1
    case (.left, .fields): rope.step(rope.field, by: -1)
    case (.right, .fields): rope.step(rope.field, by: 1)
    default:
      let fields = RopeField.fields(of: rope)
      let place = fields.firstIndex(of: rope.field) ?? 0
      let step = command == .up ? -1 : 1
      rope.field = fields[min(max(place + step, 0), fields.count - 1)]
    }
  }

  // MARK: The list of sources

  private mutating func openPicker() {
    rope.picker = ListCursor(selected: rope.sources.firstIndex(of: rope.source) ?? 0)
  }

  private mutating func performInPicker(_ command: CommandID) -> [Effect]? {
    let sources = rope.sources
    let height = max(pickerList.rows, 1)
    if let step = ListCursor.Step(command) {
      rope.picker?.move(step, count: sources.count, height: height)
      return []
    }
    switch command {
    case .activate, .right:
      if let selected = rope.picker?.selected, sources.indices.contains(selected) {
        rope.choose(sources[selected])
      }
      rope.picker = nil
    case .cancel, .left, .ropeSources: rope.picker = nil
    default: return nil
    }
    return []
  }

  // MARK: Mouse

  mutating func takeRopeMouse(_ mouse: MouseEvent) -> [Effect] {
    if let picker = rope.picker { return takePickerMouse(mouse, picker) }
    let layout = RopeLayout(self)
    switch mouse.kind {
    case .wheelUp, .wheelDown:
      let step = mouse.kind == .wheelUp ? 1 : -1
      if let place = layout.fields.first(where: { $0.area.contains(mouse.point) }) {
        rope.step(place.field, by: step)
      } else if layout.left.contains(mouse.point), rope.leftView == .channel {
        rope.step(.channel, by: step)
      } else if layout.kernel.contains(mouse.point) {
        rope.step(.frame, by: step)
      }
    case .press where mouse.button == 1:
      if let place = layout.fields.first(where: { $0.area.contains(mouse.point) }) {
        rope.focus = .fields
        rope.field = place.field
        let text = place.field.text(rope, symbols)
        if let step = text.step(at: mouse.point, in: place.area) {
          rope.step(place.field, by: step)
        }
      } else {
        moveQuery(to: mouse.point, layout)
      }
    case .drag: moveQuery(to: mouse.point, layout)
    default: break
    }
    return []
  }

  /// The first click on a row selects it, the second one takes it; a click outside closes the list.
  private mutating func takePickerMouse(_ mouse: MouseEvent, _ picker: ListCursor) -> [Effect] {
    switch mouse.kind {
    case .wheelUp: return performInPicker(.up) ?? []
    case .wheelDown: return performInPicker(.down) ?? []
    case .press where mouse.button == 1:
      let list = pickerList
      guard list.contains(mouse.point) else { return performInPicker(.cancel) ?? [] }
      let top = Widgets.scrolled(
        offset: picker.top, selected: picker.selected, count: rope.sources.count, rows: list.rows)
      let row = top + mouse.point.row - list.row
      if row == picker.selected { return performInPicker(.activate) ?? [] }
      // The list stays where it is, so that the second click meets the same row.
      rope.picker = ListCursor(selected: row, top: top)
    default: break
    }
    return []
  }

  private var pickerList: Rect { RopeLayout.pickerList(FrameLayout(size).body, rope) }

  private mutating func moveQuery(to point: Point, _ layout: RopeLayout) {
    let grid = rope.queryGrid
    let hasTime = !(rope.pictures?.timeProfile.isEmpty ?? true)
    let panes =
      rope.leftView == .channel && rope.table == nil
      ? [layout.left, RopeView.kernelParts(layout.kernel, hasTime: hasTime).picture]
      : [RopeView.kernelParts(layout.kernel, hasTime: hasTime).picture]
    for pane in panes where pane.contains(point) {
      let fit = PictureFit(rows: grid.rows, columns: grid.columns, in: pane)
      guard let patch = fit.element(at: point) else { continue }
      rope.focus = .picture
      rope.query.row = patch.row
      rope.query.column = patch.column
      rope.query.frame = rope.frame
    }
  }
}
