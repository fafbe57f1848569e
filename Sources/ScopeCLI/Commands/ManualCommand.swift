import ArgumentParser
import ScopeEngine

/// Prints `docs/clipscope.1`; hidden, for whoever builds the package.
struct ManualCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Print the man page.", shouldDisplay: false)

  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    console.line(try ManualPage.text())
    return ExitStatus.success
  }
}
