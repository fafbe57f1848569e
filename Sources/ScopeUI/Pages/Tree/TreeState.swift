/// The tree page.
struct TreeState: Equatable, Sendable {
  enum Focus: Equatable, Sendable { case tree, detail }

  var model: TreeModel?
  var order: TreeOrder?
  var expanded: Set<Int32> = []
  /// Nodes on show, top to bottom; the screen has room for some of them.
  private(set) var rows: [Int32] = []
  var list = ListCursor()
  var find: FindState?
  /// Marked tensors, as item indices.
  var marks: Set<Int32> = []
  var focus = Focus.tree
  var divider = 0.56
  var showsDetail = true
  var detail = DetailState()
  var comparison: ComparisonState?

  var selectedNode: Int32? {
    rows.indices.contains(list.selected) ? rows[list.selected] : nil
  }

  /// True while only matches and the branches above them are shown.
  var isFiltered: Bool { find.map { !$0.query.isEmpty } ?? false }

  func isOpen(_ node: Int32) -> Bool {
    if let find, isFiltered { return !find.closed.contains(node) }
    return expanded.contains(node)
  }

  mutating func setOpen(_ node: Int32, _ isOpen: Bool) {
    if isFiltered {
      if isOpen { find?.closed.remove(node) } else { find?.closed.insert(node) }
    } else if isOpen {
      expanded.insert(node)
    } else {
      expanded.remove(node)
    }
  }

  /// Lists the rows anew and keeps the selection on its node, or on the nearest branch above it.
  ///
  /// Closed branches are skipped as a whole, so the cost goes with what is shown.
  mutating func listRows() {
    let selected = selectedNode
    guard let model, let order else {
      rows = []
      return
    }
    let nodes = model.nodes
    var shown: [Int32] = []
    var kept: [Bool]?
    if let find, isFiltered {
      var marked = [Bool](repeating: false, count: nodes.count)
      for match in find.matches {
        var node = model.nodeOfItem[Int(match.index)]
        while node >= 0, !marked[Int(node)] {
          marked[Int(node)] = true
          node = nodes[Int(node)].parent
        }
      }
      kept = marked
    }
    let sequence = order.sequence
    var place = 0
    while place < sequence.count {
      let id = sequence[place]
      let count = Int(nodes[Int(id)].descendants)
      if let kept, !kept[Int(id)] {
        place += count + 1
        continue
      }
      shown.append(id)
      place += count > 0 && !isOpen(id) ? count + 1 : 1
    }
    rows = shown
    if let selected { select(selected) }
  }

  /// Selects a node's row, or that of the nearest ancestor on show; false when there is none.
  @discardableResult
  mutating func select(_ node: Int32) -> Bool {
    guard let model else { return false }
    var wanted = node
    while model.contains(wanted) {
      if let row = row(of: wanted) {
        list.selected = row
        return true
      }
      wanted = model.nodes[Int(wanted)].parent
    }
    return false
  }

  private func row(of node: Int32) -> Int? {
    guard order?.sort == .name else { return rows.firstIndex(of: node) }
    // In name order node numbers grow from row to row.
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if rows[middle] < node { low = middle + 1 } else { high = middle }
    }
    return low < rows.count && rows[low] == node ? low : nil
  }

  /// Opens all branches above a node and selects it.
  mutating func reveal(_ node: Int32) {
    guard let model, model.contains(node) else { return }
    var parent = model.nodes[Int(node)].parent
    while parent >= 0 {
      setOpen(parent, true)
      parent = model.nodes[Int(parent)].parent
    }
    listRows()
    select(node)
  }

  /// The tensor of the selected row.
  var selectedEntry: EntryReference? {
    guard let node = selectedNode, let item = model?.item(at: node), item.isTensor else {
      return nil
    }
    return item.left >= 0
      ? EntryReference(.left, Int(item.left)) : EntryReference(.right, Int(item.right))
  }
}
