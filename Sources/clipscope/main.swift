import Glibc
import ScopeCLI

// The entry is synchronous: the dashboard owns the first thread and blocks in `poll`.
let arguments = Array(CommandLine.arguments.dropFirst())
if CommandLineProgram.handles(arguments) {
  exit(CommandLineProgram.run(arguments))
}
do {
  exit(FrontEnd.dashboard(try DashboardArguments(parsing: arguments)))
} catch {
  exit(CommandLineProgram.usageError(error.message))
}
