import Cells

/// The help screen: the table of commands as lines.
enum HelpText {
  enum Line: Equatable {
    case heading(String)
    case command(keys: String, title: String, help: String)
    /// What the row above had no room for.
    case more(help: String)
    case blank
  }

  /// Columns for the keys of a command.
  static let keyColumns = 15
  /// Where both have no room the sentence says more than the title.
  static func titleColumns(in columns: Int) -> Int { columns >= 96 ? 20 : 0 }
  /// Where the sentence begins.
  static func helpColumn(in columns: Int) -> Int { keyColumns + 2 + titleColumns(in: columns) }

  /// - Parameter columns: of the pane; sentences that are longer go on in rows of their own.
  static func lines(_ state: State, columns: Int, symbols: Symbols) -> [Line] {
    let width = max(columns - helpColumn(in: columns), TextLayout.fewestColumns)
    let page = Pages.page(state.page)
    var scopes = Set(page.scopes(state) + (state.page == .tree ? [.tree, .detail] : []))
    // Every page of a checkpoint but RoPE has lines to type.
    if page.needsCheckpoint { scopes.insert(.line) }
    var lines: [Line] = []
    // What this page can do comes first.
    let general: [Command.Group] = [.moving, .typing, .everywhere]
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
        let pieces = TextLayout.wrapped(command.help, columns: width)
        lines.append(.command(keys: keys, title: command.title, help: pieces[0]))
        lines += pieces.dropFirst().map { .more(help: $0) }
      }
    }
    return lines
  }
}
