import ScopeEngine

/// Builds the nodes of a tree from the paths of its items.
struct TreeBuilder {
  private struct Branch {
    var label: String
    var item: Int32 = -1
    var children: [Int32] = []
    var isWeight = false
    /// False when only values, no tensor, stand here and below.
    var hasTensor = false
  }

  private struct Step: Hashable {
    var parent: Int32
    var label: Substring
  }

  private let items: [TreeItem]
  private var branches: [Branch] = [Branch(label: "")]
  private var finishedNodes: [TreeNode] = []
  private var nodeOfItem: [Int32]

  init(items: [TreeItem]) {
    self.items = items
    nodeOfItem = Array(repeating: -1, count: items.count)
  }

  mutating func build() {
    var known: [Step: Int32] = [:]
    known.reserveCapacity(items.count)
    branches.reserveCapacity(items.count)
    // Neighbours in a file usually share all but the last parts of their names, so the way of the previous one saves
    // most look-ups.
    var previous: [Substring] = []
    var way: [Int32] = [0]
    for (index, item) in items.enumerated() {
      let parts = item.components
      var level = 0
      while level < parts.count - 1, level < previous.count, level + 1 < way.count,
        parts[level] == previous[level]
      {
        level += 1
      }
      way.removeSubrange((level + 1)...)
      while level < parts.count {
        let parent = way[level]
        let step = Step(parent: parent, label: parts[level])
        if let found = known[step] {
          way.append(found)
        } else {
          way.append(add(String(parts[level]), below: parent))
          known[step] = way[level + 1]
        }
        level += 1
      }
      var leaf = way[way.count - 1]
      if branches[Int(leaf)].item >= 0 || leaf == 0 {
        // Two items of one name (nested containers can do that): each keeps a row of its own.
        let parent = way.count >= 2 ? way[way.count - 2] : 0
        leaf = add(parts.last.map(String.init) ?? "", below: parent)
      }
      branches[Int(leaf)].item = Int32(truncatingIfNeeded: index)
      for branch in way + [leaf] {
        if item.isWeight { branches[Int(branch)].isWeight = true }
        if item.isTensor { branches[Int(branch)].hasTensor = true }
      }
      previous = parts
    }
    for index in branches.indices where branches[index].children.count > 1 {
      let sorted = branches[index].children.sorted { precedes($0, $1) }
      branches[index].children = sorted
    }
  }

  private mutating func add(_ label: String, below parent: Int32) -> Int32 {
    let id = Int32(truncatingIfNeeded: branches.count)
    branches.append(Branch(label: label))
    branches[Int(parent)].children.append(id)
    return id
  }

  /// Weights, then other tensors, then plain values; within each by name.
  private func precedes(_ a: Int32, _ b: Int32) -> Bool {
    let left = branches[Int(a)]
    let right = branches[Int(b)]
    if left.isWeight != right.isWeight { return left.isWeight }
    if left.hasTensor != right.hasTensor { return left.hasTensor }
    if left.label == right.label { return a < b }
    return NumericOrder.precedes(left.label, right.label)
  }

  /// Lays the branches out in reading order and joins chains of single children.
  mutating func finished() -> (nodes: [TreeNode], nodeOfItem: [Int32]) {
    finishedNodes.reserveCapacity(branches.count)
    // An explicit stack: names decide the depth.
    var stack: [(branch: Int32, parent: Int32, depth: Int32)] = branches[0].children.reversed().map
    { ($0, -1, 0) }
    while let (start, parent, depth) = stack.popLast() {
      var branch = branches[Int(start)]
      var label = branch.label
      while branch.item < 0, branch.children.count == 1 {
        branch = branches[Int(branch.children[0])]
        label += "." + branch.label
      }
      let id = Int32(truncatingIfNeeded: finishedNodes.count)
      finishedNodes.append(
        TreeNode(
          label: label, parent: parent, depth: depth, descendants: 0, item: branch.item,
          tensorCount: 0, parameterCount: 0, byteCount: 0, elementTypes: 0,
          isWeight: branch.isWeight))
      if branch.item >= 0 { nodeOfItem[Int(branch.item)] = id }
      for child in branch.children.reversed() { stack.append((child, id, depth + 1)) }
    }
    for index in finishedNodes.indices.reversed() {
      let parent = finishedNodes[index].parent
      if parent >= 0 {
        finishedNodes[Int(parent)].descendants += finishedNodes[index].descendants + 1
      }
    }
    return (finishedNodes, nodeOfItem)
  }
}
