import ScopeEngine

extension MappingState {
  var exportName: String { "mapping" + (answer?.target.map { "-" + $0.rawValue } ?? "") }

  private var shownRows: [MappingTable.Row] {
    guard let table else { return [] }
    return lines.filter { $0.part == 0 }.map { table.rows[$0.row] }
  }

  /// One line of text for the clipboard.
  static func sentence(_ row: MappingTable.Row) -> String {
    [
      row.status.rawValue, row.sources.map(\.name).joined(separator: " + "), row.transform,
      row.targets.map(\.name).joined(separator: " + "), row.rule, row.reason,
    ].joined(separator: "\t")
  }

  /// The rows on show.
  var csv: String {
    var text = "status,source,target,transform,rule,reason\r\n"
    for row in shownRows {
      text += [
        row.status.rawValue, row.sources.map(\.name).joined(separator: " "),
        row.targets.map(\.name).joined(separator: " "), row.transform, row.rule, row.reason,
      ].map(ExportText.quotedCSV).joined(separator: ",")
      text += "\r\n"
    }
    return text
  }

  /// The rows on show, as `map --json` writes them.
  var document: JSONValue {
    var document = Document()
    guard let table else {
      document.add("rows", [])
      return document.value
    }
    document.add("source_dialect", .string(table.sourceDialect))
    document.add("target_dialect", .string(table.targetDialect))
    document.add("rows", .array(shownRows.map(Self.json(of:))))
    document.add("coverage", table.coverage.json)
    return document.value
  }

  private static func json(of row: MappingTable.Row) -> JSONValue {
    .members([
      ("source", .strings(row.sources.map(\.name))),
      ("target", .strings(row.targets.map(\.name))),
      ("transform", .string(row.transform)), ("rule", .string(row.rule)),
      ("status", .string(row.status.rawValue)),
      ("reason", row.reason.isEmpty ? nil : .string(row.reason)),
    ])
  }
}

extension State {
  mutating func offerMappingCopy() -> [Effect] {
    guard let row = mapping.selectedRow else { return offer([]) }
    var options: [ChoiceState.Option] = []
    if !row.sources.isEmpty {
      options.append(
        .init(
          key: "s", label: "source", answer: .copy(Self.names(row.sources))))
    }
    if !row.targets.isEmpty {
      options.append(.init(key: "t", label: "target", answer: .copy(Self.names(row.targets))))
    }
    options.append(.init(key: "r", label: "row", answer: .copy(MappingState.sentence(row))))
    return offer(options)
  }

  private static func names(_ keys: [MappingTable.Key]) -> String {
    keys.map(\.name).joined(separator: "\n")
  }
}
