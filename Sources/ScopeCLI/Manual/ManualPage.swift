import ArgumentParser
import Glibc
import ScopeEngine

/// The man page, made from the table of commands that the parser itself reports.
package enum ManualPage {
  /// - Throws: when the description that the argument library gives of itself cannot be read.
  package static func text() throws -> String {
    let description = try JSONValue(parsing: RootCommand._dumpHelp())
    let root = description["command"] ?? .null
    var page = Page()
    page.line(#".TH CLIPSCOPE 1 "" "clipscope \#(Program.version)" "User Commands""#)
    page.section("NAME")
    page.paragraph("clipscope - open, inspect and convert checkpoints of CLIP-family models")
    page.section("SYNOPSIS")
    page.line(".B clipscope")
    page.line("[\\fIPATH\\fR...] [\\fIoptions\\fR]")
    page.line(".br")
    page.line(".B clipscope")
    page.line("\\fIcommand\\fR [\\fIPATH\\fR...] [\\fIoptions\\fR]")
    page.section("DESCRIPTION")
    page.paragraph(root["discussion"]?.string ?? "")
    page.paragraph(
      "Files are opened by reading headers only; nothing that a file contains is ever run.")
    page.paragraph("Every command explains its options with --help; --version prints the version.")
    page.section("COMMANDS")
    for command in root["subcommands"]?.array ?? [] where command["shouldDisplay"]?.bool != false {
      page.command(command)
    }
    page.section("EXIT STATUS")
    for row in exitRows { page.item("\\fB\(row.status)\\fR", row.meaning) }
    page.section("ENVIRONMENT")
    for (name, meaning) in environmentRows { page.item("\\fB\(name)\\fR", meaning) }
    return page.lines.joined(separator: "\n")
  }

  /// The table of exit statuses, also in `docs/exit-codes.md`.
  package static let exitRows: [(status: String, meaning: String)] = [
    ("\(ExitStatus.success)", "Done; nothing found, nothing different."),
    ("\(ExitStatus.findings)", "Findings of scan, differences of diff and verify."),
    ("\(ExitStatus.trouble)", "A file cannot be read or written, or a request cannot be served."),
    ("\(ExitStatus.usage)", "The command line is wrong."),
    (
      [SIGINT, SIGTERM, SIGHUP].map { "\(ExitStatus.interrupted(by: $0))" }.joined(separator: ", "),
      "Stopped by Ctrl-C, by `kill` or by a closed terminal: 128 and the number of the signal."
    ),
  ]

  private static let environmentRows: [(String, String)] = [
    ("NO_COLOR", "Where set and not empty, nothing is coloured."),
    ("CLIPSCOPE_THREADS", "Number of threads of the engine."),
    ("CLIPSCOPE_SHARE", "Folder that holds themes and demo, where not beside the program."),
    ("XDG_STATE_HOME", "Where recent files and the state of the dashboard are kept."),
    ("XDG_CONFIG_HOME", "Where themes of your own are looked for, in clipscope/themes."),
  ]

  /// Lines of roff.
  private struct Page {
    var lines: [String] = []

    mutating func line(_ text: String) { lines.append(text) }
    mutating func section(_ title: String) { lines.append(".SH \(title)") }

    mutating func paragraph(_ text: String) {
      guard !text.isEmpty else { return }
      lines.append(".PP")
      lines.append(ManualPage.escaped(text))
    }

    mutating func item(_ term: String, _ meaning: String) {
      lines.append(".TP")
      lines.append(term)
      lines.append(ManualPage.escaped(meaning))
    }

    mutating func command(_ command: JSONValue) {
      let name = command["commandName"]?.string ?? ""
      guard name != "help" else { return }
      lines.append(".SS \(ManualPage.escaped(name))")
      lines.append(ManualPage.escaped(command["abstract"]?.string ?? ""))
      if let discussion = command["discussion"]?.string { paragraph(discussion) }
      arguments(of: command)
    }

    mutating func arguments(of command: JSONValue) {
      for argument in command["arguments"]?.array ?? []
      where argument["shouldDisplay"]?.bool != false {
        let names = (argument["names"]?.array ?? []).compactMap { name -> String? in
          guard let text = name["name"]?.string else { return nil }
          return (name["kind"]?.string == "long" ? "--" : "-") + text
        }
        if names == ["--version"] || names.contains("--help") { continue }
        let value = argument["valueName"]?.string ?? "value"
        let term: String
        switch argument["kind"]?.string {
        case "positional":
          term = "\\fI\(ManualPage.escaped(value.uppercased()))\\fR"
        case "option":
          term =
            "\\fB\(ManualPage.escaped(names.joined(separator: ", ")))\\fR "
            + "\\fI\(ManualPage.escaped(value))\\fR"
        default:
          term = "\\fB\(ManualPage.escaped(names.joined(separator: ", ")))\\fR"
        }
        var meaning = argument["abstract"]?.string ?? ""
        let choices = (argument["allValues"]?.array ?? []).compactMap(\.string)
        if !choices.isEmpty { meaning += " One of \(choices.joined(separator: ", "))." }
        if let standard = argument["defaultValue"]?.string { meaning += " Default: \(standard)." }
        item(term, meaning)
      }
    }
  }

  /// Text that roff does not act on.
  private static func escaped(_ text: String) -> String {
    var result = ""
    var isAtStart = true
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "." where isAtStart, "'" where isAtStart: result += "\\&\(character)"
      default: result.append(character)
      }
      isAtStart = character == "\n"
    }
    return result
  }
}
