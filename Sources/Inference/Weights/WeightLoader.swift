import CKernels
import Synchronization
import Tensors

/// How weight matrices are multiplied.
package enum ProductPath: Sendable, Hashable, CaseIterable {
  /// Panels packed once at load, own kernel.
  case packed
  /// Plain f32 matrices, OpenBLAS on one thread a worker.
  case blas
}

/// Collects what a tower needs while it is being built, then reads and packs all of it in one parallel pass.
///
/// Shapes are checked while building. Buffers and layers hold their values after `finish`.
final class WeightLoader {
  let source: any WeightSource
  let path: ProductPath
  private var jobs: [Job] = []
  private let defersPacking: Bool
  /// Layers that read from the file until they are packed.
  private(set) var deferred: [Linear] = []

  private struct Job {
    /// Numbers that are read.
    var count: Int
    /// Gives the reason where it fails.
    var run: @Sendable () -> InferenceError?
  }

  init(_ source: any WeightSource, options: LoadOptions) {
    self.source = source
    path = options.path
    defersPacking = options.defersPacking && options.path == .packed
  }

  func has(_ name: String) -> Bool { source.shape(of: name) != nil }

  func shape(of name: String) throws(InferenceError) -> [Int] {
    guard let shape = source.shape(of: name) else { throw .missingTensor(name: name) }
    return shape.sizes
  }

  /// Checks the shape; axes of size 1 in front may be there or not.
  func expect(_ name: String, _ expected: [Int]) throws(InferenceError) {
    let found = try shape(of: name)
    func trimmed(_ sizes: [Int]) -> [Int] { Array(sizes.drop { $0 == 1 }) }
    guard trimmed(found) == trimmed(expected) else {
      throw .shapeMismatch(name: name, expected: expected, found: found)
    }
  }

  /// A small tensor as f32, read now.
  func values(_ name: String, _ expected: [Int]) throws(InferenceError) -> [Float] {
    try expect(name, expected)
    return try Self.read(name, count: expected.reduce(1, *), from: source)
  }

  /// A small tensor as f32, read by `finish`.
  func table(_ name: String, _ expected: [Int]) throws(InferenceError) -> AlignedBuffer {
    let table = AlignedBuffer(floats: expected.reduce(1, *))
    try fill(table, from: name, expected)
    return table
  }

  func vector(_ name: String, _ count: Int) throws(InferenceError) -> AlignedBuffer {
    try table(name, [count])
  }

  /// Has `finish` read a small tensor into `buffer`, from float `start` on.
  private func fill(
    _ buffer: AlignedBuffer, at start: Int = 0, from name: String, _ expected: [Int]
  ) throws(InferenceError) {
    try expect(name, expected)
    let count = expected.reduce(1, *)
    let source = self.source
    jobs.append(
      Job(count: count) {
        do throws(InferenceError) {
          try Self.withBytes(of: name, count: count, from: source) { type, bytes in
            ElementDecoder(type: type).decode(count, in: bytes, to: buffer.floats + start)
          }
        } catch {
          return error
        }
        return nil
      })
  }

  func optionalVector(_ name: String, _ count: Int) throws(InferenceError) -> AlignedBuffer? {
    has(name) ? try vector(name, count) : nil
  }

  func norm(_ prefix: String, _ width: Int, epsilon: Float) throws(InferenceError) -> LayerNorm {
    LayerNorm(
      width: width, weight: try vector(prefix + ".weight", width),
      bias: try optionalVector(prefix + ".bias", width), epsilon: epsilon)
  }

  func optionalNorm(
    _ prefix: String, _ width: Int, epsilon: Float
  ) throws(InferenceError) -> LayerNorm? {
    has(prefix + ".weight") ? try norm(prefix, width, epsilon: epsilon) : nil
  }

  /// A linear layer made of one or more stored pieces, one below the other.
  func linear(
    _ prefixes: [String], inputs: Int, outputs: [Int]
  ) throws(InferenceError) -> Linear {
    let total = outputs.reduce(0, +)
    var types: [ElementType] = []
    for (prefix, rows) in zip(prefixes, outputs) {
      let name = prefix + ".weight"
      let found = try shape(of: name)
      // A convolution kernel is a matrix with its last axes flattened.
      guard let first = found.first, first == rows, found.dropFirst().reduce(1, *) == inputs else {
        throw .shapeMismatch(name: name, expected: [rows, inputs], found: found)
      }
      types.append(try elementType(of: name, count: rows * inputs))
    }
    let bias = try bias(prefixes, outputs)
    // Halves stay halves where every piece has the same kind of half: exact, and half the memory traffic.
    let element: ck_element
    if path == .packed, types.allSatisfy({ $0 == .f16 }) {
      element = CK_F16
    } else if path == .packed, types.allSatisfy({ $0 == .bf16 }) {
      element = CK_BF16
    } else {
      element = CK_F32
    }
    let stored = storedRows(
      prefixes, outputs: outputs, types: types, inputs: inputs, element: element)
    let linear = Linear(
      inputs: inputs, outputs: total, element: element, path: path, bias: bias, stored: stored)
    if stored != nil {
      if defersPacking {
        deferred.append(linear)
      } else {
        jobs.append(Job(count: inputs * total) { linear.packAtLoad() })
      }
      return linear
    }
    var start = 0
    for (prefix, rows) in zip(prefixes, outputs) {
      schedule(prefix + ".weight", rows: rows, start: start, into: linear)
      start += rows
    }
    return linear
  }

  /// The biases of the pieces of a layer, 0 for a piece that has none; nil where none has one.
  private func bias(
    _ prefixes: [String], _ outputs: [Int]
  ) throws(InferenceError) -> AlignedBuffer? {
    guard prefixes.contains(where: { has($0 + ".bias") }) else { return nil }
    let bias = AlignedBuffer(floats: outputs.reduce(0, +))
    var start = 0
    for (prefix, rows) in zip(prefixes, outputs) {
      if has(prefix + ".bias") { try fill(bias, at: start, from: prefix + ".bias", [rows]) }
      start += rows
    }
    return bias
  }

  /// The rows in the checkpoint file; nil where a piece does not stand there as the kernels read it.
  private func storedRows(
    _ prefixes: [String], outputs: [Int], types: [ElementType], inputs: Int, element: ck_element
  ) -> StoredRows? {
    guard path == .packed else { return nil }
    var pieces: [StoredRows.Piece] = []
    for (index, prefix) in prefixes.enumerated() {
      let name = prefix + ".weight"
      guard let kind = types[index].kernelElement, let slice = source.slice(of: name),
        slice.byteCount >= outputs[index] * inputs * types[index].byteCount
      else { return nil }
      pieces.append(.init(name: name, slice: slice, element: kind, count: outputs[index]))
    }
    return StoredRows(
      pieces: pieces, inputs: inputs, outputs: outputs.reduce(0, +), element: element,
      source: source)
  }

  func linear(_ prefix: String, inputs: Int, outputs: Int) throws(InferenceError) -> Linear {
    try linear([prefix], inputs: inputs, outputs: [outputs])
  }

  /// A linear layer of values computed at load (folded batch norms).
  func linear(_ matrix: [Float], bias: [Float]?, inputs: Int, outputs: Int) -> Linear {
    let linear = Linear(
      inputs: inputs, outputs: outputs, element: CK_F32, path: path,
      bias: bias.map(AlignedBuffer.init))
    jobs.append(
      Job(count: inputs * outputs) {
        matrix.withUnsafeBytes { linear.store(first: 0, count: outputs, rows: $0, type: .f32) }
        return nil
      })
    return linear
  }

  /// Runs all jobs on `team`, long ones first; throws the first error.
  func finish(on team: Team) throws(InferenceError) {
    let jobs = self.jobs.sorted { $0.count > $1.count }
    self.jobs = []
    let next = Atomic<Int>(0)
    let failure = Mutex<InferenceError?>(nil)
    team.run(team.count) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < jobs.count else { return }
        if let error = jobs[index].run() { failure.withLock { $0 = $0 ?? error } }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  private func schedule(_ name: String, rows: Int, start: Int, into linear: Linear) {
    let source = self.source
    let inputs = linear.inputs
    let mayTranspose = path == .packed && rows == linear.outputs
    jobs.append(
      Job(count: rows * inputs) {
        do throws(InferenceError) {
          if mayTranspose, try Self.storeTransposed(name, from: source, into: linear) {
            return nil
          }
          try Self.withBytes(of: name, count: rows * inputs, from: source) { type, bytes in
            Self.store(bytes, type, count: rows, start: start, into: linear)
          }
        } catch {
          return error
        }
        source.release(name)
        return nil
      })
  }

  /// Packs a matrix that stands transposed in the file, without transposing it before.
  /// - Returns: whether it does.
  private static func storeTransposed(
    _ name: String, from source: any WeightSource, into linear: Linear
  ) throws(InferenceError) -> Bool {
    let needed = linear.inputs * linear.outputs
    do {
      return try source.withTransposedElements(of: name) { type, bytes in
        guard type.kernelElement != nil, bytes.count >= needed * type.byteCount else {
          return false
        }
        linear.storeTransposed(bytes, type: type)
        return true
      } ?? false
    } catch let error as InferenceError {
      throw error
    } catch {
      throw .unreadableTensor(name: name, reason: "\(error)")
    }
  }

  private static func store(
    _ bytes: UnsafeRawBufferPointer, _ type: ElementType, count: Int, start: Int,
    into linear: Linear
  ) {
    switch type {
    case .f32, .f16, .bf16: linear.store(first: start, count: count, rows: bytes, type: type)
    default:
      let decoder = ElementDecoder(type: type)
      let wide = decoder.floats(count * linear.inputs, in: bytes)
      wide.withUnsafeBytes { linear.store(first: start, count: count, rows: $0, type: .f32) }
    }
  }

  private func elementType(of name: String, count: Int) throws(InferenceError) -> ElementType {
    if let type = source.elementType(of: name), type.isFloatingPoint { return type }
    return try Self.withBytes(of: name, count: count, from: source) { type, _ in type }
  }

  static func read(
    _ name: String, count: Int, from source: any WeightSource
  ) throws(InferenceError) -> [Float] {
    try withBytes(of: name, count: count, from: source) { type, bytes in
      ElementDecoder(type: type).floats(count, in: bytes)
    }
  }

  private static func withBytes<Result>(
    of name: String, count: Int, from source: any WeightSource,
    _ body: (ElementType, UnsafeRawBufferPointer) -> Result
  ) throws(InferenceError) -> Result {
    do {
      return try source.withElements(of: name) { type, bytes in
        guard type.isFloatingPoint else {
          throw InferenceError.unsupportedElementType(name: name, type: type)
        }
        let needed = count * type.byteCount
        guard bytes.count >= needed else {
          throw InferenceError.truncatedTensor(name: name, expected: needed, found: bytes.count)
        }
        return body(type, bytes)
      }
    } catch let error as InferenceError {
      throw error
    } catch {
      throw .unreadableTensor(name: name, reason: "\(error)")
    }
  }
}
