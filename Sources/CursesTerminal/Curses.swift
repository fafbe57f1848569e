import CNcurses
import Cells
import Glibc

// Every call into curses, terminfo and the signal shims. The rest of the room speaks Swift.
//
// Only the thread that owns the terminal may come here.

enum Curses {
  typealias Window = UnsafeMutablePointer<WINDOW>

  enum Read {
    case none
    case character(Unicode.Scalar)
    case key(Int32)
  }

  // MARK: Locale and terminal database

  /// Sets the locale from the environment, or C.UTF-8 where that leaves the encoding open; says whether it is UTF-8 now.
  static func adoptLocale() -> Bool {
    setlocale(LC_ALL, "")
    let isInstalled = setlocale(LC_CTYPE, "") != nil
    if scope_is_utf8() != 0 { return true }
    let chosen = Environment["LC_ALL"] ?? Environment["LC_CTYPE"] ?? Environment["LANG"]
    guard leavesEncodingOpen(chosen, isInstalled: isInstalled) else { return false }
    setlocale(LC_CTYPE, "C.UTF-8")
    return scope_is_utf8() != 0
  }

  /// Whether a terminal whose locale did not turn out to be UTF-8 may be one of UTF-8 after all.
  ///
  /// A locale that this machine has tells the encoding, and so does a name with one (`de_DE.ISO-8859-1`); `LC_ALL=C` is a choice.
  ///
  /// - Parameters:
  ///   - name: the locale that the environment asks for; nil where it asks for none.
  ///   - isInstalled: whether this machine has it.
  static func leavesEncodingOpen(_ name: String?, isInstalled: Bool) -> Bool {
    guard let name else { return true }
    guard !isInstalled, name != "C", name != "POSIX" else { return false }
    let parts = name.prefix { $0 != "@" }.split(separator: ".", maxSplits: 1)
    guard parts.count == 2 else { return true }
    return ["utf8", "utf-8"].contains(parts[1].lowercased())
  }

  enum Probe: Equatable {
    case found(colors: Int, canMoveCursor: Bool, hasMouse: Bool)
    case unknown
    case noDatabase
  }

  static func probe(_ name: String) -> Probe {
    switch scope_probe(name, STDOUT_FILENO) {
    case 1, 2:
      let result = Probe.found(
        colors: Int(scope_number_colors()), canMoveCursor: scope_has_string("cup") != 0,
        hasMouse: scope_has_string("kmous") != 0)
      scope_forget_probe()
      return result
    case 0: return .unknown
    default: return .noDatabase
    }
  }

  static func windowSize() -> (columns: Int, rows: Int)? {
    var columns: Int32 = 0
    var rows: Int32 = 0
    guard scope_window_size(STDOUT_FILENO, &columns, &rows) == 0, columns > 0, rows > 0 else {
      return nil
    }
    return (Int(columns), Int(rows))
  }

  /// Nil where the terminal does not say its size in pixels.
  static func cellPixels() -> CellPixels? {
    var width: Int32 = 0
    var height: Int32 = 0
    guard scope_cell_pixels(STDOUT_FILENO, &width, &height) == 0, width > 0, height > 0 else {
      return nil
    }
    return CellPixels(width: Int(width), height: Int(height))
  }

  // MARK: Line settings

  static func saveSettings() -> Bool { scope_save_settings() == 0 }
  static func restoreSettings() { scope_restore_settings() }
  static func quietSettings() -> Bool { scope_quiet_settings() == 0 }

  // MARK: Session

  static func start(terminal: String, colors: Bool) -> Window? {
    guard scope_newterm(terminal) != nil else { return nil }
    guard let window = newwin(0, 0, 0, 0) else { return nil }
    cbreak()
    noecho()
    nonl()
    keypad(window, true)
    nodelay(window, true)
    intrflush(window, false)
    leaveok(window, false)
    set_escdelay(25)
    curs_set(0)
    // Mouse reports are decoded by `InputDecoder`: curses would lose drags and columns beyond 223.
    define_key(nil, 0o631)
    if colors && has_colors() {
      start_color()
      use_default_colors()
    }
    return window
  }

  static func end() { endwin() }
  static var columns: Int { Int(scope_columns()) }
  static var rows: Int { Int(scope_lines()) }
  static var colors: Int { Int(scope_colors()) }

  static func resize(columns: Int, rows: Int, window: Window) {
    resizeterm(Int32(rows), Int32(columns))
    wresize(window, Int32(rows), Int32(columns))
  }

  // MARK: Painting

  static func erase(_ window: Window) { werase(window) }
  static func repaintAll(_ window: Window) {
    clearok(window, true)
    touchwin(window)
  }

  static func pair(_ foreground: Int, _ background: Int) -> Int32 {
    if foreground < 0 && background < 0 { return 0 }
    return max(alloc_pair(Int32(foreground), Int32(background)), 0)
  }

  /// The columns that the C library gives a code point; curses believes it.
  static func libraryWidth(_ scalar: Unicode.Scalar) -> Int {
    Int(scope_width(wchar_t(scalar.value)))
  }

  static func put(
    _ window: Window, row: Int, column: Int, glyph: String, attributes: UInt32, pair: Int32
  ) {
    withUnsafeTemporaryAllocation(of: wchar_t.self, capacity: 6) { buffer in
      var count = 0
      for scalar in glyph.unicodeScalars where count < 5 {
        buffer[count] = wchar_t(scalar.value)
        count += 1
      }
      buffer[count] = 0
      if let base = buffer.baseAddress {
        _ = scope_put(window, Int32(row), Int32(column), base, attributes, pair)
      }
    }
  }

  static let bold = scope_bold
  static let dim = scope_dim
  static let underline = scope_underline
  static let reverse = scope_reverse
  static let italic = scope_italic

  static func show(_ window: Window, cursor: (column: Int, row: Int)?) {
    if let cursor {
      wmove(window, Int32(cursor.row), Int32(cursor.column))
      curs_set(1)
    } else {
      curs_set(0)
    }
    wrefresh(window)
  }

  // MARK: Input

  static func read(_ window: Window) -> Read {
    var code: UInt32 = 0
    let kind = scope_read(window, &code)
    if kind == ERR { return .none }
    if kind == KEY_CODE_YES { return .key(Int32(code)) }
    return Unicode.Scalar(code).map { .character($0) } ?? .character("\u{FFFD}")
  }

  static func keyName(_ code: Int32) -> String {
    keyname(code).map { String(cString: $0) } ?? ""
  }

  // MARK: Signals

  static func arm(wakeDescriptor: Int32, reset: String) {
    scope_arm(STDOUT_FILENO, wakeDescriptor, reset)
  }
  static func disarm() { scope_disarm() }
  static func restoreTerminal() { scope_restore_terminal_raw() }
  static func takeSignal() -> Int32 { scope_take_signal() }
  static func takeStop() -> Bool { scope_take_stop() != 0 }
  static func takeResize() -> Bool { scope_take_resize() != 0 }
  static func stopSelf() { scope_stop_self() }
  static func setNonBlocking(_ descriptor: Int32) { _ = scope_set_nonblocking(descriptor) }
}
