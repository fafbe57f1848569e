import Checkpoints
import Glibc
import Synchronization
import Tensors

/// Two checkpoints side by side, tensor by tensor, matched by name within their weights.
package struct Comparison: Sendable, Equatable {
  package struct Row: Sendable, Equatable {
    package enum Status: String, Sendable {
      case same
      case differs
      case onlyInA = "only_a"
      case onlyInB = "only_b"
      /// The shapes differ.
      case shape
      /// Names and shapes agree; values were not asked for.
      case unread
      /// One of the two cannot be read; `reason` says why.
      case unreadable
    }
    package var name: String
    /// Index into the entries of the first and the second checkpoint.
    package var a: Int?
    package var b: Int?
    package var status: Status
    /// Largest absolute difference, over pairs where not both are NaN; NaN where only one is.
    package var largestDifference: Double?
    /// `largestDifference` over the largest magnitude of the first.
    package var relativeDifference: Double?
    package var cosine: Double?
    package var reason: String?
  }

  /// In the order of the first checkpoint, then what only the second has.
  package var rows: [Row]

  package func count(_ status: Row.Status) -> Int { rows.count { $0.status == status } }
  package var isSame: Bool { rows.allSatisfy { $0.status == .same } }

  /// - Throws: `CheckpointError.cancelled`.
  package init(
    of first: Session, with second: Session, readsValues: Bool = true,
    context: JobContext = JobContext()
  ) throws {
    var rows: [Row] = []
    var seen = Set<Int>()
    let others = second.indicesOfWeights
    var byName: [ExactString: Int] = [:]
    for index in others { byName[ExactString(second.weightName(of: index))] = index }
    for index in first.indicesOfWeights {
      let name = first.weightName(of: index)
      guard let other = byName[ExactString(name)] else {
        rows.append(Row(name: name, a: index, b: nil, status: .onlyInA))
        continue
      }
      seen.insert(other)
      let agrees = first.catalog.entries[index].shape == second.catalog.entries[other].shape
      rows.append(Row(name: name, a: index, b: other, status: agrees ? .unread : .shape))
    }
    for index in others where !seen.contains(index) {
      rows.append(Row(name: second.weightName(of: index), a: nil, b: index, status: .onlyInB))
    }
    guard readsValues else {
      self.rows = rows
      return
    }
    let pairs = rows.indices.filter { rows[$0].status == .unread }
    context.expect(
      totalBytes: pairs.reduce(0) { sum, row in
        sum &+ (rows[row].a.map { first.catalog.entries[$0].byteCount } ?? 0)
      })
    let result = Mutex(rows)
    let names = rows
    try Threads.forEach(pairs.count) { turn in
      try context.checkCancellation()
      var row = names[pairs[turn]]
      guard let a = row.a, let b = row.b else { return }
      let entry = first.catalog.entries[a]
      do {
        try row.compareValues(
          entry, in: first.checkpoint, second.catalog.entries[b], in: second.checkpoint, context)
      } catch let error as CheckpointError where error != .cancelled {
        row.status = .unreadable
        row.reason = error.description
      }
      context.advance(entry.byteCount, item: row.name)
      let compared = row
      result.withLock { $0[pairs[turn]] = compared }
    }
    self.rows = result.withLock { $0 }
  }
}

extension Comparison.Row {
  /// Fills in the numbers and the verdict; lets go of the pages afterwards.
  fileprivate mutating func compareValues(
    _ left: Entry, in leftFile: CheckpointFile, _ right: Entry, in rightFile: CheckpointFile,
    _ context: JobContext
  ) throws {
    let sums = try leftFile.withBytes(of: left) { a in
      try rightFile.withBytes(of: right) { b in
        try DifferenceSums(
          a, left.elementType, b, right.elementType, count: left.elementCount, context)
      }
    }
    leftFile.release(left)
    rightFile.release(right)
    status = sums.isSame ? .same : .differs
    largestDifference = sums.largest
    relativeDifference = sums.largestMagnitude > 0 ? sums.largest / sums.largestMagnitude : 0
    let scale = (sums.squaresA * sums.squaresB).squareRoot()
    cosine = sums.isSame ? 1 : scale > 0 ? sums.products / scale : nil
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
}
