package import OrderedCollections
import Tensors

/// Tensors by name, as plans over the tensors of a checkpoint.
package typealias PlannedTensors = OrderedDictionary<String, TensorPlan>

extension PlannedTensors {
  /// The plans by name, for whom their order is nothing.
  package var byName: [String: TensorPlan] {
    Dictionary(uniqueKeysWithValues: lazy.map { ($0.key, $0.value) })
  }
}

/// One run of a rule table over a set of tensors, forwards or backwards.
package struct TablePass {
  package let table: RuleTable
  package let isInverse: Bool
  package let parameters: MappingParameters

  package init(table: RuleTable, isInverse: Bool, parameters: MappingParameters) {
    self.table = table
    self.isInverse = isInverse
    self.parameters = parameters
  }

  package struct Result {
    /// Targets, in the order of their first source.
    package var tensors: PlannedTensors = [:]
    /// Sources that no rule matches.
    package var unknown: [String] = []
    /// Sources that a rule discards.
    package var dropped: [(name: String, rule: RuleReference)] = []
    /// Targets that a rule would make but cannot, with the reason.
    package var unfilled: [(name: String, rule: RuleReference, reason: String)] = []
    /// Sources that are left over because the rule they belong to could not run.
    package var stranded: [(name: String, reason: String)] = []
    /// Sources that more than one rule matches, targets that more than one rule makes: faults of the table.
    package var conflicts: [String] = []
  }

  /// A rule as seen in the direction of the pass.
  struct Oriented {
    var rule: RuleTable.Rule
    var sources: [KeyPattern]
    var targets: [KeyPattern]
    var operations: [RuleOperation]
    /// A created target on the way back: may be dropped only if it is zero.
    var isCreatedTarget: Bool
    var reference: RuleReference
  }

  /// Rules that are on for these keys.
  func orientedRules(keys: some Collection<String>) -> [Oriented] {
    let tags = activeTags(keys: keys)
    var result: [Oriented] = []
    for rule in table.rules {
      if let tag = rule.tag, !tags.contains(tag) { continue }
      var operations = rule.operations
      if isInverse {
        let inverses = rule.operations.reversed().compactMap {
          $0.inverse(scalarRank: table.sourceScalarRank)
        }
        if inverses.count != operations.count { continue }
        operations = inverses
      }
      let text = operations.map(\.description).joined(separator: " + ")
      result.append(
        Oriented(
          rule: rule, sources: isInverse ? rule.targets : rule.sources,
          targets: isInverse ? rule.sources : rule.targets, operations: operations,
          isCreatedTarget: isInverse && rule.sources.isEmpty,
          reference: RuleReference(
            file: table.file, line: rule.line, isInverse: isInverse, transform: text,
            reason: rule.reason)))
    }
    return result
  }

  private func activeTags(keys: some Collection<String>) -> Set<String> {
    var active: Set<String> = []
    for tag in table.tags {
      switch tag.condition {
      case .anyKey(let patterns), .anySourceKey(let patterns):
        if case .anySourceKey = tag.condition, isInverse { continue }
        if keys.contains(where: { key in patterns.contains { $0.capture(in: key) != nil } }) {
          active.insert(tag.name)
        }
      case .unless(let others):
        if active.isDisjoint(with: others) { active.insert(tag.name) }
      }
    }
    return active
  }

  package func run(_ tensors: PlannedTensors) -> Result {
    let rules = orientedRules(keys: tensors.keys)
    let index = PatternIndex(rules.map(\.sources))
    var result = Result()
    result.tensors.reserveCapacity(tensors.count)
    // Which keys stand where: rule, capture, place among the sources.
    var groups: OrderedDictionary<Group, [Int: String]> = [:]
    for name in tensors.keys {
      let matches = index.matches(name)
      if matches.count > 1 {
        let lines = matches.map { rules[$0.rule].reference.description }.joined(separator: ", ")
        result.conflicts.append("`\(name)` is matched by \(lines)")
      }
      guard let match = matches.first else {
        result.unknown.append(name)
        continue
      }
      groups[Group(rule: match.rule, capture: match.capture), default: [:]][match.place] = name
    }
    let seen = Set(groups.keys.map { rules[$0.rule].rule.section })
    for (group, names) in groups {
      apply(rules[group.rule], group.capture, names, tensors, &result)
    }
    addCreated(rules, seen, tensors, &result)
    addMissing(rules, groups, seen, &result)
    return result
  }

  struct Group: Hashable {
    var rule: Int
    var capture: String
  }

  private func apply(
    _ rule: Oriented, _ capture: String, _ names: [Int: String], _ tensors: PlannedTensors,
    _ result: inout Result
  ) {
    let present = rule.sources.indices.compactMap { names[$0] }
    if rule.targets.isEmpty {
      for name in present { result.dropped.append((name, rule.reference)) }
      return
    }
    guard present.count == rule.sources.count else {
      let missing = rule.sources.indices.filter { names[$0] == nil }
        .map { "`" + rule.sources[$0].key(capture) + "`" }.joined(separator: ", ")
      for target in rule.targets {
        result.unfilled.append((target.key(capture), rule.reference, "\(missing) is missing"))
      }
      for name in present { result.stranded.append((name, "\(missing) is missing beside it")) }
      return
    }
    let heads = rule.rule.section == .text ? parameters.textHeads : parameters.visionHeads
    do throws(TransformError) {
      let plans = try RuleEvaluation(operations: rule.operations, heads: heads)
        .run(present.compactMap { tensors[$0] })
      guard plans.count == rule.targets.count else {
        throw TransformError("the rule makes \(plans.count) tensors, not \(rule.targets.count)")
      }
      for (target, var plan) in zip(rule.targets, plans) {
        plan.trace.append(rule.reference)
        add(plan, as: target.key(capture), by: rule.reference, &result)
      }
    } catch {
      for target in rule.targets {
        result.unfilled.append((target.key(capture), rule.reference, error.reason))
      }
      for name in present { result.stranded.append((name, error.reason)) }
    }
  }

  private func add(
    _ plan: TensorPlan, as name: String, by rule: RuleReference, _ result: inout Result
  ) {
    if result.tensors[name] != nil {
      result.conflicts.append("`\(name)` is made twice, the second time by \(rule)")
      return
    }
    result.tensors[name] = plan
  }

  /// Targets that no source stands behind: `- -> X` and `else FILL`.
  private func addCreated(
    _ rules: [Oriented], _ seen: Set<RuleTable.Section>, _ tensors: PlannedTensors,
    _ result: inout Result
  ) {
    guard !isInverse else { return }
    let type = tensors.values.lazy.map(\.sourceType).first(where: \.isFloatingPoint) ?? .f32
    for rule in rules where seen.contains(rule.rule.section) {
      var fill: RuleTable.Fill?
      if rule.sources.isEmpty, case .zeros(let size)? = rule.operations.first {
        fill = .zeros(size)
      } else if let own = rule.rule.fill, let target = rule.targets.first,
        result.tensors[target.prefix] == nil
      {
        fill = own
      }
      guard let fill, let target = rule.targets.first else { continue }
      guard var plan = created(fill, type: type) else {
        if !rule.rule.isOptional {
          result.unfilled.append((target.prefix, rule.reference, "its size is not known"))
        }
        continue
      }
      plan.trace = [rule.reference]
      add(plan, as: target.prefix, by: rule.reference, &result)
    }
  }

  private func created(_ fill: RuleTable.Fill, type: ElementType) -> TensorPlan? {
    switch fill {
    case .zeros(let name):
      guard let size = parameters.sizes[name] else { return nil }
      return TensorPlan(
        shape: [size], sourceType: type, parts: [.init(content: .zeros(count: size))])
    case .eye(let name):
      guard let size = parameters.sizes[name], size <= 1 << 20 else { return nil }
      return TensorPlan(
        shape: [size, size], sourceType: type,
        parts: [.init(content: .eye(size: size, row: 0, count: size * size))])
    }
  }

  /// Targets that the towers at hand should have and that nothing makes.
  private func addMissing(
    _ rules: [Oriented], _ groups: OrderedDictionary<Group, [Int: String]>,
    _ seen: Set<RuleTable.Section>, _ result: inout Result
  ) {
    // Layers seen in any rule with the same text before the index.
    var layers: [String: Set<Int>] = [:]
    for group in groups.keys {
      if let pattern = rules[group.rule].sources.first, pattern.hole == .index,
        let layer = Int(group.capture)
      {
        layers[pattern.prefix, default: []].insert(layer)
      }
    }
    let bothTowers = seen.contains(.vision) && seen.contains(.text)
    for (number, rule) in rules.enumerated() {
      guard !rule.rule.isOptional, rule.rule.fill == nil, !rule.isCreatedTarget,
        let source = rule.sources.first, !rule.targets.isEmpty
      else { continue }
      let isExpected = rule.rule.section == .joint ? bothTowers : seen.contains(rule.rule.section)
      guard isExpected else { continue }
      let captures: [String]
      switch source.hole {
      case .none: captures = [""]
      case .rest: captures = []
      case .index: captures = expectedLayers(layers[source.prefix] ?? []).map(String.init)
      }
      for capture in captures where groups[Group(rule: number, capture: capture)] == nil {
        let missing = rule.sources.map { "`" + $0.key(capture) + "`" }.joined(separator: ", ")
        for target in rule.targets where result.tensors[target.key(capture)] == nil {
          result.unfilled.append((target.key(capture), rule.reference, "\(missing) is missing"))
        }
      }
    }
  }

  /// 0 up to the last layer seen, unless the numbers are so far apart that they cannot be layers.
  private func expectedLayers(_ seen: Set<Int>) -> [Int] {
    guard let last = seen.max() else { return [] }
    return last < seen.count * 4 + 8 ? Array(0...last) : seen.sorted()
  }
}

/// Finds the rules whose sources match a key.
struct PatternIndex {
  struct Match {
    var rule: Int
    var place: Int
    var capture: String
  }

  private struct Place {
    var rule: Int
    var place: Int
  }

  private var plain: [String: [Place]] = [:]
  private var indexed: [String: [Place]] = [:]
  private var rests: [(pattern: KeyPattern, place: Place)] = []

  init(_ sources: [[KeyPattern]]) {
    for (rule, patterns) in sources.enumerated() {
      for (number, pattern) in patterns.enumerated() {
        let place = Place(rule: rule, place: number)
        switch pattern.hole {
        case .none: plain[pattern.prefix, default: []].append(place)
        case .index:
          indexed[Self.key(pattern.prefix[...], pattern.suffix[...]), default: []].append(place)
        case .rest: rests.append((pattern, place))
        }
      }
    }
  }

  private static func key(_ prefix: Substring, _ suffix: Substring) -> String {
    var key = String(prefix)
    key.append("{i}")
    key.append(contentsOf: suffix)
    return key
  }

  func matches(_ name: String) -> [Match] {
    var result: [Match] = []
    for place in plain[name] ?? [] {
      result.append(Match(rule: place.rule, place: place.place, capture: ""))
    }
    if !indexed.isEmpty {
      for split in LayerIndex.splits(name) {
        for place in indexed[Self.key(split.prefix, split.suffix)] ?? [] {
          result.append(Match(rule: place.rule, place: place.place, capture: String(split.index)))
        }
      }
    }
    for (pattern, place) in rests {
      if let capture = pattern.capture(in: name) {
        result.append(Match(rule: place.rule, place: place.place, capture: capture))
      }
    }
    return result
  }
}
