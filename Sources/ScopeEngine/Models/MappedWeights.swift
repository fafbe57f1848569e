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

  init(_ mapping: Mapping, of checkpoint: CheckpointFile) {
    tensors = mapping.plans
    source = CheckpointSource(checkpoint)
  }

  var names: [String] { Array(tensors.keys) }

  func shape(of name: String) -> Shape? { tensors[name]?.shape }

  func elementType(of name: String) -> ElementType? { tensors[name]?.targetType }

  func withElements<Result>(
    of name: String, _ body: (ElementType, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard let plan = tensors[name] else { throw InferenceError.missingTensor(name: name) }
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

  func slice(of name: String) -> FileSlice? {
    guard let plan = tensors[name], plan.isByteRange, let part = plan.parts.first,
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
