import Tensors

/// One row that the tree can show: a branch, a tensor, or a value.
struct TreeNode: Sendable, Equatable {
  /// Path components since the parent, joined with dots.
  var label: String
  /// -1 for the top level.
  var parent: Int32
  /// 0 for the top level.
  var depth: Int32
  /// Nodes below this one, all levels; they follow it directly.
  var descendants: Int32
  /// What hangs here; -1 for a plain branch.
  var item: Int32
  /// Tensors at and below this node.
  var tensorCount: Int32
  /// Values of those tensors; a shared storage counts once.
  ///
  /// Saturates.
  var parameterCount: Int
  /// Their bytes; a shared storage counts once.
  ///
  /// Saturates.
  var byteCount: Int
  /// Bit per element type below.
  var elementTypes: UInt32
  /// True when something at or below belongs to the weights.
  var isWeight: Bool

  var hasChildren: Bool { descendants > 0 }

  /// The one element type of everything below; nil when there are several or none.
  var uniformType: ElementType? {
    guard elementTypes.nonzeroBitCount == 1 else { return nil }
    let index = elementTypes.trailingZeroBitCount
    return ElementType.allCases.indices.contains(index) ? ElementType.allCases[index] : nil
  }

  static func bit(of type: ElementType) -> UInt32 {
    for (index, candidate) in ElementType.allCases.enumerated() where candidate == type {
      return 1 << UInt32(index)
    }
    return 0
  }
}
