/// All rule tables, and the ways from one layout to another through them.
package struct TableGraph: Sendable {
  package let tables: [RuleTable]

  /// Layouts whose keys are also keys of another one: a SigLIP file in OpenCLIP is an OpenCLIP file with a `text.` tower.
  static let kinds: [String: String] = [
    "oc-siglip": "oc-custom", "oc-eva": "oc-custom", "oc-pe": "oc-custom", "oc-mci": "oc-custom",
    "oc-timm-clip": "oc-custom",
  ]

  package init(tables: [RuleTable]) { self.tables = tables }

  /// One step of a way: a table, forwards or backwards.
  package struct Step: Sendable, Equatable {
    package var table: RuleTable
    package var isInverse: Bool
  }

  /// The shortest way; nil where there is none.
  ///
  /// Empty where source and target are the same.
  package func path(from source: String, to target: String) -> [Step]? {
    var visited: Set<String> = [source]
    var front: [(layout: String, steps: [Step])] = [(source, [])]
    while !front.isEmpty {
      var next: [(String, [Step])] = []
      for (layout, steps) in front {
        if layout == target { return steps }
        for table in tables {
          if table.source == layout, visited.insert(table.target).inserted {
            next.append((table.target, steps + [Step(table: table, isInverse: false)]))
          }
          if table.target == layout, !table.isOneWay, visited.insert(table.source).inserted {
            next.append((table.source, steps + [Step(table: table, isInverse: true)]))
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
