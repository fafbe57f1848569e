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
    let decoderA = ElementDecoder(type: typeA)
    let decoderB = ElementDecoder(type: typeB)
    for index in 0..<count {
      if index & 0xFFFFF == 0 { try context.checkCancellation() }
      let x = decoderA.value(at: index, in: a)
      let y = decoderB.value(at: index, in: b)
      if x.isNaN, y.isNaN { continue }
      if x != y {
        isSame = false
        let difference = abs(x - y)
        largest = difference.isNaN || largest.isNaN ? .nan : max(largest, difference)
      }
      guard x.isFinite, y.isFinite else { continue }
      largestMagnitude = max(largestMagnitude, abs(x))
      products += x * y
      squaresA += x * x
      squaresB += y * y
    }
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
