package import Dialects
package import Tensors

/// The keys of a checkpoint beside the keys of a target dialect: what `map` shows.
package struct KeyMapping: Sendable {
  package var sourceDialect: String
  package var targetDialect: String
  /// Rows without a counterpart first, then in the order of the file.
  package var rows: [Mapping.Row]
  package var coverage: Mapping.Coverage
  package var warnings: [String]
  /// How each key of the target is made, with its shape and element type: the plans that a conversion carries out.
  package var plans: [String: TensorPlan]

  /// Rows of these kinds.
  package enum Filter: String, Sendable, CaseIterable {
    case all, mapped, ignored, unknown, unfilled
    /// Everything that is not mapped.
    case unmapped

    package func admits(_ status: Mapping.Status) -> Bool {
      switch self {
      case .all: true
      case .unmapped: status != .mapped
      default: status.rawValue == rawValue
      }
    }
  }
}

extension Mapping.Coverage {
  /// As documents of mappings have it.
  package var json: JSONValue {
    [
      "mapped": .integer(mapped), "ignored": .integer(ignored), "unknown": .integer(unknown),
      "targets": .integer(targets), "unfilled": .integer(unfilled),
    ]
  }
}

extension Session {
  /// - Parameters:
  ///   - target: where to.
  ///   - layouts: those that were asked for by name; empty: the one that fits the model.
  ///   - tower: the only one that is mapped; nil: what the target holds.
  ///   - options: what the user knows that the file does not say.
  /// - Throws: `Refusal` where the target cannot hold the model, `ModelError` where the file contradicts the options.
  package func mapping(
    to target: ConversionTarget, layouts: [String] = [], tower: Tower? = nil,
    options: IdentityOptions = IdentityOptions()
  ) throws -> KeyMapping {
    let identity = try keptIdentity(
      options: options, towers: tower.map { [$0] } ?? [.vision, .text])
    let wanted = ConversionOptions(target: target, layouts: layouts, tower: tower)
    let layout = try ConversionTarget.layout(for: identity, options: wanted)
    guard !layout.isEmpty else {
      throw Refusal(
        "\(identity.subject) cannot be mapped: \(identity.note ?? "there is no rule table for it")")
    }
    let mapping = try Mapping.make(identity, to: layout, graph: RuleTables.graph())
    if let conflict = mapping.conflicts.first {
      throw Refusal("the rule tables are ambiguous: \(conflict)")
    }
    var rows = mapping.rows
    var coverage = mapping.coverage
    var plans = mapping.tensors.byName
    if target == .timm || tower != nil {
      let selection = try TowerSelection(identity: identity, options: wanted)
      rows = rows.compactMap(selection.reduced)
      coverage = Mapping.Coverage(of: rows)
      plans = Dictionary(
        plans.filter { selection.keeps($0.key) }.map { (selection.finalName($0.key), $0.value) },
        uniquingKeysWith: { first, _ in first })
    }
    return KeyMapping(
      sourceDialect: identity.dialect.rawValue,
      targetDialect: Self.dialect(
        ofLayout: layout, target: target, towers: tower.map { [$0] } ?? identity.towers),
      rows: rows.filter { $0.status != .mapped } + rows.filter { $0.status == .mapped },
      coverage: coverage, warnings: identity.warnings, plans: plans)
  }

  /// What `info` would call a file of this layout.
  static func dialect(ofLayout layout: String, target: ConversionTarget, towers: [Tower]) -> String
  {
    if target == .timm { return Dialect.timm.rawValue }
    let one = towers.count == 1 ? "-\(towers[0].rawValue)" : ""
    switch layout {
    case "oc-clip": return Dialect.openClip.rawValue
    case "oc-custom": return Dialect.openClipCustom.rawValue
    case "openai": return Dialect.openAI.rawValue
    case "hf-clip": return Dialect.hfClip.rawValue + one
    case "hf-siglip", "hf-siglip2-naflex": return Dialect.hfSiglip.rawValue + one
    default: return layout.hasPrefix("oc-") ? Dialect.openClipTimm.rawValue : layout
    }
  }
}

extension TowerSelection {
  /// The row without the targets that are not kept; nil for one that nothing is left of.
  fileprivate func reduced(_ row: Mapping.Row) -> Mapping.Row? {
    guard row.status == .mapped || row.status == .unfilled else { return row }
    var reduced = row
    reduced.target = row.target.filter(keeps).map(finalName)
    guard reduced.target.isEmpty else { return reduced }
    if row.status == .unfilled { return nil }
    reduced.status = .ignored
    reduced.reason = row.target.first.map(reason(against:)) ?? row.reason
    return reduced
  }
}
