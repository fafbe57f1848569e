import ArgumentParser

/// The dashboard on the demo checkpoint, as a row of the table of commands; see `OpenCommand`.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Open the dashboard on the small checkpoint that comes with the program.",
    discussion: "Takes the options of open.")

  @OptionGroup var dashboard: OpenCommand
}
