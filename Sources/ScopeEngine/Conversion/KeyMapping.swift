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
  /// - Throws: `Refusal` where the target cannot hold the model, `ModelError` where the tensors contradict the options.
  package func mapping(
    to target: ConversionTarget, options: IdentityOptions = IdentityOptions()
  ) throws -> KeyMapping {
    let identity = try keptIdentity(options: options)
    let layout = try target.layout(for: identity)
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
    var plans = mapping.plans
    if target == .timm {
      rows = Self.bareTrunk(rows)
      coverage = Mapping.Coverage(of: rows)
      plans = Dictionary(
        plans.map { (Self.bareName($0.key) ?? $0.key, $0.value) },
        uniquingKeysWith: { first, _ in first })
    }
    return KeyMapping(
      sourceDialect: identity.dialect.rawValue,
      targetDialect: Self.dialect(ofLayout: layout, target: target, towers: identity.towers),
      rows: rows.filter { $0.status != .mapped } + rows.filter { $0.status == .mapped },
      coverage: coverage, warnings: identity.warnings, plans: plans)
  }

  /// timm names the image tower alone, without the prefix that OpenCLIP puts in front of it.
  private static func bareTrunk(_ rows: [Mapping.Row]) -> [Mapping.Row] {
    rows.compactMap { row in
      guard row.status == .mapped || row.status == .unfilled else { return row }
      var row = row
      row.target = row.target.compactMap(bareName)
      guard row.target.isEmpty else { return row }
      if row.status == .unfilled { return nil }
      row.status = .ignored
      row.reason = "timm holds the image tower alone"
      return row
    }
  }

  /// What timm calls a key of the trunk; nil for other keys.
  private static func bareName(_ name: String) -> String? {
    let prefix = "visual.trunk."
    return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
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
