import Cells
import ScopeEngine

/// Lists that a hostile file makes a million rows long; JSON has all of them.
extension Console {
  /// Rows of a text that tells what is odd about a file.
  static let rowLimit = 100

  /// A last row, where a list of `count` was cut.
  func more(than count: Int, _ what: String, _ style: TextStyle) {
    guard count > Self.rowLimit else { return }
    line(style.dim("  and \(Numbers.grouped(count - Self.rowLimit)) more \(what) (--json)"))
  }

  /// The rows that are shown: the worst first where there are too many, so that none is buried.
  static func shownRows<Row>(_ rows: [Row], _ severity: (Row) -> Diagnostic.Severity) -> [Row] {
    guard rows.count > rowLimit else { return rows }
    var shown: [Row] = []
    for wanted in [Diagnostic.Severity.danger, .error, .warning, .note] {
      for row in rows where shown.count < rowLimit && severity(row) == wanted { shown.append(row) }
    }
    return shown
  }
}
