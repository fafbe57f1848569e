import ArgumentParser
import ScopeEngine

struct CompletionsCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "completions",
    abstract: "Print the completion script of a shell.",
    discussion:
      "For example: clipscope completions fish > ~/.config/fish/completions/clipscope.fish")

  enum Shell: String, CaseIterable, ExpressibleByArgument {
    case bash, zsh, fish
  }

  @Argument(help: "The shell.") var shell: Shell
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    let kind: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    let script = Self.offeringFiles(in: CompletionRoot.completionScript(for: kind), of: shell)
    if shared.json {
      var document = Document()
      document.add("shell", .string(shell.rawValue))
      document.add("script", .string(script))
      print(document.value, on: console)
    } else {
      console.line(script)
    }
    return ExitStatus.success
  }

  /// The script of the library offers commands alone as the first word, where the path of a checkpoint may stand too.
  private static func offeringFiles(in script: String, of shell: Shell) -> String {
    switch shell {
    case .bash:
      return script.inserting(
        "        __clipscope_add_completions -f\n",
        behind: "        # Offer subcommand completions\n")
    case .zsh:
      return script.inserting(
        "        _files && ret=0\n",
        behind: "        _describe -V subcommand subcommands && ret=0\n")
    case .fish:
      return script
        + "\ncomplete -c 'clipscope' -n '__clipscope_should_offer_completions_for_positional \"clipscope\" -ge 1' -F"
    }
  }
}

extension String {
  /// With a line behind the first place of another one; as it is where there is none.
  fileprivate func inserting(_ line: String, behind other: String) -> String {
    guard let place = firstRange(of: other) else { return self }
    return self[..<place.upperBound] + line + self[place.upperBound...]
  }
}

/// The table of commands as completion scripts see it: where no command stands, the dashboard's options may.
struct CompletionRoot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: RootCommand.configuration.commandName, version: Program.version,
    subcommands: RootCommand.configuration.subcommands)

  @OptionGroup var dashboard: DashboardOptions
}
