import ScopeEngine

/// The page of keys beside keys.
struct MappingState: Equatable, Sendable {
  /// The checkpoint that the answer is about.
  var path: String?
  var answer: MappingAnswer?
  var filter = MappingFilter.all
  var line = InputLine()
  /// True while the filter line has the keys.
  var isTyping = false
  /// What passes the filters, brought up to date with every change of them.
  private(set) var lines: [MappingTable.Line] = []
  private(set) var rowCount = 0
  var list = ListCursor()
  /// The list of targets, while it is open.
  var picker: ListCursor?
  /// A tensor of the catalog to select as soon as its row is there.
  var wantedEntry: Int?

  var table: MappingTable? { answer?.table }

  /// The targets of the list; the same keys in another container are no mapping.
  var targets: [TargetChoice] {
    (answer?.targets ?? []).filter { $0.target != .safetensors }
  }

  var hasFilterLine: Bool { isTyping || !line.text.isEmpty }

  var selectedRow: MappingTable.Row? {
    guard let table, lines.indices.contains(list.selected) else { return nil }
    return table.rows[lines[list.selected].row]
  }

  /// Applies the filters; the selected row stays selected where it still is on show.
  mutating func listLines() {
    let selected = lines.indices.contains(list.selected) ? lines[list.selected].row : nil
    lines = table?.lines(filter, FindQuery(line.text)) ?? []
    rowCount = lines.reduce(0) { $0 + ($1.part == 0 ? 1 : 0) }
    list.selected = lines.firstIndex { $0.row == selected } ?? 0
  }

  /// Selects the line of a tensor, taking away filters that hide it; false where no row has it.
  mutating func select(entry: Int) -> Bool {
    guard let table else { return false }
    for (row, keys) in table.rows.enumerated() {
      guard let part = keys.sources.firstIndex(where: { $0.entry == entry }) else { continue }
      let wanted = MappingTable.Line(row: row, part: part)
      if !lines.contains(wanted) {
        filter = .all
        line = InputLine()
        isTyping = false
        listLines()
      }
      list.selected = lines.firstIndex(of: wanted) ?? 0
      return true
    }
    return false
  }

  /// Rows of other checkpoints and targets are forgotten.
  mutating func take(_ answer: MappingAnswer, path: String) {
    self.answer = answer
    self.path = path
    lines = []
    list = ListCursor()
    listLines()
  }
}
