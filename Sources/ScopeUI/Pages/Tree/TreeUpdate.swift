import Cells
import Checkpoints

extension TreeState {
  /// A checkpoint that was just opened, as it was left the last time.
  init(showing model: TreeModel, kept: KeptView?) {
    self.init()
    self.model = model
    let sort = kept.flatMap { TreeSort(rawValue: $0.sort) } ?? .name
    order = TreeOrder(model, sort: sort)
    if let kept {
      expanded = Set(kept.expanded.prefix(Self.mostKept).compactMap { model.node(named: $0) })
      divider = kept.divider.isFinite ? min(max(kept.divider, 0.1), 0.9) : 0.56
      showsDetail = kept.showsDetail
      if !kept.find.isEmpty { find = FindState(kept.find, isEditing: false, in: model.index) }
    } else {
      openFirstLevels()
    }
    listRows()
    if let kept, let node = model.node(named: kept.cursor) { select(node) }
  }

  /// Without a memory of the file: open the way down until there is something to choose from.
  private mutating func openFirstLevels() {
    guard let model else { return }
    var node: Int32 = 0
    // The weights come first; what follows (optimizer state, values) stays closed.
    for _ in 0..<3 {
      guard model.contains(node), model.nodes[Int(node)].hasChildren,
        model.nodes[Int(node)].isWeight
      else { return }
      expanded.insert(node)
      let next = node + 1 + model.nodes[Int(node + 1)].descendants
      // Several children: this is where the reader takes over, unless they are only two (the towers).
      if next < node + model.nodes[Int(node)].descendants { return }
      node += 1
    }
  }

  /// What is kept of it between runs.
  var kept: KeptView {
    guard let model else { return KeptView() }
    return KeptView(
      cursor: selectedNode.map { model.fullName(of: $0) } ?? "",
      expanded: expanded.sorted().prefix(Self.mostKept).map { model.fullName(of: $0) },
      find: find?.line.text ?? "", sort: order?.sort.rawValue ?? TreeSort.name.rawValue,
      divider: divider, showsDetail: showsDetail)
  }

  private static let mostKept = 2000
}

extension State {
  var treeLayout: TreeLayout { TreeLayout(FrameLayout(size).body, tree) }

  mutating func settleTree() {
    tree.list.settle(count: tree.rows.count, height: treeLayout.list.rows)
    if !tree.showsDetail { tree.focus = .tree }
    let entry = tree.selectedEntry
    guard entry != tree.detail.entry else {
      settleHeatMapCursor()
      return
    }
    tree.detail.entry = entry
    tree.detail.slice = entry.flatMap(sliceChoice)
    tree.detail.picture = nil
    tree.detail.pictureRequest = nil
    tree.detail.cursorRow = 0
    tree.detail.cursorColumn = 0
    if entry == nil, tree.model?.contains(tree.selectedNode ?? -1) != true { tree.focus = .tree }
  }

  // MARK: Keys

  /// Keys of the find line while it is typed.
  mutating func takeFindText(_ event: InputEvent) -> [Effect]? {
    guard var find = tree.find, find.isEditing, let model = tree.model else { return nil }
    switch event {
    case .key(.enter, _):
      if find.query.isEmpty {
        tree.find = nil
      } else {
        find.isEditing = false
        tree.find = find
      }
      return restartRest()
    case .key(.escape, _), .key(.character("c"), .control):
      return closeFind()
    case .key(.up, _), .key(.down, _), .key(.pageUp, _), .key(.pageDown, _), .key(.tab, _):
      return nil
    case .key(.character("p"), .control), .key(.character("z"), .control): return nil
    default:
      guard find.line.take(event) else { return [] }
      find.search(model.index)
      tree.find = find
      tree.listRows()
      if let best = find.best, tree.isFiltered { tree.select(model.nodeOfItem[Int(best)]) }
      return restartRest()
    }
  }

  private mutating func closeFind() -> [Effect] {
    let node = tree.selectedNode
    tree.find = nil
    if let node { tree.reveal(node) } else { tree.listRows() }
    return restartRest()
  }

  mutating func performInTree(_ command: CommandID) -> [Effect]? {
    if tree.focus == .detail, let effects = performInDetail(command) { return effects }
    if let step = ListCursor.Step(command) {
      tree.list.move(step, count: tree.rows.count, height: treeLayout.list.rows)
      return restartRest()
    }
    switch command {
    case .right: openOrEnter()
    case .left: closeOrLeave()
    case .activate: toggleOrFocus()
    case .cancel:
      if tree.find != nil { return closeFind() }
      toast = nil
      return []
    case .focusNext:
      guard tree.showsDetail else { return say(.info, "the tensor's pane is hidden; | shows it") }
      tree.focus = .detail
      return restartRest()
    case .showMapping: return showSelectedInMapping()
    case .find:
      if let model = tree.model {
        tree.focus = .tree
        if tree.find == nil { tree.find = FindState(in: model.index) }
        tree.find?.isEditing = true
      }
      return []
    case .findNext, .findPrevious:
      guard tree.isFiltered else { return say(.info, "find something first (/)") }
      return step(command == .findNext ? 1 : -1) { [tree] in tree.isMatch($0) }
    case .nextDifference: return stepToDifference(1)
    case .previousDifference: return stepToDifference(-1)
    case .sort:
      guard let model = tree.model, let order = tree.order else { return [] }
      let sort = TreeSort.allCases.neighbour(of: order.sort, 1)
      tree.order = TreeOrder(model, sort: sort)
      tree.listRows()
      return say(.info, "sorted by \(sort.rawValue)")
    case .mark: return mark()
    case .unmarkAll:
      guard !tree.marks.isEmpty else { return say(.info, "nothing is marked (Space)") }
      tree.marks = []
    case .expandBelow:
      guard tree.selectedNode.map({ tree.model?.nodes[Int($0)].hasChildren == true }) == true else {
        return say(.info, "only branches can be opened")
      }
      expandBelow()
    case .collapseAll:
      tree.expanded = []
      if tree.isFiltered, let model = tree.model {
        for row in tree.rows where model.nodes[Int(row)].hasChildren { tree.setOpen(row, false) }
      }
      tree.listRows()
    case .nextSibling: moveToSibling(1)
    case .previousSibling: moveToSibling(-1)
    case .compare: return pickFile(.compare)
    case .stopComparing: return stopComparing()
    case .metadata: return openMetadata()
    case .toggleDetail: tree.showsDetail.toggle()
    case .narrow: moveDivider(by: -0.04)
    case .widen: moveDivider(by: 0.04)
    default: return performInDetail(command)
    }
    return restartRest()
  }

  private mutating func openOrEnter() {
    guard let node = tree.selectedNode, let model = tree.model else { return }
    if model.nodes[Int(node)].hasChildren {
      if tree.isOpen(node) {
        tree.list.selected += 1
      } else {
        tree.setOpen(node, true)
        tree.listRows()
      }
    } else if tree.showsDetail {
      tree.focus = .detail
    }
  }

  private mutating func closeOrLeave() {
    guard let node = tree.selectedNode, let model = tree.model else { return }
    if model.nodes[Int(node)].hasChildren, tree.isOpen(node) {
      tree.setOpen(node, false)
      tree.listRows()
    } else if model.nodes[Int(node)].parent >= 0 {
      tree.select(model.nodes[Int(node)].parent)
    }
  }

  private mutating func toggleOrFocus() {
    guard let node = tree.selectedNode, let model = tree.model else { return }
    if model.nodes[Int(node)].hasChildren {
      tree.setOpen(node, !tree.isOpen(node))
      tree.listRows()
    } else if tree.showsDetail {
      tree.focus = .detail
    }
  }

  private mutating func expandBelow() {
    guard let node = tree.selectedNode, let model = tree.model else { return }
    let last = node + model.nodes[Int(node)].descendants
    for below in node...last where model.nodes[Int(below)].hasChildren {
      tree.setOpen(below, true)
    }
    tree.listRows()
  }

  private mutating func moveToSibling(_ direction: Int) {
    guard let node = tree.selectedNode, let model = tree.model else { return }
    let depth = model.nodes[Int(node)].depth
    var row = tree.list.selected + direction
    while tree.rows.indices.contains(row), model.nodes[Int(tree.rows[row])].depth > depth {
      row += direction
    }
    if tree.rows.indices.contains(row) { tree.list.selected = row }
  }

  private mutating func mark() -> [Effect] {
    guard let node = tree.selectedNode, let model = tree.model else { return [] }
    let items = model.tensorItems(below: node)
    guard !items.isEmpty else { return say(.info, "only tensors can be marked") }
    if tree.marks.isSuperset(of: items) {
      tree.marks.subtract(items)
    } else {
      tree.marks.formUnion(items)
    }
    tree.list.move(.by(1), count: tree.rows.count, height: treeLayout.list.rows)
    return restartRest()
  }

  private mutating func moveDivider(by step: Double) {
    tree.divider = min(max(tree.divider + step, 0.2), 0.85)
  }

  /// To the next row (all of them, open or not) that fits; starts over at the end.
  private mutating func step(_ direction: Int = 1, where fits: (Int32) -> Bool) -> [Effect] {
    guard let order = tree.order, let selected = tree.selectedNode else { return [] }
    let sequence = order.sequence
    guard let place = sequence.firstIndex(of: selected), !sequence.isEmpty else { return [] }
    for distance in 1...sequence.count {
      let at = (place + direction * distance) % sequence.count
      let node = sequence[at < 0 ? at + sequence.count : at]
      if fits(node) {
        tree.reveal(node)
        return restartRest()
      }
    }
    return say(.info, "there is no other")
  }

  private mutating func stepToDifference(_ direction: Int) -> [Effect] {
    guard let comparison = tree.comparison, let model = tree.model else {
      return say(.info, "compare with a second checkpoint first (c)")
    }
    return step(direction) {
      model.nodes[Int($0)].item >= 0 && comparison.nodes[Int($0)].isDifferent
    }
  }

  // MARK: Comparison

  mutating func take(comparison model: TreeModel, path: String) -> [Effect] {
    guard let opened, opened.model.catalog.path == model.catalog.path else { return [] }
    let kept = tree.kept
    let detail = tree.detail
    overlays = []
    self.opened?.model = model
    tree = TreeState(showing: model, kept: kept)
    tree.detail.scaleKind = detail.scaleKind
    tree.detail.statistics = detail.statistics
    tree.comparison = ComparisonState(path: path, model: model)
    let job = start(.differences, .differences, title: "compare values")
    return [job] + restartRest()
  }

  private mutating func stopComparing() -> [Effect] {
    guard tree.comparison != nil, let old = tree.model else {
      return say(.info, "nothing to compare with")
    }
    let kept = tree.kept
    let model = TreeModel(catalog: old.catalog)
    opened?.model = model
    tree = TreeState(showing: model, kept: kept)
    // What was told of the second checkpoint went with it.
    if toast?.kind != .error { toast = nil }
    return stop(.compare) + stop(.differences) + restartRest()
  }

  mutating func reportComparison() -> [Effect] {
    guard let comparison = tree.comparison, let model = tree.model else { return [] }
    let counts = comparison.counts(model)
    var parts = ["\(counts.same) equal"]
    if counts.differ > 0 { parts.append("\(counts.differ) differ") }
    if counts.shape > 0 { parts.append("\(counts.shape) of another shape") }
    if counts.onlyLeft > 0 { parts.append("\(counts.onlyLeft) only here") }
    if counts.onlyRight > 0 { parts.append("\(counts.onlyRight) only there") }
    if counts.unreadable > 0 { parts.append("\(counts.unreadable) unreadable") }
    let isEqual = counts.same > 0 && parts.count == 1
    let shared =
      counts.same + counts.differ + counts.shape + counts.pending + counts.unreadable
    let hasOtherNames = min(counts.onlyLeft, counts.onlyRight) > shared
    let hint = hasOtherNames ? "; names of two dialects are matched by clipscope diff" : ""
    return say(isEqual ? .success : .info, "compared: " + parts.joined(separator: ", ") + hint)
  }

  // MARK: Mouse

  mutating func takeTreeMouse(_ mouse: MouseEvent) -> [Effect] {
    let layout = treeLayout
    if mouse.kind == .release {
      drag = nil
      return []
    }
    if drag == .divider, mouse.kind == .drag {
      let body = FrameLayout(size).body
      let share = Double(mouse.point.column - body.column) / Double(max(body.columns, 1))
      tree.divider = min(max(share, 0.2), 0.85)
      return restartRest()
    }
    switch mouse.kind {
    case .wheelUp, .wheelDown:
      let rows = mouse.kind == .wheelUp ? -3 : 3
      guard layout.list.contains(mouse.point) else { return [] }
      tree.list.scroll(rows, count: tree.rows.count, height: layout.list.rows)
      return restartRest()
    case .press where mouse.button == 1:
      if let column = layout.dividerColumn, mouse.point.column == column,
        FrameLayout(size).body.contains(mouse.point)
      {
        drag = .divider
        return []
      }
      if layout.list.contains(mouse.point) {
        tree.focus = .tree
        let row = tree.list.top + mouse.point.row - layout.list.row
        guard tree.rows.indices.contains(row) else { return [] }
        let wasSelected = row == tree.list.selected
        tree.list.selected = row
        guard let model = tree.model else { return [] }
        let node = tree.rows[row]
        // A click on the triangle, or a second click on the row, opens and closes.
        let triangle = layout.list.column + 1 + 2 * Int(min(model.nodes[Int(node)].depth, 40))
        if model.nodes[Int(node)].hasChildren,
          wasSelected || abs(mouse.point.column - triangle) <= 1
        {
          tree.setOpen(node, !tree.isOpen(node))
          tree.listRows()
        }
        return restartRest()
      }
      if mouse.point.row == layout.headerRow, layout.tree.contains(mouse.point) {
        return performInTree(.sort) ?? []
      }
      if layout.detail.contains(mouse.point) { return clickDetail(mouse.point) }
      return []
    default: return []
    }
  }
}

extension TreeState {
  /// Whether a node is a match of the find, so that stepping stops there.
  func isMatch(_ node: Int32) -> Bool {
    guard let find, let model, isFiltered else { return false }
    let item = model.nodes[Int(node)].item
    guard item >= 0 else { return false }
    // Matches stand in the order of the items.
    var low = 0
    var high = find.matches.count
    while low < high {
      let middle = (low + high) / 2
      if find.matches[middle].index < item { low = middle + 1 } else { high = middle }
    }
    return low < find.matches.count && find.matches[low].index == item
  }
}
