/// The selected row of a list and the first row that is shown.
struct ListCursor: Equatable, Sendable {
  var selected: Int = 0
  var top: Int = 0

  enum Step: Equatable, Sendable {
    case by(Int)
    case pages(Int)
    case halfPages(Int)
    case first
    case last

    /// What a command of the group "Moving" means in a list; nil for those across it and for all others.
    init?(_ command: CommandID) {
      switch command {
      case .up: self = .by(-1)
      case .down: self = .by(1)
      case .pageUp: self = .pages(-1)
      case .pageDown: self = .pages(1)
      case .halfPageUp: self = .halfPages(-1)
      case .halfPageDown: self = .halfPages(1)
      case .first: self = .first
      case .last: self = .last
      default: return nil
      }
    }
  }

  /// Moves the selection and keeps it in sight.
  mutating func move(_ step: Step, count: Int, height: Int) {
    let page = max(height - 1, 1)
    switch step {
    case .by(let rows): selected = Self.sum(selected, rows)
    case .pages(let pages): selected = Self.sum(selected, pages * page)
    case .halfPages(let halves): selected = Self.sum(selected, halves * max(height / 2, 1))
    case .first: selected = 0
    case .last: selected = count - 1
    }
    settle(count: count, height: height)
  }

  /// Moves the view, and the selection only as far as it must to stay in sight.
  mutating func scroll(_ rows: Int, count: Int, height: Int) {
    top = min(max(Self.sum(top, rows), 0), max(count - height, 0))
    selected = min(max(selected, top), max(top + height - 1, top))
    settle(count: count, height: height)
  }

  /// Brings both back into what there is.
  mutating func settle(count: Int, height: Int) {
    selected = min(max(selected, 0), max(count - 1, 0))
    let height = max(height, 1)
    top = min(max(top, selected - height + 1), selected)
    top = min(max(top, 0), max(count - height, 0))
  }

  private static func sum(_ a: Int, _ b: Int) -> Int {
    let (result, overflow) = a.addingReportingOverflow(b)
    return overflow ? (b < 0 ? 0 : .max) : result
  }
}
