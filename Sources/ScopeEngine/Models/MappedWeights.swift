import Checkpoints
import Dialects
import Inference
import Tensors

/// The tensors of a checkpoint under their canonical names.
///
/// What the rule tables only rename or cut is handed out in place, from the mapped file; what they transpose is gathered when it is asked for.
struct MappedWeights: WeightSource {
  private let tensors: [String: TensorPlan]
  private let source: CheckpointSource

  /// - Parameter tensors: by their canonical names.
  init(_ tensors: [String: TensorPlan], of checkpoint: CheckpointFile) {
    self.tensors = tensors
    source = CheckpointSource(checkpoint)
  }

  var names: [String] { Array(tensors.keys) }

  func shape(of name: String) -> Shape? { tensors[name]?.shape }

  func elementType(of name: String) -> ElementType? { tensors[name]?.targetType }

  func withElements<Result>(
    of name: String, _ body: (ElementType, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard let plan = tensors[name] else { throw InferenceError.missingTensor(name: name) }
    if plan.byteCount <= Self.copiedByteCount, let slice = slice(of: plan) {
      return try withUnsafeTemporaryAllocation(byteCount: plan.byteCount, alignment: 64) { copy in
        if let base = copy.baseAddress, !slice.read(0..<plan.byteCount, into: base) {
          throw InferenceError.unreadableTensor(
            name: name, reason: "the file was changed while it was read")
        }
        return try body(plan.targetType, UnsafeRawBufferPointer(copy))
      }
    }
    guard plan.isByteRange, let part = plan.parts.first,
      case .view(let index, let offset, _, _) = part.content
    else {
      let bytes = try plan.bytes(from: source)
      return try bytes.withUnsafeBytes { try body(plan.targetType, $0) }
    }
    return try withBytes(of: name, plan, entry: index, offset: offset) {
      try body(plan.targetType, $0)
    }
  }

  func withTransposedElements<Result>(
    of name: String, _ body: (ElementType, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    guard let plan = tensors[name], plan.isTransposedByteRange, let part = plan.parts.first,
      case .view(let index, let offset, _, _) = part.content
    else { return nil }
    return try withBytes(of: name, plan, entry: index, offset: offset) {
      try body(plan.targetType, $0)
    }
  }

  /// The bytes of a plan that takes all of a range of an entry.
  private func withBytes<Result>(
    of name: String, _ plan: TensorPlan, entry: Int, offset: Int,
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    var result: Swift.Result<Result, any Error>?
    try source.withBytes(of: entry) { bytes in
      let start = offset * plan.sourceType.byteCount
      guard start >= 0, start <= bytes.count, bytes.count - start >= plan.byteCount else {
        throw InferenceError.truncatedTensor(
          name: name, expected: plan.byteCount, found: max(bytes.count - start, 0))
      }
      let own = UnsafeRawBufferPointer(rebasing: bytes[start..<start + plan.byteCount])
      result = Swift.Result { try body(own) }
    }
    guard let result else {
      throw InferenceError.unreadableTensor(name: name, reason: "its bytes cannot be read")
    }
    return try result.get()
  }

  /// Tensors up to this size are copied: a copy costs less than the fault that maps a page.
  private static let copiedByteCount = 256 << 10

  func slice(of name: String) -> FileSlice? { tensors[name].flatMap(slice) }

  private func slice(of plan: TensorPlan) -> FileSlice? {
    guard plan.isByteRange, let part = plan.parts.first,
      case .view(let index, let offset, _, _) = part.content,
      let (file, range) = source.checkpoint.rangeInPlace(ofEntry: index)
    else { return nil }
    let start = offset * plan.sourceType.byteCount
    guard start >= 0, start <= range.count, range.count - start >= plan.byteCount else {
      return nil
    }
    return FileSlice(
      file, range.lowerBound + start..<range.lowerBound + start + plan.byteCount)
  }

  func release(_ name: String) {
    guard let plan = tensors[name] else { return }
    for part in plan.parts {
      guard case .view(let index, let offset, let sizes, let strides) = part.content else {
        continue
      }
      // A part that reads with strides leaves gaps that neighbours may still need.
      let isWhole = Shape(sizes).contiguousStrides == strides
      guard isWhole else { continue }
      let width = plan.sourceType.byteCount
      source.release(index, offset * width..<(offset + part.count) * width)
    }
  }
}
