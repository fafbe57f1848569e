import Synchronization

/// All rule tables, and the ways from one layout to another through them.
///
/// A table that is on no way that was asked for is not read: a command needs two of them, not all.
package struct TableGraph: Sendable {
  private let entries: [Entry]

  /// Layouts whose keys are also keys of another one: a SigLIP file in OpenCLIP is an OpenCLIP file with a `text.` tower.
  static let kinds: [String: String] = [
    "oc-siglip": "oc-custom", "oc-eva": "oc-custom", "oc-pe": "oc-custom", "oc-mci": "oc-custom",
    "oc-timm-clip": "oc-custom",
  ]

  package init(tables: [RuleTable]) {
    entries = tables.map {
      Entry(ends: .init(source: $0.source, target: $0.target, isOneWay: $0.isOneWay), table: $0)
    }
  }

  /// - Parameter files: names and texts of tables.
  /// - Throws: `RuleTableError` where a header is damaged.
  package init(files: [(name: String, text: String)]) throws(RuleTableError) {
    var entries: [Entry] = []
    for (name, text) in files {
      entries.append(
        Entry(ends: try RuleTableParser.ends(of: text, file: name), file: name, text: text))
    }
    self.entries = entries
  }

  /// All tables, in the order they were given in.
  /// - Throws: `RuleTableError` with file and line.
  package func tables() throws(RuleTableError) -> [RuleTable] {
    var tables: [RuleTable] = []
    for entry in entries { tables.append(try entry.table()) }
    return tables
  }

  /// One step of a way: a table, forwards or backwards.
  package struct Step: Sendable, Equatable {
    package var table: RuleTable
    package var isInverse: Bool
  }

  /// A table whose rules are read when it is first on a way.
  private final class Entry: Sendable {
    let ends: RuleTable.Ends
    private let file: String
    private let text: String
    private let parsed: Mutex<RuleTable?>

    init(ends: RuleTable.Ends, table: RuleTable) {
      self.ends = ends
      file = table.file
      text = ""
      parsed = Mutex(table)
    }

    init(ends: RuleTable.Ends, file: String, text: String) {
      self.ends = ends
      self.file = file
      self.text = text
      parsed = Mutex(nil)
    }

    func table() throws(RuleTableError) -> RuleTable {
      try parsed.withLock { kept throws(RuleTableError) in
        if let kept { return kept }
        let fresh = try RuleTableParser.parse(text, file: file)
        kept = fresh
        return fresh
      }
    }
  }

  /// The shortest way; nil where there is none.
  ///
  /// Empty where source and target are the same.
  /// - Throws: `RuleTableError` where a table on the way is damaged.
  package func path(from source: String, to target: String) throws(RuleTableError) -> [Step]? {
    guard let way = way(from: source, to: target) else { return nil }
    var steps: [Step] = []
    for (entry, isInverse) in way {
      steps.append(Step(table: try entry.table(), isInverse: isInverse))
    }
    return steps
  }

  /// Reads the tables that lead to a layout, so that they are there when a way is asked for.
  package func prepare(to target: String) {
    // A damaged table is told by the way that needs it.
    for entry in entries where entry.ends.target == target { _ = try? entry.table() }
  }

  /// Whether a way leads from one layout to another.
  package func connects(_ source: String, to target: String) -> Bool {
    way(from: source, to: target) != nil
  }

  private func way(from source: String, to target: String) -> [(entry: Entry, isInverse: Bool)]? {
    var visited: Set<String> = [source]
    var front: [(layout: String, steps: [(entry: Entry, isInverse: Bool)])] = [(source, [])]
    while !front.isEmpty {
      var next: [(String, [(entry: Entry, isInverse: Bool)])] = []
      for (layout, steps) in front {
        if layout == target { return steps }
        for entry in entries {
          let ends = entry.ends
          if ends.source == layout, visited.insert(ends.target).inserted {
            next.append((ends.target, steps + [(entry, false)]))
          }
          if ends.target == layout, !ends.isOneWay, visited.insert(ends.source).inserted {
            next.append((ends.source, steps + [(entry, true)]))
          }
        }
        // Being another kind costs no step, but is only a way towards the canonical names: a trunk is no native tower.
        if target == "canonical", let kind = Self.kinds[layout], visited.insert(kind).inserted {
          next.append((kind, steps))
        }
      }
      front = next
    }
    return nil
  }
}
