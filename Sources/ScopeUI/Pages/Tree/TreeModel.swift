import Checkpoints
import Tensors

/// The names of a checkpoint as a tree, built once when it is opened and never changed.
///
/// Nodes stand in the order in which people read them (numbers as numbers, weights first), parents before children, so a
/// node and everything below it is one stretch of the array. Chains of single children are one node.
final class TreeModel: Sendable {
  let catalog: Catalog
  /// The checkpoint to compare with.
  let beside: Catalog?
  let items: [TreeItem]
  let nodes: [TreeNode]
  /// Node of each item.
  let nodeOfItem: [Int32]
  /// Names of the items, for finding.
  let index: FindIndex
  /// All tensors; shared storages count once.
  let total: (tensorCount: Int, parameterCount: Int, byteCount: Int)

  init(catalog: Catalog, beside: Catalog? = nil) {
    self.catalog = catalog
    self.beside = beside
    items = TreeItem.items(of: catalog, beside: beside)
    var builder = TreeBuilder(items: items)
    builder.build()
    let (nodes, nodeOfItem) = builder.finished()
    let sums = TreeSums(
      nodes: nodes, items: items, nodeOfItem: nodeOfItem, catalog: catalog, beside: beside)
    self.nodes = sums.nodes
    self.nodeOfItem = nodeOfItem
    total = (sums.tensorCount, sums.parameterCount, sums.byteCount)
    index = FindIndex(items.map(\.name))
  }

  func contains(_ node: Int32) -> Bool { nodes.indices.contains(Int(node)) }

  /// The tensor or value at a node; nil for plain branches.
  func item(at node: Int32) -> TreeItem? {
    guard contains(node) else { return nil }
    let item = Int(nodes[Int(node)].item)
    return items.indices.contains(item) ? items[item] : nil
  }

  func leftEntry(at node: Int32) -> Entry? {
    guard let item = item(at: node), item.left >= 0 else { return nil }
    return catalog.entries[Int(item.left)]
  }

  func rightEntry(at node: Int32) -> Entry? {
    guard let item = item(at: node), item.right >= 0, let beside else { return nil }
    return beside.entries[Int(item.right)]
  }

  /// The tensor to show at a node: the checkpoint's own, else the one of the checkpoint beside it.
  func entry(at node: Int32) -> Entry? { leftEntry(at: node) ?? rightEntry(at: node) }

  /// All labels down to a node joined with dots: a leaf's full name.
  func fullName(of node: Int32) -> String {
    var parts: [String] = []
    var current = node
    while contains(current) {
      parts.append(nodes[Int(current)].label)
      current = nodes[Int(current)].parent
    }
    return parts.reversed().joined(separator: ".")
  }

  /// The node with a full name; nil when there is none.
  func node(named name: String) -> Int32? {
    var candidate: Int32 = 0
    var rest = Substring(name)
    let end = Int32(truncatingIfNeeded: nodes.count)
    // Walks down: at each level skips from sibling to sibling.
    var levelEnd = end
    while candidate < levelEnd {
      let node = nodes[Int(candidate)]
      let next = candidate + node.descendants + 1
      if rest == node.label { return candidate }
      if rest.hasPrefix(node.label + ".") {
        rest = rest.dropFirst(node.label.count + 1)
        levelEnd = next
        candidate += 1
      } else {
        candidate = next
      }
    }
    return nil
  }

  /// Tensors at and below a node, as item indices.
  func tensorItems(below node: Int32) -> [Int32] {
    guard contains(node) else { return [] }
    let last = Int(node) + Int(nodes[Int(node)].descendants)
    return nodes[Int(node)...last].compactMap {
      $0.item >= 0 && items[Int($0.item)].isTensor ? $0.item : nil
    }
  }
}

extension TreeModel: Equatable {
  /// Models are immutable and made once an opening, so identity is equality.
  static func == (a: TreeModel, b: TreeModel) -> Bool { a === b }
}
