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

  /// Writes a file; an existing one is replaced, since the name was given on the command line for this.
  static func write(_ bytes: [UInt8], to path: String) -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      return trouble("\(FileError(path: path, operation: "write", code: errno))")
    }
    let code = writeAll(bytes, descriptor)
    let closing = close(descriptor) == 0 ? 0 : errno
    guard code == 0, closing == 0 else {
      return trouble(
        "\(FileError(path: path, operation: "write", code: code != 0 ? code : closing))")
    }
    return 0
  }

  @discardableResult
  private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { $0.writeAll(to: descriptor) }
  }
}
