import Cells
import Glibc
import ScopeEngine

/// What the executable itself says, outside of the dashboard and of the subcommands.
enum StandardStreams {
  /// One line on standard error; returns the exit status of trouble.
  static func trouble(_ message: String) -> Int32 {
    writeAll(
      Array(("clipscope: " + SafeText.clean(message, asciiOnly: false) + "\n").utf8), STDERR_FILENO)
    return 2
  }

  static func show(_ text: String) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    writeAll(Array((text.hasSuffix("\n") ? text : text + "\n").utf8), STDOUT_FILENO)
    return 0
  }

  @discardableResult
  private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { $0.writeAll(to: descriptor) }
  }
}
