import OrderedCollections

/// Keys of a checkpoint beside the keys of a target, with the transform and the rule between them.
package struct Mapping: Sendable {
  package enum Status: String, Sendable { case mapped, ignored, unknown, unfilled }

  package struct Row: Sendable, Equatable {
    /// Names as the file has them.
    package var source: [String]
    package var target: [String]
    package var transform: String
    /// `file:line` of each rule, joined with ` > ` where tables are run after one another.
    package var rule: String
    package var status: Status
    package var reason: String
  }

  /// How many keys of each kind there are.
  package struct Coverage: Sendable, Equatable {
    package var mapped: Int
    package var ignored: Int
    package var unknown: Int
    /// Keys of the target that something is mapped to.
    package var targets: Int
    package var unfilled: Int
  }

  package var sourceLayout: String
  package var targetLayout: String
  package var rows: [Row]
  package var coverage: Coverage
  /// Target tensors in the order of their sources.
  package var tensors: PlannedTensors
  /// Faults of the tables: a key with two rules.
  ///
  /// Nothing is converted while there are any.
  package var conflicts: [String]

  /// - Throws: `Refusal` where no tables lead from the source to the target, or one of them is damaged.
  package static func make(
    _ identity: Identity, to target: String, graph: TableGraph
  ) throws(Refusal) -> Mapping {
    let run = try TableRun.make(identity, to: target, graph: graph)
    let tensors = run.tensors
    var names = identity.normalisation.storedNames
    for ignored in identity.normalisation.ignored where names[ignored.entry] == nil {
      names[ignored.entry] = ignored.name
    }
    func stored(_ entry: Int) -> String { names[entry] ?? "#\(entry)" }
    var rows: [(order: Int, row: Row)] = []
    for group in groups(tensors) {
      let trace = group.targets.first.flatMap { tensors[$0]?.trace } ?? []
      rows.append(
        (
          group.sources.min() ?? .max,
          Row(
            source: group.sources.map(stored), target: group.targets,
            transform: trace.isEmpty ? "copy" : trace.map(\.transform).joined(separator: " > "),
            rule: trace.map(\.description).joined(separator: " > "), status: .mapped,
            reason: trace.map(\.reason).joined(separator: "; "))
        ))
    }
    var unused = run.unused
    for ignored in identity.normalisation.ignored {
      unused[ignored.entry] = TableRun.Loss(status: .ignored, rule: "", reason: ignored.reason)
    }
    for (entry, loss) in unused {
      rows.append(
        (
          entry,
          Row(
            source: [stored(entry)], target: [], transform: "", rule: loss.rule,
            status: loss.status, reason: loss.reason)
        ))
    }
    var result = rows.sorted { $0.order < $1.order }.map(\.row)
    for (name, rule, reason) in run.unfilled {
      result.append(
        Row(
          source: [], target: [name], transform: rule.transform, rule: rule.description,
          status: .unfilled, reason: reason))
    }
    return Mapping(
      sourceLayout: identity.layout ?? "", targetLayout: target, rows: result,
      coverage: Coverage(of: result), tensors: tensors, conflicts: run.conflicts)
  }

  /// Targets that share sources belong to one row.
  private static func groups(_ tensors: PlannedTensors) -> [(sources: [Int], targets: [String])] {
    var groupOf: [Int: Int] = [:]
    var groups: [(sources: [Int], targets: [String])] = []
    for (name, plan) in tensors {
      let sources = plan.sources
      let known = Set(sources.compactMap { groupOf[$0] }).sorted()
      let own = known.first ?? groups.count
      if known.isEmpty { groups.append(([], [])) }
      for other in known.dropFirst() {
        groups[own].sources += groups[other].sources
        groups[own].targets += groups[other].targets
        for source in groups[other].sources { groupOf[source] = own }
        groups[other] = ([], [])
      }
      for source in sources where groupOf[source] == nil {
        groupOf[source] = own
        groups[own].sources.append(source)
      }
      groups[own].targets.append(name)
    }
    return groups.filter { !$0.targets.isEmpty }
  }
}

extension Mapping.Coverage {
  package init(of rows: [Mapping.Row]) {
    func count(_ status: Mapping.Status, _ names: (Mapping.Row) -> [String]) -> Int {
      rows.reduce(0) { $0 + ($1.status == status ? names($1).count : 0) }
    }
    mapped = count(.mapped, \.source)
    ignored = count(.ignored, \.source)
    unknown = count(.unknown, \.source)
    targets = count(.mapped, \.target)
    unfilled = count(.unfilled, \.target)
  }
}
