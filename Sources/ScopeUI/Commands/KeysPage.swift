import Cells

/// The text of docs/keys.md, made from the table of commands.
enum KeysPage {
  static var markdown: String {
    var text = """
      # Keys

      Generated from the table of commands (`Sources/ScopeUI/Commands/CommandTable.swift`); a test fails when it is stale.
      Every command is also in the palette (`:`). The mouse works too: click rows, tabs and key hints, turn the wheel, drag the
      line between the panes.

      """
    for group in Command.Group.allCases {
      let commands = CommandTable.commands.filter {
        $0.group == group && Pages.leadsSomewhere($0.id)
      }
      text += "\n## \(group.rawValue)\n\n| keys | command | what it does |\n|---|---|---|\n"
      for command in commands {
        let keys = command.keys.map { "`\(escaped($0.label()))`" }.joined(separator: " ")
        text += "| \(keys) | \(command.title) | \(escaped(command.help)) |\n"
      }
    }
    return text
  }

  private static func escaped(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
