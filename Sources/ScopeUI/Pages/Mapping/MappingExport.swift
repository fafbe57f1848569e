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
  var document: String {
    guard let table else { return "{\n  \"schema\": 1,\n  \"rows\": []\n}\n" }
    func names(_ keys: [MappingTable.Key]) -> String {
      "[" + keys.map { ExportText.quotedJSON($0.name) }.joined(separator: ", ") + "]"
    }
    let rows = shownRows.map { row in
      var text = "    {\"source\": \(names(row.sources)), \"target\": \(names(row.targets))"
      text += ", \"transform\": \(ExportText.quotedJSON(row.transform))"
      text += ", \"rule\": \(ExportText.quotedJSON(row.rule))"
      text += ", \"status\": \"\(row.status.rawValue)\""
      if !row.reason.isEmpty { text += ", \"reason\": \(ExportText.quotedJSON(row.reason))" }
      return text + "}"
    }
    let coverage = table.coverage
    return """
      {
        "schema": 1,
        "source_dialect": \(ExportText.quotedJSON(table.sourceDialect)),
        "target_dialect": \(ExportText.quotedJSON(table.targetDialect)),
        "rows": [
      \(rows.joined(separator: ",\n"))
        ],
        "coverage": {"mapped": \(coverage.mapped), "ignored": \(coverage.ignored), \
      "unknown": \(coverage.unknown), "targets": \(coverage.targets), "unfilled": \(coverage.unfilled)}
      }

      """
  }
}

extension State {
  mutating func offerMappingCopy() -> [Effect] {
    guard let row = mapping.selectedRow else { return say(.info, "there is nothing to copy here") }
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
    overlays.append(.choice(ChoiceState(title: "copy", options: options)))
    return []
  }

  private static func names(_ keys: [MappingTable.Key]) -> String {
    keys.map(\.name).joined(separator: "\n")
  }
}
