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
      command is opened as ./NAME. The options of the dashboard are those of open.
      """,
    version: Program.version,
    subcommands: [
      OpenCommand.self, DemoCommand.self, InfoCommand.self, ListCommand.self,
      StatisticsCommand.self, ScanCommand.self, MapCommand.self, ConvertCommand.self,
      DiffCommand.self, EditCommand.self, VerifyCommand.self, EmbedCommand.self,
      ClassifyCommand.self, TokenizeCommand.self, PreprocessCommand.self, BenchCommand.self,
      AttentionCommand.self, EpochsCommand.self, RopeCommand.self, ThemesCommand.self,
      DoctorCommand.self, CompletionsCommand.self, ManualCommand.self,
    ])
}
