import Checkpoints
package import Dialects
import Tensors

/// Two checkpoints tensor by tensor, brought into one layout first: what `diff` shows.
///
/// Where the dialects differ, one side is mapped to the layout of the other and compared after the transform; training
/// wrappers and prefixes do not count as differences.
package struct AlignedComparison: Sendable {
  package struct Row: Sendable, Equatable, ComparedRow {
    /// Names in the first and in the second file; several where a tensor is joined or split on the way.
    package var a: [String]
    package var b: [String]
    package var status: Comparison.Row.Status
    /// Largest absolute difference; NaN where one side alone has a NaN.
    package var largestDifference: Double?
    /// `largestDifference` over the largest magnitude of the first.
    package var relativeDifference: Double?
    package var cosine: Double?
    package var reason: String?

    var name: String { a.first ?? "" }
  }

  package struct Ignored: Sendable, Equatable {
    package var isInA: Bool
    package var name: String
    package var reason: String
  }

  package var dialectA: String
  package var dialectB: String
  /// Layout in which the two were compared; nil where names were compared as they are.
  package var layout: String?
  package var rows: [Row]
  /// Buffers and settings that are no weights of the model.
  package var ignored: [Ignored]

  package func count(_ status: Comparison.Row.Status) -> Int { rows.count { $0.status == status } }
  package var isSame: Bool { rows.allSatisfy { $0.status == .same } }
}

extension Engine {
  /// Tensors of two checkpoints side by side, through the mapping where their dialects differ.
  ///
  /// - Parameters:
  ///   - a: the first checkpoint.
  ///   - b: the second.
  ///   - options: what the user knows of both and the files do not say.
  ///   - readsValues: false compares names and shapes only.
  package func alignedComparison(
    of a: Session, with b: Session, options: IdentityOptions = IdentityOptions(),
    readsValues: Bool = true
  ) -> Job<AlignedComparison> {
    start(.alignment(a.id, b.id)) { context in
      try AlignedComparison(
        of: a, with: b, options: options, readsValues: readsValues, context: context)
    }
  }
}

extension AlignedComparison {
  /// One side of the comparison: plans over its entries under the names of the common layout.
  private struct Side {
    var session: Session
    var source: CheckpointSource
    var tensors: [(name: String, plan: TensorPlan)]
    /// Keys that the common layout has no place for.
    var alone: [(name: String, reason: String)] = []

    init(_ session: Session, _ tensors: [(name: String, plan: TensorPlan)]) {
      self.session = session
      self.tensors = tensors
      source = CheckpointSource(session.checkpoint)
    }

    func names(_ plan: TensorPlan) -> [String] {
      plan.sources.filter { session.catalog.entries.indices.contains($0) }.map {
        session.weightName(of: $0)
      }
    }

    /// Lets go of the pages of a plan's entries.
    func release(_ plan: TensorPlan) {
      for index in plan.sources { session.checkpoint.release(session.catalog.entries[index]) }
    }
  }

  init(
    of first: Session, with second: Session, options: IdentityOptions, readsValues: Bool,
    context: JobContext
  ) throws {
    let identityA = try first.keptIdentity(options: options)
    let identityB = try second.keptIdentity(options: options)
    dialectA = identityA.dialect.rawValue
    dialectB = identityB.dialect.rawValue
    func own(_ identity: Identity) -> [(name: String, plan: TensorPlan)] {
      identity.normalisation.tensors.map { (name: $0.key, plan: $0.value) }
    }
    var a = Side(first, own(identityA))
    var b = Side(second, own(identityB))
    layout = Self.align(&a, identityA, &b, identityB)
    ignored = identityA.normalisation.ignored.map {
      Ignored(isInA: true, name: $0.name, reason: $0.reason)
    }
    ignored += identityB.normalisation.ignored.map {
      Ignored(isInA: false, name: $0.name, reason: $0.reason)
    }
    rows = []
    var pairs: [(row: Int, a: TensorPlan, b: TensorPlan)] = []
    let others = Dictionary(
      b.tensors.map { (ExactString($0.name), $0.plan) }, uniquingKeysWith: { first, _ in first })
    var seen: Set<ExactString> = []
    for (name, plan) in a.tensors {
      guard let other = others[ExactString(name)] else {
        rows.append(Row(a: a.names(plan), b: [], status: .onlyInA))
        continue
      }
      seen.insert(ExactString(name))
      var row = Row(a: a.names(plan), b: b.names(other), status: .unread)
      let isScalar = plan.elementCount == 1 && other.elementCount == 1
      if plan.shape == other.shape || isScalar {
        pairs.append((rows.count, plan, other))
      } else {
        row.status = .shape
        row.reason = "\(plan.shape) and \(other.shape)"
      }
      rows.append(row)
    }
    for (name, plan) in b.tensors where !seen.contains(ExactString(name)) {
      rows.append(Row(a: [], b: b.names(plan), status: .onlyInB))
    }
    rows += a.alone.map { Row(a: [$0.name], b: [], status: .onlyInA, reason: $0.reason) }
    rows += b.alone.map { Row(a: [], b: [$0.name], status: .onlyInB, reason: $0.reason) }
    if readsValues { try compare(pairs, a, b, context) }
  }

  /// Maps one side to the layout of the other, where they differ and rules lead there.
  ///
  /// - Returns: the layout of both; nil where there is none.
  private static func align(
    _ a: inout Side, _ identityA: Identity, _ b: inout Side, _ identityB: Identity
  ) -> String? {
    guard let layoutA = identityA.layout, let layoutB = identityB.layout, layoutA != layoutB else {
      return identityA.layout == identityB.layout ? identityA.layout : nil
    }
    if let mapped = mapped(identityA, to: layoutB) {
      a.tensors = mapped.tensors
      a.alone = mapped.alone
      return layoutB
    }
    if let mapped = mapped(identityB, to: layoutA) {
      b.tensors = mapped.tensors
      b.alone = mapped.alone
      return layoutA
    }
    return nil
  }

  private static func mapped(
    _ identity: Identity, to layout: String
  ) -> (tensors: [(name: String, plan: TensorPlan)], alone: [(name: String, reason: String)])? {
    guard let graph = try? RuleTables.graph(),
      let mapping = try? Mapping.make(identity, to: layout, graph: graph), mapping.conflicts.isEmpty
    else { return nil }
    let buffers = Set(identity.normalisation.ignored.map(\.name))
    let lost = mapping.rows.filter { $0.status == .unknown || $0.status == .ignored }
      .flatMap { row in row.source.map { (name: $0, reason: row.reason) } }
      .filter { !buffers.contains($0.name) }
    return (mapping.tensors.map { (name: $0.key, plan: $0.value) }, lost)
  }

  private mutating func compare(
    _ pairs: [(row: Int, a: TensorPlan, b: TensorPlan)], _ a: Side, _ b: Side, _ context: JobContext
  ) throws {
    let pairOfRow = Dictionary(uniqueKeysWithValues: pairs.map { ($0.row, (a: $0.a, b: $0.b)) })
    rows = try rows.compared(
      at: pairs.map(\.row), byteCounts: pairs.map(\.a.byteCount), context: context
    ) { index in
      guard let pair = pairOfRow[index] else { return nil }
      defer {
        a.release(pair.a)
        b.release(pair.b)
      }
      return try Self.sums(pair.a, a.source, pair.b, b.source, context)
    }
  }

  private static func sums(
    _ left: TensorPlan, _ leftSource: CheckpointSource, _ right: TensorPlan,
    _ rightSource: CheckpointSource,
    _ context: JobContext
  ) throws -> DifferenceSums {
    var sums: DifferenceSums?
    try left.withContiguousBytes(from: leftSource) { a in
      try right.withContiguousBytes(from: rightSource) { b in
        sums = try DifferenceSums(
          a, left.targetType, b, right.targetType, count: left.elementCount, context)
      }
    }
    guard let sums else { throw TransformError("it has no bytes") }
    return sums
  }
}

extension TensorPlan {
  /// All bytes at once: in place where they are one range of the source, else gathered.
  fileprivate func withContiguousBytes(
    from source: CheckpointSource, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    if isByteRange, case .view(let index, let offset, _, _) = parts[0].content {
      let start = offset * sourceType.byteCount
      try source.withBytes(of: index) { bytes in
        guard start >= 0, start + byteCount <= bytes.count else {
          throw TransformError("the tensor is shorter than its shape")
        }
        try body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + byteCount]))
      }
    } else {
      try bytes(from: source).withUnsafeBytes(body)
    }
  }
}
