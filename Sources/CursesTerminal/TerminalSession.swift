package import Cells
import Glibc
import Tensors

/// A full-screen session on the terminal: from the alternate screen to the terminal as it was.
///
/// The thread that starts it owns it. Signals and jobs only write a byte to a pipe; the owner's loop wakes up in `poll`,
/// sees what happened, and leaves in order. `stop` may be called any number of times.
package final class TerminalSession {
  package let facts: TerminalFacts
  package private(set) var painter: CursesPainter
  private let window: Curses.Window
  private let readEnd: Int32
  private let writeEnd: Int32
  private let usesMouse: Bool
  private var isActive = true
  private let insideTmux: Bool
  /// Nil where the terminal is not asked whether it shows pictures.
  private var query: GraphicsQuery?
  private var queryEnd = ContinuousClock.now
  private let forcesGraphics: Bool
  /// What an earlier question has still to get; nil where nothing is missing.
  private var lateReply: TerminalQuery.LateReply?
  /// Answers that come later than this are no longer expected.
  private let repliesEnd = ContinuousClock.now + .seconds(5)
  private lazy var decoder = makeDecoder()

  /// What `wake` writes into the pipe; signals write another one.
  private static let wakeByte: UInt8 = 0x77

  /// Thread-safe: wakes the loop, which then sees `.wake`.
  package var wake: @Sendable () -> Void {
    let descriptor = writeEnd
    return {
      var byte = Self.wakeByte
      _ = write(descriptor, &byte, 1)
    }
  }

  package var size: Size { painter.size }
  package var isUTF8: Bool { facts.isUTF8 }
  package var depth: ColorDepth { facts.depth }
  /// Size of a cell where the terminal shows pictures; nil while it has not said that it does.
  package var graphics: CellPixels? {
    guard forcesGraphics || query?.isSupported == true else { return nil }
    return Curses.cellPixels() ?? .usual
  }

  /// Takes the terminal over.
  ///
  /// - Parameter lateReply: what an earlier question may still get.
  /// - Throws: `TerminalError` before anything was written, when the terminal is missing, dumb or unknown.
  package init(
    facts: TerminalFacts = .current(), mouse: Bool = true, graphics: GraphicsChoice = .auto,
    lateReply: TerminalQuery.LateReply? = nil
  ) throws(TerminalError) {
    if let problem = facts.problem { throw problem }
    guard let entry = facts.directEntry ?? facts.entry else { throw .noTerminalName }
    guard Curses.saveSettings() else { throw .notATerminal(output: false) }
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw .startFailed(name: entry) }
    for end in ends {
      Curses.setNonBlocking(end)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    self.facts = facts
    self.lateReply = lateReply
    readEnd = ends[0]
    writeEnd = ends[1]
    usesMouse = mouse && facts.hasMouse
    insideTmux = Environment["TMUX"] != nil
    let canPlace = facts.isUTF8 && PictureBoard.numbers(facts.depth) != nil
    forcesGraphics = canPlace && graphics == .kitty
    let asks =
      canPlace && graphics == .auto && Self.understandsPrivateModes(facts)
      && Environment["STY"] == nil
    query =
      asks
      ? GraphicsQuery(insideTmux: insideTmux, followsUnanswered: lateReply != nil) : nil
    // Armed first: a fault inside curses, too, must leave a usable terminal; and curses then leaves our handlers alone.
    Curses.arm(wakeDescriptor: ends[1], reset: Self.resetSequence(facts))
    guard let started = Curses.start(terminal: entry, colors: facts.depth != .mono) else {
      Curses.disarm()
      throw .startFailed(name: entry)
    }
    window = started
    painter = CursesPainter(window: started, depth: facts.depth, insideTmux: insideTmux)
    atexit { Curses.restoreTerminal() }
    enterModes()
    // Asked before the first frame, whose clearing takes away what a terminal may print of a question it does not know.
    if let query {
      queryEnd = .now + .milliseconds(Self.queryMilliseconds)
      query.question.writeAll(to: STDOUT_FILENO)
    }
  }

  /// Gives the terminal back.
  package func stop() {
    guard isActive else { return }
    isActive = false
    painter.removePictures()
    finishQuery()
    leaveModes()
    Curses.end()
    Curses.restoreSettings()
    Curses.disarm()
  }

  package func present(_ page: CellBuffer, cursor: Point? = nil) {
    guard isActive else { return }
    painter.present(page, cursor: cursor)
  }

  /// Paints everything at the next `present`.
  package func redrawAll() { painter.invalidate() }

  // MARK: Events

  /// Waits for input, a wake-up or a signal; returns everything that is there, or nothing after the timeout.
  ///
  /// - Parameter timeoutMilliseconds: nil waits without end.
  package func events(timeoutMilliseconds: Int? = nil) -> [InputEvent] {
    guard isActive else { return [] }
    var descriptors = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0),
    ]
    // A signal or stop that arrived before this call left its byte in the pipe, so poll returns at once.
    let count = poll(&descriptors, 2, Int32(clamping: patience(timeoutMilliseconds) ?? -1))
    var events: [InputEvent] = []
    if count == 0, let end = decoder.heldUntil, ContinuousClock.now >= end {
      events.append(contentsOf: drainInput())
    }
    if count > 0 && descriptors[1].revents != 0 { events.append(contentsOf: drainPipe()) }
    // Told once: Ctrl-C may be answered with a question.
    let signal = Curses.takeSignal()
    if signal != 0 { return [.signal(signal)] }
    if Curses.takeStop() { events.append(contentsOf: stopAndContinue()) }
    if Curses.takeResize(), let event = adoptSize() { events.append(event) }
    let ready = descriptors[0].revents
    if count > 0 && ready & Int16(POLLIN) != 0 {
      events.append(contentsOf: drainInput())
    } else if count > 0 && ready & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 {
      return [.signal(SIGHUP)]
    }
    if count > 0 && ready & Int16(POLLIN) != 0 && events.isEmpty && isInputClosed() {
      return [.signal(SIGHUP)]
    }
    return events
  }

  /// As long as was asked for, but no longer than keys are held back for an answer.
  private func patience(_ timeoutMilliseconds: Int?) -> Int? {
    guard let end = decoder.heldUntil else { return timeoutMilliseconds }
    let left = max(Int(((end - ContinuousClock.now) / .milliseconds(1)).rounded(.up)), 0)
    return min(timeoutMilliseconds ?? left, left)
  }

  private func makeDecoder() -> InputDecoder {
    let window = window
    return InputDecoder(
      mouse: usesMouse, begun: lateReply?.begun,
      read: { wait in
        let first = Curses.read(window)
        guard case .none = first, wait > 0 else { return first }
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, wait) > 0 else { return .none }
        return Curses.read(window)
      }, reply: { [weak self] in self?.take($0) })
  }

  private func drainInput() -> [InputEvent] {
    if query?.isPending == true, ContinuousClock.now > queryEnd { query?.giveUp() }
    return decoder.drain(awaitsReplies: awaitsReplies)
  }

  private var awaitsReplies: Bool {
    let isAnswered = query?.isAnswered ?? (lateReply == nil)
    return !isAnswered && ContinuousClock.now < repliesEnd
  }

  private func take(_ reply: TerminalReply) {
    if reply == .attributes { lateReply = nil }
    query?.take(reply)
  }

  /// Before the terminal is the shell's: reads the rest of the answers, for a moment at most, so that the shell does not get them.
  private func finishQuery() {
    while query?.isPending == true {
      let left = (queryEnd - ContinuousClock.now) / .milliseconds(1)
      var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard left > 0, poll(&descriptor, 1, Int32(left.rounded(.up))) > 0 else {
        query?.giveUp()
        return
      }
      let pending = drainInput()
      if pending.isEmpty, isInputClosed() { query?.giveUp() }
    }
  }

  /// Answers that take longer are still believed, but no longer waited for.
  private static let queryMilliseconds = 300

  /// A terminal that went away is readable without end and has nothing to read.
  private func isInputClosed() -> Bool {
    var waiting: Int32 = 0
    var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    return poll(&descriptor, 1, 0) > 0 && ioctl(STDIN_FILENO, UInt(FIONREAD), &waiting) == 0
      && waiting == 0
  }

  private func drainPipe() -> [InputEvent] {
    var isWake = false
    var bytes = [UInt8](repeating: 0, count: 256)
    while true {
      let count = read(readEnd, &bytes, bytes.count)
      guard count > 0 else { return isWake ? [.wake] : [] }
      if bytes[..<count].contains(Self.wakeByte) { isWake = true }
    }
  }

  private func adoptSize() -> InputEvent? {
    guard let size = Curses.windowSize(),
      size.columns != Curses.columns || size.rows != Curses.rows
    else { return nil }
    Curses.resize(columns: size.columns, rows: size.rows, window: window)
    painter.invalidate()
    return .resize(Size(columns: size.columns, rows: size.rows))
  }

  /// Ctrl-Z: the terminal is the shell's until SIGCONT.
  private func stopAndContinue() -> [InputEvent] {
    painter.removePictures()
    finishQuery()
    leaveModes()
    Curses.end()
    Curses.restoreSettings()
    Curses.stopSelf()
    _ = Curses.takeResize()
    painter.invalidate()
    Curses.show(window, cursor: nil)
    enterModes()
    _ = adoptSize()
    return [.resize(painter.size)]
  }

  // MARK: Modes

  private func enterModes() {
    guard Self.understandsPrivateModes(facts) else { return }
    "\u{1b}[?2004h".writeAll(to: STDOUT_FILENO)
    if usesMouse { "\u{1b}[?1000h\u{1b}[?1002h\u{1b}[?1006h".writeAll(to: STDOUT_FILENO) }
  }

  private func leaveModes() {
    guard Self.understandsPrivateModes(facts) else { return }
    if usesMouse { "\u{1b}[?1006l\u{1b}[?1002l\u{1b}[?1000l".writeAll(to: STDOUT_FILENO) }
    "\u{1b}[?2004l".writeAll(to: STDOUT_FILENO)
  }

  /// Terminals of the xterm kind; the Linux console and real vt100s print or ignore such modes.
  private static func understandsPrivateModes(_ facts: TerminalFacts) -> Bool {
    facts.hasMouse && !(facts.name ?? "").hasPrefix("linux")
  }

  /// What the crash handler writes: modes off, colours off, cursor on, main screen.
  private static func resetSequence(_ facts: TerminalFacts) -> String {
    guard understandsPrivateModes(facts) else { return "\u{1b}[0m\u{1b}[?25h\r\n" }
    return "\u{1b}[?1006l\u{1b}[?1002l\u{1b}[?1000l\u{1b}[?2004l\u{1b}[0m"
      + "\u{1b}[?1l\u{1b}>\u{1b}[?1049l\u{1b}[?25h\r"
  }

  // MARK: Clipboard

  /// Copies text through the terminal (OSC 52); false when it is too long or the terminal cannot.
  @discardableResult
  package func copy(_ text: String) -> Bool {
    guard isActive, Self.understandsPrivateModes(facts),
      let sequence = Clipboard.sequence(for: text, insideTmux: insideTmux)
    else { return false }
    sequence.writeAll(to: STDOUT_FILENO)
    return true
  }
}
