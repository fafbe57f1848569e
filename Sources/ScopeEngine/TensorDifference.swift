import Checkpoints
import Dialects
import Glibc
import Synchronization
import Tensors

/// A row of a comparison: what came out for one pair of tensors.
protocol ComparedRow: Sendable {
  /// What progress calls the pair.
  var name: String { get }
  var status: Comparison.Row.Status { get set }
  var largestDifference: Double? { get set }
  var relativeDifference: Double? { get set }
  var cosine: Double? { get set }
  var reason: String? { get set }
}

extension ComparedRow {
  fileprivate mutating func take(_ sums: DifferenceSums) {
    status = sums.isSame ? .same : .differs
    largestDifference = sums.largest
    relativeDifference = sums.relative
    cosine = sums.cosine
  }

  fileprivate mutating func refuse(_ reason: String) {
    status = .unreadable
    self.reason = reason
  }
}

extension Array where Element: ComparedRow {
  /// The rows with the values of those at `indices` compared, on all threads.
  ///
  /// - Parameters:
  ///   - byteCounts: of the pair at each index, for the progress.
  ///   - sums: reads a pair; nil leaves its row as it is. What it throws about a file becomes the row's reason.
  /// - Throws: `CheckpointError.cancelled`.
  func compared(
    at indices: [Int], byteCounts: [Int], context: JobContext,
    sums: @escaping @Sendable (Int) throws -> DifferenceSums?
  ) throws -> [Element] {
    context.expect(totalBytes: byteCounts.reduce(0, &+))
    let result = Mutex(self)
    try Threads.forEach(indices.count) { turn in
      try context.checkCancellation()
      let index = indices[turn]
      var row = self[index]
      do {
        guard let sums = try sums(index) else { return }
        row.take(sums)
      } catch let error as CheckpointError where error != .cancelled {
        row.refuse(error.description)
      } catch let error as TransformError {
        row.refuse(error.reason)
      }
      context.advance(byteCounts[turn], item: row.name)
      let compared = row
      result.withLock { $0[index] = compared }
    }
    return result.withLock { $0 }
  }
}

/// What one pass over two tensors of the same shape collects.
///
/// Complex numbers are compared by their parts; where one side alone is complex, the imaginary parts of the other are 0.
struct DifferenceSums {
  var largest = 0.0
  var largestMagnitude = 0.0
  var products = 0.0
  var squaresA = 0.0
  var squaresB = 0.0
  var isSame = true

  init(
    _ a: UnsafeRawBufferPointer, _ typeA: ElementType, _ b: UnsafeRawBufferPointer,
    _ typeB: ElementType, count: Int, _ context: JobContext
  ) throws {
    // Equal bits are equal values, NaN included; this is also the fast path.
    if typeA == typeB, let first = a.baseAddress, let second = b.baseAddress, a.count == b.count,
      memcmp(first, second, a.count) == 0
    {
      return
    }
    switch (typeA, typeB) {
    case (.i64, .i64): try addIntegers(Int64.self, a, b, count: count, context)
    case (.u64, .u64): try addIntegers(UInt64.self, a, b, count: count, context)
    default:
      let decoderA = PartDecoder(typeA)
      let decoderB = PartDecoder(typeB)
      let parts = typeA.isComplex || typeB.isComplex ? 2 : 1
      for index in 0..<count {
        if index & 0xFFFFF == 0 { try context.checkCancellation() }
        for part in 0..<parts {
          let x = decoderA.value(of: part, at: index, in: a)
          let y = decoderB.value(of: part, at: index, in: b)
          add(x, y, difference: x == y ? nil : abs(x - y))
        }
      }
    }
  }

  /// Whole numbers that a double would round.
  private mutating func addIntegers<Number: FixedWidthInteger>(
    _ type: Number.Type, _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, count: Int,
    _ context: JobContext
  ) throws {
    let width = MemoryLayout<Number>.size
    for index in 0..<count {
      if index & 0xFFFFF == 0 { try context.checkCancellation() }
      let x = Number(littleEndian: a.loadUnaligned(fromByteOffset: index * width, as: Number.self))
      let y = Number(littleEndian: b.loadUnaligned(fromByteOffset: index * width, as: Number.self))
      let distance = UInt64(truncatingIfNeeded: max(x, y) &- min(x, y))
      add(Double(x), Double(y), difference: distance == 0 ? nil : Double(distance))
    }
  }

  /// - Parameter difference: nil where the two are equal.
  private mutating func add(_ x: Double, _ y: Double, difference: Double?) {
    if x.isNaN, y.isNaN { return }
    if let difference {
      isSame = false
      largest = difference.isNaN || largest.isNaN ? .nan : max(largest, difference)
    }
    guard x.isFinite, y.isFinite else { return }
    largestMagnitude = max(largestMagnitude, abs(x))
    products += x * y
    squaresA += x * x
    squaresB += y * y
  }

  /// `largest` over the largest magnitude of the first; infinite where that is all zeros and the second is not.
  var relative: Double {
    largestMagnitude > 0 ? largest / largestMagnitude : largest > 0 ? .infinity : 0
  }

  /// Nil where one of the two is all zeros.
  var cosine: Double? {
    let scale = (squaresA * squaresB).squareRoot()
    return isSame ? 1 : scale > 0 ? products / scale : nil
  }
}

/// Reads real and imaginary parts; the imaginary part of a real number is 0.
private struct PartDecoder {
  private let decoder: ElementDecoder
  private let isComplex: Bool

  init(_ type: ElementType) {
    isComplex = type.isComplex
    decoder = ElementDecoder(type: type == .c64 ? .f32 : type == .c128 ? .f64 : type)
  }

  func value(of part: Int, at index: Int, in bytes: UnsafeRawBufferPointer) -> Double {
    if isComplex { return decoder.value(at: 2 * index + part, in: bytes) }
    return part == 0 ? decoder.value(at: index, in: bytes) : 0
  }
}
