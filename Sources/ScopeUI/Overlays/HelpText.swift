import Cells

/// The help screen: the table of commands as lines.
enum HelpText {
  enum Line: Equatable {
    case heading(String)
    case command(keys: String, title: String, help: String)
    case blank
  }

  static func lines(_ state: State, symbols: Symbols = .utf8) -> [Line] {
    let page = Pages.page(state.page)
    let scopes = Set(page.scopes(state) + (state.page == .tree ? [.tree, .detail] : []))
    var lines: [Line] = []
    // What this page can do comes first.
    let general: [Command.Group] = [.moving, .everywhere]
    let groups = Command.Group.allCases.filter { !general.contains($0) } + general
    for group in groups {
      let commands = CommandTable.commands.filter {
        $0.group == group && scopes.contains($0.scope) && Pages.leadsSomewhere($0.id)
      }
      guard !commands.isEmpty else { continue }
      if !lines.isEmpty { lines.append(.blank) }
      lines.append(.heading(group.rawValue))
      for command in commands {
        let keys = command.keys.map { $0.label(symbols) }.joined(separator: " ")
        lines.append(.command(keys: keys, title: command.title, help: command.help))
      }
    }
    return lines
  }
}
