import ArgumentParser
import ScopeEngine

/// The table of commands: help, completions and the man page all come from it.
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clipscope",
    abstract: "Open, inspect and convert checkpoints of CLIP-family models.",
    usage: """
      clipscope [PATH...]
      clipscope <command> [PATH...] [options]
      """,
    discussion: """
      With paths or nothing it opens the dashboard; with a command it prints and ends. A file that is called like a \
      command is opened as ./NAME.
      """,
    version: Version.text,
    subcommands: [
      InfoCommand.self, ListCommand.self, StatisticsCommand.self, ScanCommand.self,
      ThemesCommand.self, DoctorCommand.self, CompletionsCommand.self, ManualCommand.self,
    ])

  @OptionGroup var dashboard: DashboardOptions
}

/// Options of the dashboard, for the help; `DashboardArguments` reads them without the library.
struct DashboardOptions: ParsableArguments {
  @Argument(help: "Checkpoints to open in the dashboard.") var paths: [String] = []

  @Option(help: ArgumentHelp("Print the page as text and end.", valueName: "WxH"))
  var snapshot: String?

  @Option(
    name: .customLong("snapshot-png"),
    help: ArgumentHelp("Write the page as a picture and end.", valueName: "file"))
  var snapshotPNG: String?

  @Option(help: ArgumentHelp("Page to start with, 1 to 6.", valueName: "number"))
  var page: Int?

  @Option(help: ArgumentHelp("Theme by name.", valueName: "name"))
  var theme: String?

  @Flag(name: .customLong("no-mouse"), help: "Leave the mouse to the terminal.")
  var noMouse = false

  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false
}
