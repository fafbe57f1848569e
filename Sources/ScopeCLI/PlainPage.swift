import Glibc
import ScopeEngine

/// What the dashboard prints where there is no terminal: each checkpoint as a tree, without escapes.
package enum PlainPage {
  /// - Returns: the exit status: usage where no path was given, trouble where one does not open.
  package static func show(_ arguments: DashboardArguments) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    guard !arguments.paths.isEmpty else {
      return CommandLineProgram.usageError(
        "the dashboard needs a terminal; give a PATH to print, or a command (see clipscope --help)")
    }
    let console = Console(colour: .auto)
    var status = ExitStatus.success
    for path in arguments.paths {
      do {
        let engine = Engine()
        let session = try blocking(engine.opening(path))
        InfoCommand.printText(of: session, session.summary(), on: console)
        console.line()
        TreeListing(
          Listing(session: session, indices: Array(session.catalog.entries.indices))
        ).print(to: console)
        console.flush()
      } catch {
        console.message("clipscope: \(CommandLineProgram.sentence(of: error))")
        status = ExitStatus.trouble
      }
    }
    return console.ending(with: status)
  }
}
