import Cells
import ScopeEngine

extension State {
  var mappingLayout: MappingLayout {
    MappingLayout(FrameLayout(size).body, mapping, symbols)
  }

  /// The page was chosen: the mapping is asked for once a checkpoint.
  mutating func showMapping() -> [Effect] {
    guard let opened, mapping.path != opened.path, jobs[.mapping] == nil else { return [] }
    return [start(.mapping, .mapping(to: nil, convert.form.identity), title: "map keys")]
  }

  /// From the tree: the row of the selected tensor.
  mutating func showSelectedInMapping() -> [Effect] {
    if let reference = tree.selectedEntry, reference.side == .left {
      mapping.wantedEntry = reference.index
    }
    return perform(.page2) + selectWanted()
  }

  /// The row of the tensor that was asked for, as soon as the mapping is there.
  mutating func selectWanted() -> [Effect] {
    guard mapping.table != nil, let entry = mapping.wantedEntry else { return [] }
    mapping.wantedEntry = nil
    return mapping.select(entry: entry) ? [] : say(.info, "this tensor is not in the mapping")
  }

  /// What the user says of the model changed, and the mapping with it.
  mutating func renewMapping() -> [Effect] {
    guard mapping.path != nil, let target = mapping.answer?.target else { return [] }
    return [
      start(
        .mapping, .mapping(to: target, convert.form.identity),
        title: "map keys to \(target.rawValue)")
    ]
  }

  mutating func take(_ answer: MappingAnswer) -> [Effect] {
    guard let opened else { return [] }
    mapping.take(answer, path: opened.path)
    let effects = selectWanted()
    guard let warning = answer.table?.warnings.first else { return effects }
    return say(.warning, warning)
  }

  mutating func settleMapping() {
    mapping.list.settle(count: mapping.lines.count, height: mappingLayout.list.rows)
    if let picker = mapping.picker {
      var picker = picker
      picker.settle(count: mapping.targets.count, height: max(mapping.targets.count, 1))
      mapping.picker = picker
    }
  }

  // MARK: Keys

  /// Keys of the filter line while it is typed.
  mutating func takeMappingText(_ event: InputEvent) -> [Effect]? {
    guard mapping.isTyping else { return nil }
    switch mapping.line.takeFilterKey(event) {
    case .accepted: mapping.isTyping = false
    case .closed:
      mapping.isTyping = false
      mapping.listLines()
    case .typed: mapping.listLines()
    case .ignored: break
    case .passed: return nil
    }
    return []
  }

  mutating func performOnMapping(_ command: CommandID) -> [Effect]? {
    if mapping.picker != nil { return performInTargetList(command) }
    if let step = ListCursor.Step(command) {
      mapping.list.move(step, count: mapping.lines.count, height: mappingLayout.list.rows)
      return []
    }
    let needsRows: Set<CommandID> = [
      .mappingFind, .mappingFilter, .mappingNextChange, .mappingPreviousChange, .activate,
    ]
    if mapping.table == nil, needsRows.contains(command) {
      return say(.info, jobs[.mapping] == nil ? "no keys are mapped here" : "keys are being mapped")
    }
    switch command {
    case .left: return stepTarget(-1)
    case .right: return stepTarget(1)
    case .activate: return showTensorOfMapping()
    case .cancel:
      if mapping.hasFilterLine {
        mapping.line = InputLine()
      } else {
        mapping.filter = .all
      }
      mapping.listLines()
    case .mappingFind: mapping.isTyping = mapping.table != nil
    case .mappingFilter:
      mapping.filter = MappingFilter.allCases.neighbour(of: mapping.filter, 1)
      mapping.listLines()
    case .mappingNextChange: return stepToChange(1)
    case .mappingPreviousChange: return stepToChange(-1)
    case .mappingTarget:
      guard !mapping.targets.isEmpty else { return say(.info, "there is no target to choose") }
      mapping.picker = ListCursor(
        selected: mapping.targets.firstIndex { $0.target == mapping.answer?.target } ?? 0)
    case .mappingConvert:
      if let target = mapping.answer?.target { chooseConversion(target) }
      return perform(.page3)
    default: return nil
    }
    return []
  }

  /// To the next row that is more than a copy under a name; starts over at the end.
  private mutating func stepToChange(_ direction: Int) -> [Effect] {
    guard let table = mapping.table, !mapping.lines.isEmpty else { return [] }
    let lines = mapping.lines
    let here = mapping.list.selected
    for distance in 1...lines.count {
      let place = (here + direction * distance) % lines.count
      let line = lines[place < 0 ? place + lines.count : place]
      let row = table.rows[line.row]
      if line.part == 0, line.row != lines[here].row, !row.words.isPlain || row.status != .mapped {
        mapping.list.selected = place < 0 ? place + lines.count : place
        return []
      }
    }
    return say(.info, "every other row is a plain copy")
  }

  private mutating func showTensorOfMapping() -> [Effect] {
    guard let row = mapping.selectedRow else { return [] }
    let part =
      mapping.lines.indices.contains(mapping.list.selected)
      ? mapping.lines[mapping.list.selected].part : 0
    let keys = row.sources
    guard let key = keys.indices.contains(part) ? keys[part] : keys.first, let entry = key.entry,
      let model = tree.model,
      let item = model.items.firstIndex(where: { $0.isTensor && Int($0.left) == entry }),
      model.nodeOfItem.indices.contains(item)
    else { return say(.info, "no tensor of the checkpoint stands in this row") }
    tree.find = nil
    tree.focus = .tree
    tree.reveal(model.nodeOfItem[item])
    page = .tree
    return restartRest()
  }

  // MARK: Targets

  /// To the next target that can hold the model.
  private mutating func stepTarget(_ direction: Int) -> [Effect] {
    let possible = mapping.targets.filter { $0.refusal == nil }.map(\.target)
    guard let now = mapping.answer?.target, let place = possible.firstIndex(of: now),
      possible.count > 1
    else { return say(.info, "there is no other target") }
    return mapTo(possible[(place + direction + possible.count) % possible.count])
  }

  private mutating func mapTo(_ target: ConversionTarget) -> [Effect] {
    guard target != mapping.answer?.target || mapping.table == nil else { return [] }
    return [
      start(
        .mapping, .mapping(to: target, convert.form.identity),
        title: "map keys to \(target.rawValue)")
    ]
  }

  private mutating func performInTargetList(_ command: CommandID) -> [Effect]? {
    let targets = mapping.targets
    func moved(_ step: ListCursor.Step) {
      mapping.picker?.move(step, count: targets.count, height: max(targets.count, 1))
    }
    switch command {
    case .up: moved(.by(-1))
    case .down: moved(.by(1))
    case .first, .pageUp: moved(.first)
    case .last, .pageDown: moved(.last)
    case .activate, .right:
      guard let selected = mapping.picker?.selected, targets.indices.contains(selected) else {
        return []
      }
      let wanted = targets[selected]
      if let refusal = wanted.refusal {
        return say(.warning, "\(wanted.target.rawValue): \(refusal)")
      }
      mapping.picker = nil
      return mapTo(wanted.target)
    case .cancel, .left, .mappingTarget: mapping.picker = nil
    default: return nil
    }
    return []
  }

  // MARK: Mouse

  mutating func takeMappingMouse(_ mouse: MouseEvent) -> [Effect] {
    let layout = mappingLayout
    if let picker = mapping.picker {
      switch mouse.kind {
      case .wheelUp: return performInTargetList(.up) ?? []
      case .wheelDown: return performInTargetList(.down) ?? []
      case .press where mouse.button == 1:
        let box = MappingLayout.pickerList(FrameLayout(size).body, mapping)
        guard box.contains(mouse.point) else { return performInTargetList(.cancel) ?? [] }
        let row = mouse.point.row - box.row
        let isSecond = row == picker.selected
        mapping.picker?.selected = row
        return isSecond ? performInTargetList(.activate) ?? [] : []
      default: return []
      }
    }
    switch mouse.kind {
    case .wheelUp, .wheelDown:
      mapping.list.scroll(
        mouse.kind == .wheelUp ? -3 : 3, count: mapping.lines.count, height: layout.list.rows)
    case .press where mouse.button == 1:
      if layout.list.contains(mouse.point) {
        let row = mapping.list.top + mouse.point.row - layout.list.row
        guard mapping.lines.indices.contains(row) else { return [] }
        let isSecond = mapping.list.selected == row
        mapping.list.selected = row
        return isSecond ? showTensorOfMapping() : []
      }
      if mouse.point.row == layout.titles, layout.right.contains(mouse.point.column) {
        return performOnMapping(.mappingTarget) ?? []
      }
      if mouse.point.row == layout.coverage {
        let column = mouse.point.column - layout.left.lowerBound
        guard let filter = mapping.table?.filter(atColumn: column, symbols) else {
          return performOnMapping(.mappingFilter) ?? []
        }
        // A second click on a count shows all rows again.
        mapping.filter = mapping.filter == filter ? .all : filter
        mapping.listLines()
      }
    default: break
    }
    return []
  }
}
