import Checkpoints

/// A second checkpoint beside the first, aligned by name.
struct ComparisonState: Equatable, Sendable {
  var path: String
  /// One a node of the tree; branches hold the worst of what is below.
  private(set) var nodes: [NodeDifference]

  /// Sets up what names and shapes alone say.
  init(path: String, model: TreeModel) {
    self.path = path
    nodes = Array(repeating: .none, count: model.nodes.count)
    for (index, node) in model.nodes.enumerated() where node.item >= 0 {
      let item = model.items[Int(node.item)]
      guard item.isTensor else { continue }
      let id = Int32(truncatingIfNeeded: index)
      let standing: NodeDifference =
        switch (model.leftEntry(at: id), model.rightEntry(at: id)) {
        case (nil, _): .onlyRight
        case (_, nil): .onlyLeft
        case (let left?, let right?): left.shape == right.shape ? .pending : .shape
        }
      raise(id, to: standing, in: model)
    }
  }

  mutating func take(_ differences: [ItemDifference], model: TreeModel) {
    for difference in differences {
      guard model.nodeOfItem.indices.contains(Int(difference.item)) else { continue }
      let node = model.nodeOfItem[Int(difference.item)]
      guard nodes.indices.contains(Int(node)) else { continue }
      let standing: NodeDifference = difference.maximum.map(NodeDifference.values) ?? .unreadable
      nodes[Int(node)] = standing
      raise(node, to: standing, in: model)
    }
  }

  /// Carries a leaf's standing up to its branches, which show the worst.
  private mutating func raise(_ leaf: Int32, to standing: NodeDifference, in model: TreeModel) {
    var node = leaf
    while node >= 0 {
      if nodes[Int(node)].rank < standing.rank { nodes[Int(node)] = standing }
      node = model.nodes[Int(node)].parent
    }
  }

  func counts(_ model: TreeModel) -> ComparisonCounts {
    var counts = ComparisonCounts()
    for (index, node) in model.nodes.enumerated() where node.item >= 0 {
      switch nodes[index] {
      case .none: break
      case .pending: counts.pending += 1
      case .values(let maximum): if maximum == 0 { counts.same += 1 } else { counts.differ += 1 }
      case .unreadable: counts.unreadable += 1
      case .shape: counts.shape += 1
      case .onlyLeft: counts.onlyLeft += 1
      case .onlyRight: counts.onlyRight += 1
      }
    }
    return counts
  }
}

struct ComparisonCounts: Equatable, Sendable {
  var same = 0
  var differ = 0
  var shape = 0
  var onlyLeft = 0
  var onlyRight = 0
  var pending = 0
  var unreadable = 0
}

/// What a comparison says of one row.
enum NodeDifference: Equatable, Sendable {
  /// Nothing to compare.
  case none
  /// Names and shapes agree; values are not compared yet.
  case pending
  /// Largest absolute difference; NaN where only one side is NaN.
  case values(Double)
  /// Values of one side cannot be read.
  case unreadable
  case shape
  case onlyLeft
  case onlyRight

  /// Branches show the child of the highest rank.
  var rank: Double {
    switch self {
    case .none: -2
    case .pending: -1
    // Differences are not negative: every finite one stays at or below 1.
    case .values(let maximum):
      maximum.isNaN ? 2 : maximum.isInfinite ? 1.5 : maximum / (1 + maximum)
    case .unreadable: 3
    case .shape: 4
    case .onlyLeft: 5
    case .onlyRight: 6
    }
  }

  var isDifferent: Bool {
    switch self {
    case .none, .pending: false
    case .values(let maximum): maximum != 0
    case .unreadable, .shape, .onlyLeft, .onlyRight: true
    }
  }
}
