import ArgumentParser
import ScopeEngine

/// The dashboard as a row of the table of commands, for help, completions and the man page.
///
/// It is not run from here: `DashboardArguments` reads these options without the library, and the executable opens
/// the dashboard. A test compares the two.
struct OpenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open",
    abstract: "Open the dashboard; the same as no command at all.")

  @Argument(
    help: "A checkpoint file or folder; a second one is put beside it.", completion: .file())
  var paths: [String] = []

  @OptionGroup var options: DashboardOptions
}

/// The options of the dashboard, without the paths.
struct DashboardOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Print the page as text and end.", valueName: "WxH"))
  var snapshot: String?

  @Option(
    name: .customLong("snapshot-png"),
    help: ArgumentHelp("Write the page as a picture and end.", valueName: "file.png"),
    completion: .file(extensions: ["png"]))
  var snapshotPNG: String?

  @Flag(help: "Replace the file of --snapshot-png.") var force = false

  @Option(
    help: ArgumentHelp(
      "Page to start with, 1 to 6 or by name: \(DashboardArguments.pages.joined(separator: ", ")).",
      valueName: "page"), completion: .list(DashboardArguments.pages))
  var page: String?

  @Option(
    help: ArgumentHelp("Theme by name.", valueName: "name"),
    completion: .custom(ThemesCommand.names(completing:_:_:)))
  var theme: String?

  @Flag(name: .customLong("no-mouse"), help: "Leave the mouse to the terminal.")
  var noMouse = false

  @Option(
    help: ArgumentHelp(
      "Pictures in pixels of the screen: auto asks the terminal, kitty does not ask.",
      valueName: "auto|off|kitty"),
    completion: .list(DashboardArguments.Graphics.allCases.map(\.rawValue)))
  var graphics: String?

  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false
}
