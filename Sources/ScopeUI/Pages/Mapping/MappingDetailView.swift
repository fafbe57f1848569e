import Cells
import ScopeEngine

/// Draws why the keys of the selected row belong together.
enum MappingDetailView {
  static func draw(_ row: MappingTable.Row, _ pane: Canvas) {
    var next = 0
    func put(_ label: String, _ spans: [Span]) {
      guard next < pane.rows else { return }
      pane.put(label, at: Point(column: 0, row: next), role: .dim)
      pane.put(
        spans, at: Point(column: labelColumns, row: next),
        maxColumns: max(pane.columns - labelColumns, 0))
      next += 1
    }
    if !row.sources.isEmpty { put("source", keys(row.sources)) }
    if !row.targets.isEmpty { put("target", keys(row.targets)) }
    if row.status == .mapped {
      let dot = " \(pane.symbols.dot) "
      var spans = [
        Span(row.words.text, row.words.isPlain ? .text : .accent),
        Span(dot + row.words.exactness, .text),
      ]
      if let inverse = row.words.inverse {
        spans.append(Span(dot + "back: \(inverse)", .text))
      } else {
        spans.append(Span(dot + "no way back", .warning))
      }
      put("transform", spans)
      if row.transform != row.words.text {
        put("notation", [Span(row.transform, .dim)])
      }
    } else {
      put("status", [Span(row.status.rawValue, row.status == .ignored ? .dim : .error)])
    }
    let reason = row.reason.isEmpty ? "the rule gives no reason" : row.reason
    let width = max(pane.columns - labelColumns, 8)
    let reserved = row.rule.isEmpty ? 0 : 1
    let lines = TextLayout.wrapped(
      reason, columns: width, rows: pane.rows - reserved - next, mark: pane.symbols.ellipsis)
    for (number, text) in lines.enumerated() {
      put(number == 0 ? "why" : "", [Span(text, .text)])
    }
    if !row.rule.isEmpty { put("rule", [Span(row.rule, .dim)]) }
  }

  private static let labelColumns = 11

  private static func keys(_ keys: [MappingTable.Key]) -> [Span] {
    var spans: [Span] = []
    for (number, key) in keys.enumerated() {
      spans.append(Span(number == 0 ? key.name : ", " + key.name, .text))
    }
    if let key = keys.first {
      var facts = ""
      if let type = key.elementType { facts += "  \(type.rawValue)" }
      if let shape = key.shape { facts += "  \(shape.description)" }
      if keys.count > 1, Set(keys.map(\.shape)).count == 1 { facts += " each" }
      spans.append(Span(facts, .dim))
    }
    return spans
  }
}
