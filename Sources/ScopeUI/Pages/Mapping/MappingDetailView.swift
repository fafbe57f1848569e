import Cells
import ScopeEngine

/// Draws why the keys of the selected row belong together.
enum MappingDetailView {
  /// One line: what stands left of it, where a fact begins, and its text.
  struct Line: Equatable {
    var label: String
    var text: String
    var role: Role
  }

  static func draw(_ row: MappingTable.Row, _ pane: Canvas) {
    let lines = lines(row, columns: pane.columns, pane.symbols)
    for (index, line) in lines.prefix(pane.rows).enumerated() {
      pane.put(line.label, at: Point(column: 0, row: index), role: .dim)
      pane.put(
        line.text, at: Point(column: labelColumns, row: index), role: line.role,
        maxColumns: max(pane.columns - labelColumns, 0))
    }
    guard lines.count > pane.rows, pane.rows > 0 else { return }
    pane.putRight(
      pane.symbols.ellipsis, endingAt: pane.columns, row: pane.rows - 1, role: .dim)
  }

  /// All facts, in as many lines as they take.
  static func lines(_ row: MappingTable.Row, columns: Int, _ symbols: Symbols) -> [Line] {
    let width = max(columns - labelColumns, TextLayout.fewestColumns)
    var lines: [Line] = []
    func put(_ label: String, _ text: String, _ role: Role) {
      for (index, piece) in TextLayout.wrapped(text, columns: width).enumerated() {
        lines.append(Line(label: index == 0 ? label : "", text: piece, role: role))
      }
    }
    let dot = " \(symbols.dot) "
    func putKeys(_ label: String, _ keys: [MappingTable.Key]) {
      guard !keys.isEmpty else { return }
      let (names, facts) = (names(keys.map(\.name)), facts(keys))
      let both = facts.isEmpty ? names : "\(names)  \(facts)"
      guard SafeText.columns(of: both, asciiOnly: symbols.asciiOnly) > width else {
        return put(label, both, .text)
      }
      // A shape is read in one piece.
      put(label, names, .text)
      put("", facts, .text)
    }
    putKeys("source", row.sources)
    putKeys("target", row.targets)
    if row.status == .mapped {
      let back = row.words.inverse.map { "back: \($0)" } ?? "no way back"
      let role: Role =
        row.words.inverse == nil ? .warning : row.words.isPlain ? .text : .accent
      put("transform", [row.words.text, row.words.exactness, back].joined(separator: dot), role)
    } else {
      put("status", row.status.rawValue, row.status == .ignored ? .dim : .error)
    }
    put("why", row.reason.isEmpty ? "the rule gives no reason" : row.reason, .text)
    // For people who write rules: where it stands, and in its notation.
    let hasNotation = row.status == .mapped && row.transform != row.words.text
    let rule = [row.rule, hasNotation ? "notation \(row.transform)" : ""].filter { !$0.isEmpty }
    if !rule.isEmpty { put("rule", rule.joined(separator: dot), .dim) }
    return lines
  }

  private static let labelColumns = 11

  /// Type and shape of the first key, which are those of all where they have one.
  private static func facts(_ keys: [MappingTable.Key]) -> String {
    var parts: [String] = []
    if let type = keys.first?.elementType { parts.append(type.rawValue) }
    if let shape = keys.first?.shape { parts.append(shape.description) }
    let text = parts.joined(separator: "  ")
    return keys.count > 1 && Set(keys.map(\.shape)).count == 1 ? text + " each" : text
  }

  /// Names that differ in one part, as shells write them: `attn.{q,k,v}_proj.weight`.
  static func names(_ names: [String]) -> String {
    guard names.count > 1, let first = names.first else { return names.first ?? "" }
    let most = names.map(\.count).min() ?? 0
    let start = first.commonStart(with: names)
    let end = String(first.reversed()).commonStart(with: names.map { String($0.reversed()) })
    // What they have in common is worth the braces where it is most of them.
    guard start + end <= most, 2 * (start + end) >= most,
      names.allSatisfy({ !$0.contains(where: Self.isBrace) })
    else { return names.joined(separator: ", ") }
    let parts = names.map { $0.dropFirst(start).dropLast(end) }
    return "\(first.prefix(start)){\(parts.joined(separator: ","))}\(first.suffix(end))"
  }

  private static func isBrace(_ character: Character) -> Bool { "{},".contains(character) }
}

extension String {
  /// Characters at the start that all of `others` begin with, too.
  fileprivate func commonStart(with others: [String]) -> Int {
    others.map { zip(self, $0).prefix { $0 == $1 }.count }.min() ?? 0
  }
}
