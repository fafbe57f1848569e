import Glibc
import ScopeCLI

// The entry is synchronous: the dashboard owns the first thread and blocks in `poll`.
let arguments = Array(CommandLine.arguments.dropFirst())
if CommandLineProgram.handles(arguments) {
  exit(CommandLineProgram.run(arguments, terminalFacts: TerminalReport.facts))
}
do {
  // `demo` is the dashboard with a checkpoint that it brings itself.
  let opensDemo = arguments.first == "demo"
  let own = opensDemo ? Array(arguments.dropFirst()) : arguments
  exit(FrontEnd.dashboard(try DashboardArguments(parsing: own), opensDemo: opensDemo))
} catch {
  exit(CommandLineProgram.usageError(error.message))
}
