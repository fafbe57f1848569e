import Cells

/// The tabs of the first line, with the columns that they take.
enum FrameTabs {
  struct Tab: Equatable, Sendable {
    var title: String
    var command: CommandID
    var isActive: Bool
    var columns: Range<Int>
  }

  static let programName = " clipscope  "

  /// What stands before the tabs: the name of the program, or a blank where the tabs or the name of what is open need its room.
  static func lead(_ state: State) -> String {
    let name = state.opened == nil ? 0 : nameColumns
    return programName.count + fullColumns + name <= state.size.columns ? programName : " "
  }

  /// Room for the name of a file.
  private static let nameColumns = 20

  /// Columns of all tabs with their titles.
  private static let fullColumns = Pages.all.reduce(0) { sum, page in
    sum + (page.number.map { "\($0) \(page.title)  ".count } ?? 0)
  }

  static func tabs(_ state: State) -> [Tab] {
    let lead = lead(state)
    var column = lead.count
    var tabs: [Tab] = []
    // Where not even the titles fit, the page on show keeps its own.
    let isShort = lead.count + fullColumns > state.size.columns + 2
    for page in Pages.all {
      guard let number = page.number else { continue }
      let hasTitle = !isShort || page.id == state.page
      let title = hasTitle ? "\(number) \(page.title)" : "\(number)"
      tabs.append(
        Tab(
          title: title, command: page.command, isActive: page.id == state.page,
          columns: column..<column + title.count))
      column += title.count + 2
    }
    return tabs
  }
}
