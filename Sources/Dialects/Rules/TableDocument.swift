/// The documentation page of a rule table, in Markdown.
///
/// Pages are generated, so that they cannot differ from what runs.
package enum TableDocument {
  package static func page(_ table: RuleTable) -> String {
    var lines = ["# \(table.title)", ""]
    lines.append(
      "`\(table.source)` to `\(table.target)`. Generated from `Sources/Dialects/Tables/\(table.file)`; change that file, not this one."
    )
    lines.append("")
    lines.append("- Reversible without loss: \(table.bijective).")
    if table.isOneWay { lines.append("- Never run backwards.") }
    for note in table.notes { lines.append("- \(note)") }
    for tag in table.tags {
      switch tag.condition {
      case .anyKey(let patterns), .anySourceKey(let patterns):
        let keys = patterns.map { "`\($0)`" }.joined(separator: " or ")
        lines.append("- `@\(tag.name)` rules apply where the file has \(keys).")
      case .unless(let others):
        lines.append(
          "- `@\(tag.name)` rules apply unless \(others.map { "`@\($0)`" }.joined(separator: ", ")) do."
        )
      }
    }
    for section in RuleTable.Section.allCases {
      let rules = table.rules.filter { $0.section == section }
      if rules.isEmpty { continue }
      lines += [
        "", "## \(title(of: section))", "", "| source | target | transform | why |",
        "|---|---|---|---|",
      ]
      for rule in rules {
        lines.append(
          "| \(keys(rule.sources)) | \(keys(rule.targets)) | \(transform(rule)) | \(rule.reason.replacingPipes) |"
        )
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func title(of section: RuleTable.Section) -> String {
    switch section {
    case .vision: "Image tower"
    case .text: "Text tower"
    case .joint: "Both towers"
    }
  }

  private static func keys(_ patterns: [KeyPattern]) -> String {
    patterns.isEmpty ? "-" : patterns.map { "`\($0)`" }.joined(separator: "<br>")
  }

  private static func transform(_ rule: RuleTable.Rule) -> String {
    var text = "`" + rule.operations.map(\.description).joined(separator: " + ") + "`"
    if rule.isOptional { text += ", may be absent" }
    if let tag = rule.tag { text += ", `@\(tag)`" }
    switch rule.fill {
    case .eye(let size)?: text += ", else identity of size \(size)"
    case .zeros(let size)?: text += ", else zeros of size \(size)"
    case nil: break
    }
    return text
  }
}

extension String {
  /// Table cells of Markdown end at a pipe.
  fileprivate var replacingPipes: String {
    split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
