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
    let script = RootCommand.completionScript(for: kind)
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
}
