import Checkpoints
import Tensors

/// Two checkpoints side by side, tensor by tensor, matched by name within their weights.
package struct Comparison: Sendable, Equatable {
  package struct Row: Sendable, Equatable, ComparedRow {
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
    of first: Session, with second: Session, context: JobContext = JobContext()
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
    let pairs = rows.indices.filter { rows[$0].status == .unread }
    @Sendable func entries(_ row: Row) -> (Entry, Entry)? {
      guard let a = row.a, let b = row.b else { return nil }
      return (first.catalog.entries[a], second.catalog.entries[b])
    }
    let before = rows
    self.rows = try rows.compared(
      at: pairs, byteCounts: pairs.map { entries(before[$0])?.0.byteCount ?? 0 }, context: context
    ) { index in
      guard let (left, right) = entries(before[index]) else { return nil }
      defer {
        first.checkpoint.release(left)
        second.checkpoint.release(right)
      }
      return try first.checkpoint.withBytes(of: left) { a in
        try second.checkpoint.withBytes(of: right) { b in
          try DifferenceSums(
            a, left.elementType, b, right.elementType, count: left.elementCount, context)
        }
      }
    }
  }
}
