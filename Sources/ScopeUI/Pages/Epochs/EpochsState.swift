import ScopeEngine

/// The page of a training over time.
struct EpochsState: Equatable, Sendable {
  enum Sort: String, Equatable, Sendable, CaseIterable {
    case movement, name, norm
  }

  /// The folder that the rest is about.
  var folder: String?
  private(set) var series: TrainingSeries?
  /// Why there is no series.
  var problem: String?
  var accuracy: SnapshotAccuracy?
  /// Why there is no accuracy.
  var accuracyProblem: String?

  var sort = Sort.movement
  /// Draws all rows of one statistic on one scale, so that rows can be compared.
  var sharesScale = false
  var line = InputLine()
  /// True while the find line has the keys.
  var isTyping = false
  /// Rows that pass the find line, in their order, as indices into the series.
  private(set) var rows: [Int] = []
  var list = ListCursor()

  var hasFindLine: Bool { isTyping || !line.text.isEmpty }

  var selectedRow: TrainingSeries.Row? {
    guard let series, rows.indices.contains(list.selected) else { return nil }
    return series.rows[rows[list.selected]]
  }

  mutating func take(_ series: TrainingSeries) {
    self.series = series
    problem = nil
    listRows()
  }

  /// Applies find line and order; the selected row stays selected where it still is on show.
  mutating func listRows() {
    let selected = rows.indices.contains(list.selected) ? rows[list.selected] : nil
    guard let series else {
      rows = []
      return
    }
    let query = FindQuery(line.text)
    if query.isEmpty {
      rows = Array(series.rows.indices)
    } else {
      let index = FindIndex(series.rows.map(\.name))
      rows = index.matches(query).map { Int($0.index) }
    }
    switch sort {
    // The engine gives the largest movers first.
    case .movement: break
    case .name: rows.sort { NumericOrder.precedes(series.rows[$0].name, series.rows[$1].name) }
    case .norm:
      let norms = series.rows.map { $0.points.last.flatMap { $0 }?.norm ?? -1 }
      rows.sort { norms[$0] != norms[$1] ? norms[$0] > norms[$1] : $0 < $1 }
    }
    list.selected = selected.flatMap { rows.firstIndex(of: $0) } ?? 0
  }
}
