import Cells
import Glibc
import Tensors

/// Asks the terminal for its background colour, so that a dark or light theme can be chosen.
package enum TerminalQuery {
  package struct Answer {
    /// True for dark, false for light, nil when neither the terminal nor COLORFGBG tells.
    package var isDark: Bool?
    /// Nil where nothing more will come.
    package var late: LateReply?

    package init(isDark: Bool? = nil, late: LateReply? = nil) {
      self.isDark = isDark
      self.late = late
    }
  }

  /// An answer that was not waited for; the session that comes then takes it out of its input.
  package struct LateReply {
    /// What has come of it.
    var begun: TerminalSequence?
  }

  /// Call it before a session starts.
  ///
  /// OSC 11 is followed by a request that every terminal answers (DA1), so silence about colours ends the wait at once.
  package static func background(
    facts: TerminalFacts, timeoutMilliseconds: Int = 150
  ) -> Answer {
    let name = facts.name ?? ""
    let answers =
      facts.problem == nil && facts.hasMouse && name != "dumb" && !name.hasPrefix("linux")
      && !name.hasPrefix("screen")
    let hint = environmentHint(Environment["COLORFGBG"])
    guard answers, let reply = ask(timeoutMilliseconds) else { return Answer(isDark: hint) }
    return Answer(isDark: parse(reply) ?? hint, late: late(after: reply))
  }

  private static func ask(_ timeout: Int) -> [UInt8]? {
    guard Curses.saveSettings(), Curses.quietSettings() else { return nil }
    defer { Curses.restoreSettings() }
    "\u{1b}]11;?\u{1b}\\\u{1b}[c".writeAll(to: STDOUT_FILENO)
    var reply: [UInt8] = []
    let clock = ContinuousClock()
    let end = clock.now + .milliseconds(timeout)
    while reply.count < 512 {
      let left = (end - clock.now) / .milliseconds(1)
      guard left > 0 else { break }
      var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard poll(&descriptor, 1, Int32(left.rounded(.up))) > 0 else { break }
      var byte: UInt8 = 0
      guard read(STDIN_FILENO, &byte, 1) == 1 else { break }
      reply.append(byte)
      if late(after: reply) == nil { break }
    }
    return reply
  }

  /// What has not come of the two answers, of which DA1 (`ESC [ ? ... c`) is the last.
  static func late(after reply: [UInt8]) -> LateReply? {
    var sequence: TerminalSequence?
    var unread = reply.map { Unicode.Scalar($0) }[...]
    while let scalar = unread.popFirst() {
      guard var begun = sequence else {
        if scalar == "\u{1b}" { sequence = TerminalSequence() }
        continue
      }
      switch begun.take(scalar) {
      case .unfinished: sequence = begun
      case .complete:
        if begun.final == "c", begun.isReply { return nil }
        sequence = nil
      case .abandoned(let scalars):
        unread = scalars + unread
        sequence = nil
      }
    }
    return LateReply(begun: sequence)
  }

  /// Reads `ESC ] 11 ; rgb:RRRR/GGGG/BBBB`, one to four digits a part.
  static func parse(_ reply: [UInt8]) -> Bool? {
    let text = String(decoding: reply, as: UTF8.self)
    guard let start = text.firstRange(of: "]11;rgb:") else { return nil }
    let rest = text[start.upperBound...].prefix { $0.isHexDigit || $0 == "/" }
    let parts = rest.split(separator: "/")
    guard parts.count == 3 else { return nil }
    var values: [UInt8] = []
    for part in parts {
      guard (1...4).contains(part.utf8.count), let value = Int(part, radix: 16) else { return nil }
      values.append(UInt8(value * 255 / ((1 << (4 * part.utf8.count)) - 1)))
    }
    return Color(values[0], values[1], values[2]).luminance < 0.18
  }

  /// `15;0` means light on black; the last number is the background.
  static func environmentHint(_ text: String?) -> Bool? {
    guard let last = text?.split(separator: ";").last, let value = Int(last),
      (0...15).contains(value)
    else { return nil }
    return value != 7 && value < 9
  }
}
