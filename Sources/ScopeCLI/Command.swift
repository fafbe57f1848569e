import ArgumentParser
import ScopeEngine

/// One subcommand: parsed by the library, run with a console and an engine.
protocol Command: ParsableCommand {
  var shared: SharedOptions { get }
  /// Values of required options with a fixed list of them, by the name of the option: named where the option is left out.
  static var choices: [String: [String]] { get }
  /// - Returns: an exit status.
  func run(on console: Console, with engine: Engine) throws -> Int32
}

extension Command {
  static var choices: [String: [String]] { [:] }

  func run() throws {
    throw ExitCode(ExitStatus.usage)
  }

  /// Opens a checkpoint, off this thread.
  func open(_ path: String, with engine: Engine) throws -> Session {
    try blocking(engine.opening(path))
  }

  func print(_ document: JSONValue, on console: Console) {
    console.line(document.text())
  }
}
