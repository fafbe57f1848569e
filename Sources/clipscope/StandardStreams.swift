import Cells
import Glibc
import ScopeCLI
import ScopeEngine

/// What the executable itself says, outside of the dashboard and of the subcommands.
enum StandardStreams {
  /// One line on standard error; returns the exit status of trouble.
  static func trouble(_ message: String) -> Int32 {
    ("clipscope: " + SafeText.clean(message, asciiOnly: false) + "\n").writeAll(to: STDERR_FILENO)
    return 2
  }

  /// A text on standard output; returns the exit status.
  ///
  /// A reader that goes away is no error.
  static func show(_ text: String) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    let code = (text.hasSuffix("\n") ? text : text + "\n").writeAll(to: STDOUT_FILENO)
    return code == 0 || code == EPIPE ? 0 : trouble("\(FileError.output(code))")
  }
}
