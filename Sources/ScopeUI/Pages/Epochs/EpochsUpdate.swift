import Cells
import ScopeEngine

extension State {
  /// The page was chosen: statistics and accuracy are computed once a folder.
  mutating func showEpochs() -> [Effect] {
    guard epochs.folder != opened?.path else { return [] }
    return startEpochs()
  }

  private mutating func startEpochs() -> [Effect] {
    guard let opened else { return [] }
    var fresh = EpochsState()
    fresh.sort = epochs.sort
    fresh.sharesScale = epochs.sharesScale
    fresh.folder = opened.path
    epochs = fresh
    var effects = [
      start(.series, .trainingSeries(folder: opened.path), title: "read the snapshots")
    ]
    if let samples = opened.samples {
      effects.append(
        start(.accuracy, .accuracy(of: opened.series, samples), title: "zero-shot accuracy"))
    }
    return effects
  }

  mutating func settleEpochs() {
    epochs.list.settle(count: epochs.rows.count, height: max(EpochsLayout(self).list.rows, 1))
  }

  // MARK: Keys

  /// Keys of the find line while it is typed.
  mutating func takeEpochsText(_ event: InputEvent) -> [Effect]? {
    guard epochs.isTyping else { return nil }
    switch epochs.line.takeFilterKey(event) {
    case .accepted: epochs.isTyping = false
    case .closed:
      epochs.isTyping = false
      epochs.listRows()
    case .typed: epochs.listRows()
    case .ignored: break
    case .passed: return nil
    }
    return []
  }

  mutating func performOnEpochs(_ command: CommandID) -> [Effect]? {
    if let step = ListCursor.Step(command) {
      epochs.list.move(
        step, count: epochs.rows.count, height: max(EpochsLayout(self).list.rows, 1))
      return []
    }
    switch command {
    case .activate, .right: return showSelectedInTree()
    case .cancel, .left:
      guard epochs.line.text.isEmpty else {
        epochs.line = InputLine()
        epochs.listRows()
        return []
      }
      page = .tree
      return restartRest()
    case .epochsFind: epochs.isTyping = true
    case .epochsSort:
      epochs.sort = EpochsState.Sort.allCases.neighbour(of: epochs.sort, 1)
      epochs.listRows()
      return say(.info, "sorted by \(epochs.sort.rawValue)")
    case .epochsScale:
      epochs.sharesScale.toggle()
      return say(
        .info,
        epochs.sharesScale
          ? "one scale for all rows on show" : "each row from its smallest value to its largest")
    case .epochsRun: return startEpochs()
    default: return nil
    }
    return []
  }

  /// The tensor in the newest snapshot, which is the one that is open.
  private mutating func showSelectedInTree() -> [Effect] {
    guard let row = epochs.selectedRow, let model = tree.model else {
      return say(.info, "no tensor is listed")
    }
    let root = model.catalog.weightsRoot
    // The rows have the names of the model itself, the tree those of the file.
    let name = (root + [model.catalog.wrapperPrefix + row.name]).joined(separator: ".")
    guard let node = model.node(named: name) ?? model.node(named: row.name) else {
      return say(.info, "the newest snapshot has no such tensor")
    }
    page = .tree
    tree.reveal(node)
    return restartRest()
  }

  mutating func offerEpochsCopy() -> [Effect] {
    guard let row = epochs.selectedRow else { return say(.info, "there is nothing to copy here") }
    return [.copy(EpochsState.sentence(row))] + say(.success, "copied the row")
  }

  // MARK: Mouse

  mutating func takeEpochsMouse(_ mouse: MouseEvent) -> [Effect] {
    let layout = EpochsLayout(self)
    switch mouse.kind {
    case .wheelUp, .wheelDown:
      epochs.list.scroll(
        mouse.kind == .wheelUp ? -3 : 3, count: epochs.rows.count,
        height: max(layout.list.rows, 1))
    case .press where mouse.button == 1:
      if mouse.point.row == layout.header { return performOnEpochs(.epochsSort) ?? [] }
      guard layout.list.contains(mouse.point) else { return [] }
      let row = epochs.list.top + mouse.point.row - layout.list.row
      guard epochs.rows.indices.contains(row) else { return [] }
      let isSecond = row == epochs.list.selected
      epochs.list.selected = row
      return isSecond ? showSelectedInTree() : []
    default: break
    }
    return []
  }
}
