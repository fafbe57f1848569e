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

  init(
    nodes: [TreeNode], items: [TreeItem], nodeOfItem: [Int32], catalog: Catalog, beside: Catalog?
  ) {
    self.nodes = nodes
    var sharers: [Int: [Int32]] = [:]
    for (index, item) in items.enumerated() where item.isTensor && nodeOfItem[index] >= 0 {
      let isOwn = item.left >= 0
      guard let source = isOwn ? catalog : beside else { continue }
      let entry = source.entries[Int(isOwn ? item.left : item.right)]
      let node = Int(nodeOfItem[index])
      self.nodes[node].tensorCount += 1
      self.nodes[node].elementTypes |= TreeNode.bit(of: entry.elementType)
      self.nodes[node].parameterCount = entry.elementCount
      self.nodes[node].byteCount = Self.ownBytes(of: entry)
      if isOwn, let identity = entry.location.storageIdentity {
        sharers[identity, default: []].append(nodeOfItem[index])
      }
    }
    // What is counted twice on a branch is taken off where two neighbours (in tree order) of one storage first meet.
    var surplus: [Int: (parameters: Int, bytes: Int)] = [:]
    for group in sharers.values where group.count > 1 {
      let ordered = group.sorted()
      // Each sharer counts as the largest; then one of them is the storage.
      let parameters = ordered.map { self.nodes[Int($0)].parameterCount }.max() ?? 0
      let bytes = ordered.map { self.nodes[Int($0)].byteCount }.max() ?? 0
      for node in ordered {
        self.nodes[Int(node)].parameterCount = parameters
        self.nodes[Int(node)].byteCount = bytes
      }
      for (a, b) in zip(ordered, ordered.dropFirst()) {
        let meeting = Self.commonAncestor(a, b, nodes)
        let old = surplus[meeting] ?? (0, 0)
        surplus[meeting] = (
          Self.sum(old.parameters, parameters), Self.sum(old.bytes, bytes)
        )
      }
    }
    var root = (parameters: 0, bytes: 0)
    for index in self.nodes.indices.reversed() {
      if let extra = surplus[index] {
        self.nodes[index].parameterCount = max(
          self.nodes[index].parameterCount - extra.parameters, 0)
        self.nodes[index].byteCount = max(self.nodes[index].byteCount - extra.bytes, 0)
      }
      let node = self.nodes[index]
      if node.parent >= 0 {
        let parent = Int(node.parent)
        self.nodes[parent].tensorCount += node.tensorCount
        self.nodes[parent].elementTypes |= node.elementTypes
        self.nodes[parent].parameterCount = Self.sum(
          self.nodes[parent].parameterCount, node.parameterCount)
        self.nodes[parent].byteCount = Self.sum(self.nodes[parent].byteCount, node.byteCount)
      } else {
        tensorCount += Int(node.tensorCount)
        root.parameters = Self.sum(root.parameters, node.parameterCount)
        root.bytes = Self.sum(root.bytes, node.byteCount)
      }
    }
    let extra = surplus[-1] ?? (0, 0)
    parameterCount = max(root.parameters - extra.parameters, 0)
    byteCount = max(root.bytes - extra.bytes, 0)
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
