import Glibc

/// Groups of positive values as dots on one logarithmic axis, one row a value, with marks across all of them.
package struct LogAxisPlot: Sendable, Equatable {
  package struct Group: Sendable, Equatable {
    package var label: String
    package var role: Role
    package var values: [Double]
    /// Drawn hollow and behind: what the values are compared with.
    package var comparison: [Double]

    package init(label: String, role: Role, values: [Double], comparison: [Double] = []) {
      self.label = label
      self.role = role
      self.values = values
      self.comparison = comparison
    }
  }

  /// A vertical line.
  package struct Mark: Sendable, Equatable {
    package var value: Double
    package var label: String

    package init(value: Double, label: String) {
      self.value = value
      self.label = label
    }
  }

  package var groups: [Group]
  package var marks: [Mark]

  package init(groups: [Group], marks: [Mark]) {
    self.groups = groups
    self.marks = marks
  }

  /// Fills the canvas: labels of the marks on top, the axis at the foot.
  package func draw(_ canvas: Canvas) {
    let all = groups.flatMap { $0.values + $0.comparison } + marks.map(\.value)
    let usable = all.filter { $0.isFinite && $0 > 0 }
    let labelColumns = (groups.map { canvas.columns(of: $0.label) }.max() ?? 0) + 1
    let area = Rect(
      column: labelColumns, row: 1, columns: canvas.columns - labelColumns - 1,
      rows: canvas.rows - 2)
    guard let least = usable.min(), let most = usable.max(), !groups.isEmpty, area.columns >= 8,
      area.rows >= groups.count
    else { return }
    let low = min(log10(least), log10(most) - 0.5) - 0.05
    let high = log10(most) + 0.05
    func column(_ value: Double) -> Int? {
      guard value.isFinite, value > 0 else { return nil }
      let share = (log10(value) - low) / (high - low)
      return area.column + Int((share * Double(area.columns - 1)).rounded())
    }
    var free = area.column
    for mark in marks.sorted(by: { $0.value < $1.value }) {
      guard let place = column(mark.value) else { continue }
      canvas.verticalRule(column: place, from: area.row, to: area.endRow)
      let width = canvas.columns(of: mark.label)
      let start = max(min(place - width / 2, canvas.columns - width), free)
      guard start + width <= canvas.columns else { continue }
      canvas.put(mark.label, at: Point(column: start, row: 0), role: .dim)
      free = start + width + 1
    }
    for (index, group) in groups.enumerated() {
      let top = area.row + index * area.rows / groups.count
      let rows = (index + 1) * area.rows / groups.count - index * area.rows / groups.count
      canvas.put(group.label, at: Point(column: 0, row: top), role: group.role)
      for (values, sign) in [
        (group.comparison, canvas.symbols.circle), (group.values, canvas.symbols.bullet),
      ] {
        for (place, value) in values.enumerated() {
          guard let column = column(value) else { continue }
          canvas.put(
            sign, at: Point(column: column, row: top + place * rows / values.count),
            role: group.role)
        }
      }
    }
    drawAxis(canvas, area, low: low, high: high)
  }

  private func drawAxis(_ canvas: Canvas, _ area: Rect, low: Double, high: Double) {
    let row = area.endRow
    var free = area.column
    for decade in Int(low.rounded(.up))...max(Int(high.rounded(.down)), Int(low.rounded(.up))) {
      let share = (Double(decade) - low) / (high - low)
      guard share >= 0, share <= 1 else { continue }
      let text = Self.power(decade)
      let width = canvas.columns(of: text)
      let place = area.column + Int((share * Double(area.columns - 1)).rounded())
      let start = max(place - width / 2, area.column)
      guard start >= free, start + width <= canvas.columns else { continue }
      canvas.put(text, at: Point(column: start, row: row), role: .dim)
      free = start + width + 1
    }
  }

  private static func power(_ decade: Int) -> String {
    switch decade {
    case 0: "1"
    case 1: "10"
    case 2: "100"
    case 3...5: ["1k", "10k", "100k"][decade - 3]
    case 6...8: ["1M", "10M", "100M"][decade - 6]
    default: "1e\(decade)"
    }
  }
}
