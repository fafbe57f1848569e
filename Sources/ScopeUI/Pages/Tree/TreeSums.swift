import Checkpoints
import ScopeEngine
import Tensors

/// Adds up tensors, values and bytes on every branch.
///
/// What several tensors share counts once on each branch.
struct TreeSums {
  private(set) var nodes: [TreeNode]
  private(set) var tensorCount = 0
  private(set) var parameterCount = 0
  private(set) var byteCount = 0

  /// What is counted twice on a branch, by the node where two views meet; -1 is above all.
  private typealias Surplus = [Int: (parameters: Int, bytes: Int)]

  init(
    nodes: [TreeNode], items: [TreeItem], nodeOfItem: [Int32], catalog: Catalog, beside: Catalog?
  ) {
    self.nodes = nodes
    var own: [(node: Int, entry: Entry)] = []
    for (index, item) in items.enumerated() where item.isTensor && nodeOfItem[index] >= 0 {
      let node = Int(nodeOfItem[index])
      if item.left >= 0 {
        own.append((node, catalog.entries[Int(item.left)]))
      } else if let beside {
        let entry = beside.entries[Int(item.right)]
        add(entry, StorageAccount([entry]).total, at: node)
      }
    }
    // In tree order, so that equal views meet their neighbours.
    own.sort { $0.node < $1.node }
    let account = StorageAccount(own.lazy.map(\.entry))
    for ((node, entry), amount) in zip(own, account.own) { add(entry, amount, at: node) }
    var surplus: Surplus = [:]
    for overlap in account.overlaps {
      let meeting = commonAncestor(own[overlap.first].node, own[overlap.second].node)
      let old = surplus[meeting] ?? (0, 0)
      surplus[meeting] = (
        old.parameters.addingSaturating(overlap.amount.elementCount),
        old.bytes.addingSaturating(overlap.amount.byteCount)
      )
    }
    addUp(without: surplus)
  }

  private mutating func add(_ entry: Entry, _ amount: StorageAccount.Amount, at node: Int) {
    nodes[node].tensorCount += 1
    nodes[node].elementTypes |= TreeNode.bit(of: entry.elementType)
    nodes[node].parameterCount = amount.elementCount
    nodes[node].byteCount = amount.byteCount
  }

  /// From the leaves to the root: children stand behind their parents.
  private mutating func addUp(without surplus: Surplus) {
    for index in nodes.indices.reversed() {
      if let extra = surplus[index] {
        nodes[index].parameterCount = max(nodes[index].parameterCount - extra.parameters, 0)
        nodes[index].byteCount = max(nodes[index].byteCount - extra.bytes, 0)
      }
      let node = nodes[index]
      if node.parent >= 0 {
        let parent = Int(node.parent)
        nodes[parent].tensorCount += node.tensorCount
        nodes[parent].elementTypes |= node.elementTypes
        nodes[parent].parameterCount = nodes[parent].parameterCount.addingSaturating(
          node.parameterCount)
        nodes[parent].byteCount = nodes[parent].byteCount.addingSaturating(node.byteCount)
      } else {
        tensorCount += Int(node.tensorCount)
        parameterCount = parameterCount.addingSaturating(node.parameterCount)
        byteCount = byteCount.addingSaturating(node.byteCount)
      }
    }
    let extra = surplus[-1] ?? (0, 0)
    parameterCount = max(parameterCount - extra.parameters, 0)
    byteCount = max(byteCount - extra.bytes, 0)
  }

  private func commonAncestor(_ a: Int, _ b: Int) -> Int {
    var left = Int32(a)
    var right = Int32(b)
    while left != right {
      // Parents stand before their children, so the later node is never above the earlier one.
      if left > right { left = nodes[Int(left)].parent } else { right = nodes[Int(right)].parent }
    }
    return Int(left)
  }
}
