/// What the rows of the tree are sorted by.
enum TreeSort: String, Sendable, CaseIterable {
  case name
  case bytes
  case parameters
  case elementType = "dtype"
  case file = "file order"
}

/// The nodes of a tree in the order of a sort: parents before children, siblings sorted.
final class TreeOrder: Sendable, Equatable {
  let sort: TreeSort
  /// Nodes, in the order in which they are shown when everything is open.
  let sequence: [Int32]

  init(_ model: TreeModel, sort: TreeSort) {
    self.sort = sort
    let nodes = model.nodes
    if sort == .name {
      sequence = nodes.indices.map { Int32(truncatingIfNeeded: $0) }
      return
    }
    var sequence: [Int32] = []
    sequence.reserveCapacity(nodes.count)
    var firstItem: [Int32] = []
    if sort == .file {
      firstItem = nodes.map { $0.item >= 0 ? $0.item : .max }
      for index in nodes.indices.reversed() where nodes[index].parent >= 0 {
        let parent = Int(nodes[index].parent)
        firstItem[parent] = min(firstItem[parent], firstItem[index])
      }
    }
    func key(_ node: Int32) -> Int {
      switch sort {
      case .name: Int(node)
      // Largest first.
      case .bytes: -nodes[Int(node)].byteCount
      case .parameters: -nodes[Int(node)].parameterCount
      case .elementType:
        nodes[Int(node)].uniformType.map { Int(TreeNode.bit(of: $0)) } ?? Int.max
      case .file: Int(firstItem[Int(node)])
      }
    }
    func children(_ start: Int32, _ end: Int32) -> [Int32] {
      var result: [(key: Int, node: Int32)] = []
      var node = start
      while node < end {
        result.append((key(node), node))
        node += nodes[Int(node)].descendants + 1
      }
      return result.sorted { $0 < $1 }.map(\.node)
    }
    var stack = Array(children(0, Int32(truncatingIfNeeded: nodes.count)).reversed())
    while let node = stack.popLast() {
      sequence.append(node)
      let count = nodes[Int(node)].descendants
      if count > 0 { stack += children(node + 1, node + count + 1).reversed() }
    }
    self.sequence = sequence
  }

  static func == (a: TreeOrder, b: TreeOrder) -> Bool {
    a === b || (a.sort == b.sort && a.sequence == b.sequence)
  }
}
