import OrderedCollections

/// What the tables between two layouts make of the tensors of a checkpoint: the part of a `Mapping` that a program needs, without the words
/// that people read.
package struct TableRun: Sendable {
  /// Why a stored tensor is not in the target.
  struct Loss: Sendable, Equatable {
    var status: Mapping.Status
    /// `file:line`, or empty.
    var rule: String
    var reason: String
  }

  /// Target tensors in the order of their sources.
  package var tensors: PlannedTensors
  /// Entries of the catalog that nothing in the target comes from; those that are no weights are not among them.
  var unused: OrderedDictionary<Int, Loss>
  /// Targets that a rule would make but cannot.
  var unfilled: [(name: String, rule: RuleReference, reason: String)]
  /// Faults of the tables: a key with two rules.
  package var conflicts: [String]

  /// Entries of the catalog that no rule knows.
  package var unknown: [Int] { unused.filter { $0.value.status == .unknown }.map(\.key) }

  /// - Parameter towers: those that are needed. Tensors of the others are left out, which takes half of the time for one tower; nil = all.
  /// - Throws: `Refusal` where no tables lead from the source to the target, or one of them is damaged.
  package static func make(
    _ identity: Identity, to target: String, graph: TableGraph,
    towers: Set<Tower>? = nil
  ) throws(Refusal) -> TableRun {
    guard let path = try path(from: identity.layout, to: target, graph) else {
      throw Refusal("there is no way from \(identity.family) to \(target)")
    }
    var tensors = identity.normalisation.tensors
    if let towers, towers.count < Tower.allCases.count {
      tensors = tensors.filter { Tower(ofKey: $0.key).map(towers.contains) ?? true }
    }
    let sources = tensors
    var lost: [Int: Loss] = [:]
    var run = TableRun(tensors: [:], unused: [:], unfilled: [], conflicts: [])
    for step in path {
      let result = TablePass(
        table: step.table, isInverse: step.isInverse, parameters: identity.parameters
      )
      .run(tensors)
      func lose(_ name: String, _ status: Mapping.Status, _ rule: String, _ reason: String) {
        for entry in tensors[name]?.sources ?? [] where lost[entry] == nil {
          lost[entry] = Loss(status: status, rule: rule, reason: reason)
        }
      }
      for name in result.unknown {
        lose(name, .unknown, "", "no rule of \(step.table.file) knows `\(name)`")
      }
      for (name, rule) in result.dropped { lose(name, .ignored, rule.description, rule.reason) }
      for (name, reason) in result.stranded { lose(name, .unknown, "", reason) }
      run.unfilled = result.unfilled
      run.conflicts += result.conflicts
      tensors = result.tensors
    }
    run.tensors = tensors
    let used = Set(tensors.values.lazy.flatMap(\.sources))
    for entry in sources.values.lazy.flatMap(\.sources)
    where !used.contains(entry) && run.unused[entry] == nil {
      run.unused[entry] =
        lost[entry]
        ?? Loss(status: .unknown, rule: "", reason: "nothing in the target comes from it")
    }
    return run
  }

  private static func path(
    from source: String?, to target: String, _ graph: TableGraph
  ) throws(Refusal) -> [TableGraph.Step]? {
    guard let source else { return nil }
    do throws(RuleTableError) {
      return try graph.path(from: source, to: target)
    } catch {
      throw Refusal("\(error)")
    }
  }
}
