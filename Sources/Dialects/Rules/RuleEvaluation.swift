import Tensors

/// Sizes that shapes alone do not tell: head counts, widths of tensors that have to be created.
package struct MappingParameters: Sendable, Equatable {
  package var visionHeads: Int?
  package var textHeads: Int?
  /// Sizes by the names that the tables use: `embed`, `text_width`.
  package var sizes: [String: Int]

  package init(visionHeads: Int? = nil, textHeads: Int? = nil, sizes: [String: Int] = [:]) {
    self.visionHeads = visionHeads
    self.textHeads = textHeads
    self.sizes = sizes
  }
}

/// Runs the operations of a rule on plans.
struct RuleEvaluation {
  let operations: [RuleOperation]
  let heads: Int?

  /// - Throws: `TransformError` where shapes do not allow an operation.
  func run(_ inputs: [TensorPlan]) throws(TransformError) -> [TensorPlan] {
    var plans = inputs
    for operation in operations {
      plans = try apply(operation, to: plans)
    }
    return plans
  }

  private func apply(
    _ operation: RuleOperation, to plans: [TensorPlan]
  ) throws(TransformError) -> [TensorPlan] {
    switch operation {
    case .split(let proportions):
      guard plans.count == 1 else { throw TransformError("split takes one tensor") }
      return try split(plans[0], proportions)
    case .cat: return [try TensorPlan.joined(plans)]
    case .fold: return try fold(plans)
    case .drop: return []
    default:
      var result: [TensorPlan] = []
      for plan in plans { result.append(try applyOne(operation, to: plan)) }
      return result
    }
  }

  private func split(
    _ plan: TensorPlan, _ proportions: [Int]
  ) throws(TransformError) -> [TensorPlan] {
    let total = proportions.reduce(0, +)
    guard plan.shape.rank > 0, plan.shape[0] % total == 0 else {
      throw TransformError("\(plan.shape) cannot be cut into \(total) equal parts")
    }
    let unit = plan.shape[0] / total
    var start = 0
    var result: [TensorPlan] = []
    for proportion in proportions {
      let end = start + proportion * unit
      result.append(try plan.rows(start..<end))
      start = end
    }
    return result
  }

  private func fold(_ plans: [TensorPlan]) throws(TransformError) -> [TensorPlan] {
    guard plans.count >= 2, let gamma = plans.first, gamma.parts.count == 1,
      case .view(let source, let offset, let sizes, let strides) = gamma.parts[0].content,
      StridedView.isContiguous(sizes: sizes, strides: strides)
    else { throw TransformError("fold takes a scale and the tensors to scale") }
    var result: [TensorPlan] = []
    for plan in plans.dropFirst() {
      guard plan.shape.rank > 0, plan.shape[0] == gamma.elementCount, plan.parts.count == 1,
        plan.parts[0].scale == nil, plan.sourceType == gamma.sourceType,
        plan.sourceType.isFloatingPoint
      else { throw TransformError("\(plan.shape) cannot be scaled by \(gamma.shape)") }
      guard case .view(_, _, let own, let steps) = plan.parts[0].content,
        StridedView.isContiguous(sizes: own, strides: steps)
      else { throw TransformError("a transposed tensor cannot be scaled") }
      var scaled = plan
      scaled.parts[0].scale = TensorPlan.RowScale(
        source: source, offset: offset,
        rowLength: max(plan.elementCount / max(plan.shape[0], 1), 1))
      result.append(scaled)
    }
    return result
  }

  /// Operations of one tensor.
  private func applyOne(
    _ operation: RuleOperation, to plan: TensorPlan
  ) throws(TransformError) -> TensorPlan {
    let sizes = plan.shape.sizes
    if let rank = Self.wantedRank(operation), sizes.count != rank {
      throw TransformError("\(operation) wants rank \(rank), this is \(plan.shape)")
    }
    switch operation {
    case .copy, .split, .cat, .fold, .drop, .zeros: return plan
    case .transpose: return try plan.permuted([1, 0])
    case .squeeze(let count):
      guard sizes.count > count, sizes.prefix(count).allSatisfy({ $0 == 1 }) else {
        throw TransformError(
          "\(operation) wants \(count) leading axes of size 1, this is \(plan.shape)")
      }
      return try plan.reshaped(Array(sizes.dropFirst(count)))
    case .unsqueeze(let count):
      return try plan.reshaped([Int](repeating: 1, count: count) + sizes)
    case .scalar(let rank):
      guard plan.elementCount == 1 else {
        throw TransformError("\(operation) wants one element, this is \(plan.shape)")
      }
      return try plan.reshaped(rank == 0 ? [] : [1])
    case .hwio: return try plan.permuted([3, 2, 0, 1])
    case .oihw: return try plan.permuted([2, 3, 1, 0])
    case .headIn, .headInBack, .headOut, .headOutBack, .flat, .flatBack:
      return try applyToHeads(operation, plan, sizes)
    case .patchLinear:
      return try plan.permuted([0, 2, 3, 1]).reshaped([sizes[0], sizes[1] * sizes[2] * sizes[3]])
    case .patchLinearBack:
      let side = SquareRoot.exact(sizes[1] / 3)
      guard sizes[1] % 3 == 0, let side else {
        throw TransformError("\(plan.shape) is no embedding of square patches of 3 channels")
      }
      return try plan.reshaped([sizes[0], side, side, 3]).permuted([0, 3, 1, 2])
    }
  }

  /// Operations that join the axes of heads and of their channels, or part them.
  private func applyToHeads(
    _ operation: RuleOperation, _ plan: TensorPlan, _ sizes: [Int]
  ) throws(TransformError) -> TensorPlan {
    switch operation {
    case .headIn:
      return try plan.reshaped([sizes[0], sizes[1] * sizes[2]]).permuted([1, 0])
    case .headInBack:
      let (count, size) = try headSizes(of: sizes[0])
      return try plan.permuted([1, 0]).reshaped([sizes[1], count, size])
    case .headOut:
      return try plan.reshaped([sizes[0] * sizes[1], sizes[2]]).permuted([1, 0])
    case .headOutBack:
      let (count, size) = try headSizes(of: sizes[1])
      return try plan.permuted([1, 0]).reshaped([count, size, sizes[0]])
    case .flat: return try plan.reshaped([sizes[0] * sizes[1]])
    case .flatBack:
      let (count, size) = try headSizes(of: sizes[0])
      return try plan.reshaped([count, size])
    default: return plan
    }
  }

  /// Axes that a tensor must have for an operation; nil where it does not matter.
  private static func wantedRank(_ operation: RuleOperation) -> Int? {
    switch operation {
    case .hwio, .oihw, .patchLinear: 4
    case .headIn, .headOut: 3
    case .transpose, .headInBack, .headOutBack, .flat, .patchLinearBack: 2
    case .flatBack: 1
    default: nil
    }
  }

  private func headSizes(of width: Int) throws(TransformError) -> (count: Int, size: Int) {
    guard let heads, heads > 0, width % heads == 0 else {
      throw TransformError("the number of heads of a tower of width \(width) is not known")
    }
    return (heads, width / heads)
  }
}

enum SquareRoot {
  /// The root of a square number, nil for all others.
  static func exact(_ number: Int) -> Int? {
    guard number >= 0, number <= 1 << 52 else { return nil }
    let root = Int(Double(number).squareRoot())
    return root * root == number ? root : nil
  }
}
