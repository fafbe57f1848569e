package import Cells
import Glibc
package import ScopeEngine

/// Where a command writes: documents to standard output, everything else to standard error.
///
/// A reader that goes away (`| head -1`) is not an error: what is left is dropped in silence. Any other failure, such as
/// a full disk, is kept in `failure`.
package final class Console {
  private let output: Int32
  private let errors: Int32
  private var pending: [UInt8] = []
  private var readerLeft = false
  /// `errno` of what kept standard output from being written; 0 where nothing did, and where the reader went away.
  private var failure: Int32 = 0
  /// Whether text on standard output may carry colour.
  package let isColoured: Bool
  package let errorsAreTerminal: Bool
  package let outputIsTerminal: Bool
  /// Whether the locale can show more than ASCII; names are spelled out otherwise.
  package let isASCIIOnly: Bool

  package init(
    output: Int32 = STDOUT_FILENO, errors: Int32 = STDERR_FILENO, colour: ColourChoice = .auto
  ) {
    self.output = output
    self.errors = errors
    errorsAreTerminal = isatty(errors) == 1
    outputIsTerminal = isatty(output) == 1
    switch colour {
    case .always: isColoured = true
    case .never: isColoured = false
    case .auto:
      let term = Environment["TERM"]
      isColoured =
        isatty(output) == 1 && (Environment["NO_COLOR"] ?? "").isEmpty && term != nil
        && term != "dumb"
    }
    isASCIIOnly = isatty(output) == 1 && !Environment.localeIsUTF8
  }

  /// Writes text of our own followed by a line end; data in it has gone through `shown`.
  package func line(_ text: String = "") {
    pending.append(contentsOf: text.utf8)
    pending.append(UInt8(ascii: "\n"))
    if pending.count >= 1 << 16 { flush() }
  }

  /// Size of the terminal behind standard output, in cells; 80x24 where there is none or it does not say.
  package var size: Size {
    var window = winsize()
    guard outputIsTerminal, ioctl(output, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0,
      window.ws_row > 0
    else { return Size(columns: 80, rows: 24) }
    return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
  }

  /// How many colours drawings may use: what the environment promises, none where text is not coloured.
  package var depth: ColorDepth {
    guard isColoured else { return .mono }
    let promise = (Environment["COLORTERM"] ?? "").lowercased()
    if promise == "truecolor" || promise == "24bit" { return .trueColor }
    let term = Environment["TERM"] ?? ""
    if term.hasSuffix("-direct") { return .trueColor }
    return term.contains("256") ? .indexed256 : .indexed16
  }

  /// Prints a page of cells, with colours as far as they may be used.
  package func page(_ buffer: CellBuffer) {
    for text in buffer.ansi(depth: depth).split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast()
    {
      line(String(text))
    }
  }

  /// Names, paths and other data as a terminal may see them.
  package func shown(_ text: String) -> String { SafeText.clean(text, asciiOnly: isASCIIOnly) }

  /// A message on standard error, one line.
  package func message(_ text: String) {
    flush()
    Self.write(Array((SafeText.clean(text) + "\n").utf8), to: errors)
  }

  /// Replaces the line of progress on standard error; only on a terminal.
  package func progress(_ text: String) {
    guard errorsAreTerminal else { return }
    Self.write(Array("\r\(SafeText.clean(text))\u{1b}[K".utf8), to: errors)
  }

  package func endProgress() {
    guard errorsAreTerminal else { return }
    Self.write(Array("\r\u{1b}[K".utf8), to: errors)
  }

  /// Sends what is buffered; false once the reader has gone.
  @discardableResult
  package func flush() -> Bool {
    defer { pending.removeAll(keepingCapacity: true) }
    guard !readerLeft else { return false }
    let code = pending.writeAll(to: output)
    if code != 0 {
      readerLeft = true
      if code != EPIPE { failure = code }
    }
    return !readerLeft
  }

  /// Sends what is buffered and says where that failed.
  ///
  /// - Parameter status: the exit status if everything was written.
  /// - Returns: the exit status; trouble where a part of the output is lost.
  package func ending(with status: Int32) -> Int32 {
    flush()
    guard failure != 0 else { return status }
    message("clipscope: \(FileError.output(failure))")
    return ExitStatus.trouble
  }

  package var hasReader: Bool { !readerLeft }

  @discardableResult
  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.writeAll(to: descriptor) == 0
  }
}

extension FileError {
  /// Standard output that cannot be written.
  ///
  /// - Parameter code: `errno` of the call that failed.
  package static func output(_ code: Int32) -> FileError {
    FileError(path: "standard output", operation: "write", code: code)
  }
}

/// When to colour.
package enum ColourChoice: String, Sendable, CaseIterable {
  case auto
  case always
  case never
}

/// Variables of the environment.
package enum Environment {
  package static subscript(name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// What LC_ALL, LC_CTYPE or LANG say, in that order.
  package static var localeIsUTF8: Bool {
    for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
      guard let value = self[name], !value.isEmpty else { continue }
      let lower = value.lowercased()
      return lower.contains("utf-8") || lower.contains("utf8")
    }
    return false
  }
}
