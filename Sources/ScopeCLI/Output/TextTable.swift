import Cells

/// Rows of text in columns that line up by display width.
struct TextTable {
  enum Alignment {
    case left
    case right
  }

  private let alignments: [Alignment]
  private let heading: [String]
  private var rows: [[String]] = []

  /// - Parameter columns: heading and alignment of each column.
  init(_ columns: [(heading: String, alignment: Alignment)]) {
    heading = columns.map(\.heading)
    alignments = columns.map(\.alignment)
  }

  /// Cells must have been cleaned.
  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// Prints the heading and the rows; the last column is not padded.
  func print(to console: Console, style: TextStyle) {
    var widths = heading.map { SafeText.columns(of: $0) }
    for row in rows {
      for (column, cell) in row.enumerated() where column < widths.count {
        widths[column] = max(widths[column], SafeText.columns(of: cell))
      }
    }
    console.line(style.heading(line(heading, widths)))
    for row in rows where console.hasReader { console.line(line(row, widths)) }
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var text = ""
    for (column, cell) in cells.enumerated() where column < widths.count {
      let isLast = column == cells.count - 1
      let padding = String(
        repeating: " ", count: max(widths[column] - SafeText.columns(of: cell), 0))
      switch alignments[column] {
      case .left: text += isLast ? cell : cell + padding
      case .right: text += padding + cell
      }
      if !isLast { text += "  " }
    }
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
