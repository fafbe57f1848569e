import ScopeEngine

/// What the engine says of the keys of the open checkpoint: which targets are possible, and the mapping to one of them.
struct MappingAnswer: Equatable, Sendable {
  var family: String
  var isKnown = true
  /// For unknown files: the nearest dialect and what is missing.
  var note: String?
  var targets: [TargetChoice]
  /// The target that the table is of.
  var target: ConversionTarget?
  var table: MappingTable?
  /// Why there is no table.
  var problem: String?
}

extension MappingAnswer {
  /// - Parameter wanted: nil takes the most useful possible one.
  init(
    of session: Session, to wanted: ConversionTarget?, options: IdentityOptions, context: JobContext
  ) throws {
    let identity = session.identity(options: options)
    try context.checkCancellation()
    var layouts: [ConversionTarget: String] = [:]
    let targets = ConversionTarget.allCases.map { target in
      do throws(Refusal) {
        layouts[target] = try target.layout(for: identity)
        return TargetChoice(target)
      } catch {
        return TargetChoice(target, refusal: error.reason)
      }
    }
    self.init(
      family: identity.family, isKnown: identity.layout != nil, note: identity.note,
      targets: targets)
    let order: [ConversionTarget] = [.transformers, .openClip, .openClipCustom, .openAI, .timm]
    let possible = order.filter { layouts[$0] != nil }
    guard identity.layout != nil,
      let target = wanted ?? possible.first(where: { layouts[$0] != identity.layout })
        ?? possible.first
    else {
      problem =
        identity.layout == nil
        ? "the dialect is unknown, so there is no rule for its keys" : "no target can hold it"
      return
    }
    self.target = target
    do {
      table = try Self.table(of: session, identity, to: target, options)
    } catch let refusal as Refusal {
      problem = refusal.reason
    } catch let error as ModelError {
      problem = error.reason
    }
  }

  private static func table(
    of session: Session, _ identity: Identity, to target: ConversionTarget,
    _ options: IdentityOptions
  ) throws -> MappingTable {
    let mapping = try session.mapping(to: target, options: options)
    var entries: [String: Int] = [:]
    for (entry, name) in identity.normalisation.storedNames { entries[name] = entry }
    for ignored in identity.normalisation.ignored where entries[ignored.name] == nil {
      entries[ignored.name] = ignored.entry
    }
    let catalog = session.catalog
    let rows = mapping.rows.map { row in
      MappingTable.Row(
        sources: row.source.map { name in
          let index = entries[name].flatMap { catalog.entries.indices.contains($0) ? $0 : nil }
          let entry = index.map { catalog.entries[$0] }
          return MappingTable.Key(
            name, shape: entry?.shape, elementType: entry?.elementType, entry: index)
        },
        targets: row.target.map { name in
          let plan = mapping.plans[name]
          return MappingTable.Key(name, shape: plan?.shape, elementType: plan?.targetType)
        },
        transform: row.transform, rule: row.rule, status: row.status, reason: row.reason)
    }
    return MappingTable(
      target: target, sourceDialect: mapping.sourceDialect, targetDialect: mapping.targetDialect,
      rows: rows, coverage: mapping.coverage, warnings: mapping.warnings)
  }
}
