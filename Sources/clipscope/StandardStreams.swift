import Cells
import Glibc

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
    guard descriptor >= 0 else { return trouble("\(path): cannot write: \(reason())") }
    let isWritten = writeAll(bytes, descriptor)
    guard close(descriptor) == 0, isWritten else {
      return trouble("\(path): cannot write: \(reason())")
    }
    return 0
  }

  private static func reason() -> String {
    strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
  }

  @discardableResult
  private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = Glibc.write(
          descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
        if count < 0 {
          if errno == EINTR { continue }
          return false
        }
        offset += count
      }
      return true
    }
  }
}
