import Checkpoints
import Tensors

/// Adds up tensors, values and bytes on every branch.
///
/// A storage that several tensors share counts once on each branch.
struct TreeSums {
  private(set) var nodes: [TreeNode]
  private(set) var tensorCount = 0
  private(set) var parameterCount = 0
  private(set) var byteCount = 0

  /// What is counted twice on a branch, by the node where two sharers meet; -1 is above all.
  private typealias Surplus = [Int: (parameters: Int, bytes: Int)]

  init(
    nodes: [TreeNode], items: [TreeItem], nodeOfItem: [Int32], catalog: Catalog, beside: Catalog?
  ) {
    self.nodes = nodes
    var sharers: [Int: [Int32]] = [:]
    for (index, item) in items.enumerated() where item.isTensor && nodeOfItem[index] >= 0 {
      let isOwn = item.left >= 0
      guard let source = isOwn ? catalog : beside else { continue }
      let entry = source.entries[Int(isOwn ? item.left : item.right)]
      add(entry, at: Int(nodeOfItem[index]))
      if isOwn, let identity = entry.location.storageIdentity {
        sharers[identity, default: []].append(nodeOfItem[index])
      }
    }
    addUp(without: surplus(of: sharers))
  }

  private mutating func add(_ entry: Entry, at node: Int) {
    nodes[node].tensorCount += 1
    nodes[node].elementTypes |= TreeNode.bit(of: entry.elementType)
    nodes[node].parameterCount = entry.elementCount
    nodes[node].byteCount = Self.ownBytes(of: entry)
  }

  /// Lets each sharer of a storage count as the largest of them, so that any one of them is the storage.
  ///
  /// What is then counted twice is taken off where two neighbours (in tree order) first meet.
  private mutating func surplus(of sharers: [Int: [Int32]]) -> Surplus {
    var surplus: Surplus = [:]
    for group in sharers.values where group.count > 1 {
      let ordered = group.sorted()
      let parameters = ordered.map { nodes[Int($0)].parameterCount }.max() ?? 0
      let bytes = ordered.map { nodes[Int($0)].byteCount }.max() ?? 0
      for node in ordered {
        nodes[Int(node)].parameterCount = parameters
        nodes[Int(node)].byteCount = bytes
      }
      for (a, b) in zip(ordered, ordered.dropFirst()) {
        let meeting = Self.commonAncestor(a, b, nodes)
        let old = surplus[meeting] ?? (0, 0)
        surplus[meeting] = (Self.sum(old.parameters, parameters), Self.sum(old.bytes, bytes))
      }
    }
    return surplus
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
        nodes[parent].parameterCount = Self.sum(nodes[parent].parameterCount, node.parameterCount)
        nodes[parent].byteCount = Self.sum(nodes[parent].byteCount, node.byteCount)
      } else {
        tensorCount += Int(node.tensorCount)
        parameterCount = Self.sum(parameterCount, node.parameterCount)
        byteCount = Self.sum(byteCount, node.byteCount)
      }
    }
    let extra = surplus[-1] ?? (0, 0)
    parameterCount = max(parameterCount - extra.parameters, 0)
    byteCount = max(byteCount - extra.bytes, 0)
  }

  /// A view that repeats its elements (zero strides) is no larger than its storage.
  private static func ownBytes(of entry: Entry) -> Int {
    entry.location.storageByteCount > 0
      ? min(entry.byteCount, entry.location.storageByteCount) : entry.byteCount
  }

  private static func commonAncestor(_ a: Int32, _ b: Int32, _ nodes: [TreeNode]) -> Int {
    var left = a
    var right = b
    while left != right {
      // Parents stand before their children, so the later node is never above the earlier one.
      if left > right { left = nodes[Int(left)].parent } else { right = nodes[Int(right)].parent }
    }
    return Int(left)
  }

  static func sum(_ a: Int, _ b: Int) -> Int {
    let (result, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : result
  }
}
