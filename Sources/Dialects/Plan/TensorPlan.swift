package import Tensors

/// How the bytes of one target tensor come out of source tensors: a value, built without touching a byte.
///
/// A plan is the row-major concatenation of parts. A part walks a strided view of a source, so row ranges, transposes and head reshapes cost
/// nothing until the bytes are produced, and a split of what was joined before is again a plain byte range.
package struct TensorPlan: Sendable, Equatable {
  package var shape: Shape
  /// Element type of the sources.
  package var sourceType: ElementType
  /// Element type that `produce` emits.
  package var targetType: ElementType
  package var parts: [Part]
  /// Rules that made it, in order.
  package var trace: [RuleReference]
  /// Resampling of a position table after everything else.
  package var resize: GridResize?

  package struct Part: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
      /// Elements of source number `source`, `sizes` and `strides` in elements, row-major.
      case view(source: Int, offset: Int, sizes: [Int], strides: [Int])
      case zeros(count: Int)
      /// Rows of an identity matrix from `row` on.
      case eye(size: Int, row: Int, count: Int)
    }
    package var content: Content
    /// Each row of the part is multiplied by one element of another source.
    package var scale: RowScale?

    package var count: Int {
      switch content {
      case .view(_, _, let sizes, _): Shape(sizes).elementCount ?? 0
      case .zeros(let count): count
      case .eye(_, _, let count): count
      }
    }
  }

  package struct RowScale: Sendable, Equatable {
    package var source: Int
    package var offset: Int
    /// Elements that share a factor.
    package var rowLength: Int
  }

  package init(
    shape: Shape, sourceType: ElementType, parts: [Part], trace: [RuleReference] = []
  ) {
    self.shape = shape
    self.sourceType = sourceType
    self.targetType = sourceType
    self.parts = parts
    self.trace = trace
  }

  /// The whole of source number `index`.
  package init(source index: Int, type: ElementType, shape: Shape) {
    self.init(
      shape: shape, sourceType: type,
      parts: [
        Part(
          content: .view(
            source: index, offset: 0, sizes: shape.sizes, strides: shape.contiguousStrides))
      ])
  }

  package var elementCount: Int { shape.elementCount ?? 0 }
  /// Saturates: a plan may be made of a tensor that only its header knows.
  package var byteCount: Int { elementCount.multipliedSaturating(by: targetType.byteCount) }

  /// Sources that the bytes come from, in order of use, each once.
  package var sources: [Int] {
    var seen: [Int] = []
    for part in parts {
      if case .view(let source, _, _, _) = part.content, !seen.contains(source) {
        seen.append(source)
      }
      if let scale = part.scale, !seen.contains(scale.source) { seen.append(scale.source) }
    }
    return seen
  }

  /// True where the bytes are those of one source, unchanged and whole or as one range.
  package var isByteRange: Bool {
    guard let (sizes, strides) = onlyView else { return false }
    return StridedView.isContiguous(sizes: sizes, strides: strides)
  }

  /// True for a matrix whose transpose is a byte range of one source.
  package var isTransposedByteRange: Bool {
    guard let (sizes, strides) = onlyView, sizes.count == 2, sizes == shape.sizes else {
      return false
    }
    return strides == [1, sizes[0]]
  }

  /// Sizes and strides where the plan is one view and nothing else happens to it.
  private var onlyView: (sizes: [Int], strides: [Int])? {
    guard parts.count == 1, resize == nil, sourceType == targetType, parts[0].scale == nil,
      case .view(_, _, let sizes, let strides) = parts[0].content
    else { return nil }
    return (sizes, strides)
  }
}

/// Why a transform cannot be applied to a tensor.
package struct TransformError: Error, Equatable, CustomStringConvertible {
  package var reason: String
  package init(_ reason: String) { self.reason = reason }
  package var description: String { reason }
}

extension TensorPlan {
  /// - Throws: `TransformError` where the shapes do not allow it.
  package func reshaped(_ sizes: [Int]) throws(TransformError) -> TensorPlan {
    let shape = Shape(sizes)
    guard let count = shape.elementCount, count == elementCount else {
      throw TransformError("\(self.shape) cannot be reshaped to \(shape)")
    }
    var plan = self
    plan.shape = shape
    return plan
  }

  /// Axis `k` of the result is axis `order[k]` of the plan.
  package func permuted(_ order: [Int]) throws(TransformError) -> TensorPlan {
    guard order.count == shape.rank, Set(order) == Set(0..<shape.rank) else {
      throw TransformError("a tensor of rank \(order.count) is needed, this is \(shape)")
    }
    var plan = self
    plan.shape = Shape(order.map { shape[$0] })
    if parts.count == 1, parts[0].scale == nil {
      switch parts[0].content {
      case .zeros: return plan
      case .view(let source, let offset, let sizes, let strides):
        guard
          let own = StridedView.reshape(sizes: sizes, strides: strides, to: shape.sizes)
        else { break }
        plan.parts[0].content = .view(
          source: source, offset: offset, sizes: plan.shape.sizes, strides: order.map { own[$0] })
        return plan
      case .eye: break
      }
    }
    throw TransformError("a tensor that was joined before cannot be transposed")
  }

  /// Rows `range` of axis 0.
  package func rows(_ range: Range<Int>) throws(TransformError) -> TensorPlan {
    guard shape.rank > 0, range.lowerBound >= 0, range.upperBound <= shape[0] else {
      throw TransformError("rows \(range.lowerBound)..<\(range.upperBound) are outside \(shape)")
    }
    var plan = self
    plan.shape.sizes[0] = range.count
    let rowLength = Shape(Array(shape.sizes.dropFirst())).elementCount ?? 0
    plan.parts = try elements(range.lowerBound * rowLength..<range.upperBound * rowLength)
    return plan
  }

  private func elements(_ wanted: Range<Int>) throws(TransformError) -> [Part] {
    var result: [Part] = []
    var start = 0
    for part in parts {
      let span = start..<start + part.count
      start = span.upperBound
      let both = span.clamped(to: wanted)
      if both.isEmpty { continue }
      let local = both.lowerBound - span.lowerBound..<both.upperBound - span.lowerBound
      result.append(both == span ? part : try part.elements(local))
    }
    return result
  }

  /// Plans one after another along axis 0.
  package static func joined(_ plans: [TensorPlan]) throws(TransformError) -> TensorPlan {
    guard var result = plans.first, result.shape.rank > 0 else {
      throw TransformError("scalars cannot be joined")
    }
    for plan in plans.dropFirst() {
      guard plan.shape.rank > 0, plan.shape.sizes.dropFirst() == result.shape.sizes.dropFirst()
      else { throw TransformError("\(plan.shape) cannot follow \(result.shape)") }
      guard plan.sourceType == result.sourceType else {
        throw TransformError(
          "\(plan.sourceType.rawValue) cannot be joined with \(result.sourceType.rawValue)")
      }
      result.shape.sizes[0] += plan.shape[0]
      result.parts += plan.parts
      for reference in plan.trace where !result.trace.contains(reference) {
        result.trace.append(reference)
      }
    }
    result.parts = Part.coalesced(result.parts)
    return result
  }
}

extension TensorPlan.Part {
  fileprivate func elements(_ range: Range<Int>) throws(TransformError) -> TensorPlan.Part {
    var part = self
    if let scale {
      guard range.lowerBound % scale.rowLength == 0 else {
        throw TransformError("a folded tensor can be cut between rows only")
      }
      part.scale?.offset += range.lowerBound / scale.rowLength
    }
    switch content {
    case .zeros: part.content = .zeros(count: range.count)
    case .eye(let size, let row, _):
      guard size > 0, range.lowerBound % size == 0 else {
        throw TransformError("an identity matrix can be cut between rows only")
      }
      part.content = .eye(size: size, row: row + range.lowerBound / size, count: range.count)
    case .view(let source, let offset, let sizes, let strides):
      if StridedView.isContiguous(sizes: sizes, strides: strides) {
        part.content = .view(
          source: source, offset: offset + range.lowerBound, sizes: [range.count], strides: [1])
        return part
      }
      let rowLength = Shape(Array(sizes.dropFirst())).elementCount ?? 0
      guard rowLength > 0, range.lowerBound % rowLength == 0, range.count % rowLength == 0 else {
        throw TransformError("a transposed tensor can be cut between rows only")
      }
      part.content = .view(
        source: source, offset: offset + range.lowerBound / rowLength * strides[0],
        sizes: [range.count / rowLength] + sizes.dropFirst(), strides: strides)
    }
    return part
  }

  /// Neighbours that continue each other in the same source become one part.
  fileprivate static func coalesced(_ parts: [TensorPlan.Part]) -> [TensorPlan.Part] {
    var result: [TensorPlan.Part] = []
    for part in parts {
      if let last = result.last, last.scale == nil, part.scale == nil,
        case .view(let a, let start, let aSizes, let aStrides) = last.content,
        case .view(let b, let next, let bSizes, let bStrides) = part.content, a == b,
        StridedView.isContiguous(sizes: aSizes, strides: aStrides),
        StridedView.isContiguous(sizes: bSizes, strides: bStrides), start + last.count == next
      {
        result[result.count - 1].content = .view(
          source: a, offset: start, sizes: [last.count + part.count], strides: [1])
      } else {
        result.append(part)
      }
    }
    return result
  }
}

/// Arithmetic on sizes and strides.
enum StridedView {
  static func isContiguous(sizes: [Int], strides: [Int]) -> Bool {
    zip(zip(sizes, strides), Shape(sizes).contiguousStrides)
      .allSatisfy { $0.0.0 <= 1 || $0.0.1 == $0.1 }
  }

  /// Strides that walk the same elements in the same order with other sizes; nil where only a copy could.
  static func reshape(sizes: [Int], strides: [Int], to target: [Int]) -> [Int]? {
    if sizes == target { return strides }
    if sizes.contains(0) { return Shape(target).contiguousStrides }
    let old = zip(sizes, strides).filter { $0.0 != 1 }
    var result = [Int](repeating: 1, count: target.count)
    var o = 0
    var t = 0
    while o < old.count {
      var oldCount = old[o].0
      var oldEnd = o + 1
      while t < target.count, target[t] == 1 { t += 1 }
      guard t < target.count else { return nil }
      var newCount = target[t]
      var newEnd = t + 1
      while oldCount != newCount {
        if oldCount < newCount {
          guard oldEnd < old.count else { return nil }
          oldCount *= old[oldEnd].0
          oldEnd += 1
        } else {
          guard newEnd < target.count else { return nil }
          newCount *= target[newEnd]
          newEnd += 1
        }
      }
      for axis in o..<oldEnd - 1 where old[axis].1 != old[axis + 1].0 * old[axis + 1].1 {
        return nil
      }
      var step = old[oldEnd - 1].1
      for axis in stride(from: newEnd - 1, through: t, by: -1) {
        result[axis] = step
        step *= target[axis]
      }
      o = oldEnd
      t = newEnd
    }
    return result
  }
}
