/// The tabs of the first line, with the columns that they take.
package enum FrameTabs {
  package struct Tab: Equatable, Sendable {
    package var title: String
    package var command: CommandID
    package var isActive: Bool
    package var columns: Range<Int>
  }

  package static let programName = " clipscope  "

  package static func tabs(_ state: State) -> [Tab] {
    var column = programName.count
    var tabs: [Tab] = []
    for page in Pages.all {
      guard let number = page.number else { continue }
      let title = "\(number) \(page.title)"
      tabs.append(
        Tab(
          title: title, command: page.command, isActive: page.id == state.page,
          columns: column..<column + title.count))
      column += title.count + 2
    }
    return tabs
  }
}
