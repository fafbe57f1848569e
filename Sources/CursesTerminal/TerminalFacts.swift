package import Cells
import Glibc

/// What is known about the terminal before it is touched; for `doctor` and for the start of a session.
package struct TerminalFacts: Sendable {
  package var name: String?
  /// The terminfo entry that a session would use; nil when there is none.
  package var entry: String?
  package var colors: Int
  package var depth: ColorDepth
  /// Name of the direct-colour entry, when COLORTERM asks for it and the database has it.
  package var directEntry: String?
  package var isUTF8: Bool
  package var hasMouse: Bool
  package var size: Size?
  package var isInputTerminal: Bool
  package var isOutputTerminal: Bool
  /// A remark about a fallback.
  package var note: String?
  package var problem: TerminalError?

  /// Looks at the environment and the terminal database.
  ///
  /// Sets the locale; sends nothing.
  package static func current() -> TerminalFacts {
    let name = Environment["TERM"]
    var facts = TerminalFacts(
      name: name, entry: nil, colors: 0, depth: .mono, directEntry: nil,
      isUTF8: Curses.adoptLocale(), hasMouse: false,
      size: Curses.windowSize().map { Size(columns: $0.columns, rows: $0.rows) },
      isInputTerminal: isatty(STDIN_FILENO) == 1, isOutputTerminal: isatty(STDOUT_FILENO) == 1,
      note: nil, problem: nil)
    if !facts.isOutputTerminal || !facts.isInputTerminal {
      facts.problem = .notATerminal(output: !facts.isOutputTerminal)
    }
    guard let name else {
      facts.problem = facts.problem ?? .noTerminalName
      return facts
    }
    let probe = facts.adoptEntry(named: name)
    guard case .found(let colors, let canMove, let hasMouse) = probe else {
      facts.entry = nil
      facts.problem =
        facts.problem
        ?? (probe == .noDatabase ? .noDatabase(name: name) : .unknownTerminal(name: name))
      return facts
    }
    guard canMove, name != "dumb" else {
      facts.entry = nil
      facts.problem = facts.problem ?? .dumbTerminal(name: name)
      return facts
    }
    facts.colors = max(colors, 0)
    facts.hasMouse = hasMouse
    facts.adoptDepth(name)
    return facts
  }

  /// Known families, for whose entry another one may stand in: they all understand the common subset.
  private static let families = [
    "kitty", "alacritty", "foot", "ghostty", "wezterm", "xterm", "tmux", "screen",
  ]

  /// The entry of the terminal, or another one where this machine lacks it.
  private mutating func adoptEntry(named name: String) -> Curses.Probe {
    let own = Curses.probe(name)
    entry = name
    if case .found = own { return own }
    guard Self.families.contains(where: { name.contains($0) }) else { return own }
    var probe = own
    for stand in ["xterm-256color", "xterm", "screen"] {
      probe = Curses.probe(stand)
      if case .found = probe {
        entry = stand
        note = "terminal `\(name)` is not in this machine's database: using `\(stand)`"
        break
      }
    }
    return probe
  }

  /// As many colours as the entry has, or 24 bits where COLORTERM says so and the database has an entry for them.
  private mutating func adoptDepth(_ name: String) {
    guard Environment["NO_COLOR"] == nil, colors >= 8 else {
      depth = .mono
      return
    }
    guard colors < 1 << 24 else {
      depth = .trueColor
      directEntry = entry
      return
    }
    depth = colors >= 256 ? .indexed256 : .indexed16
    guard ["truecolor", "24bit"].contains(Environment["COLORTERM"] ?? "") else { return }
    let base = name.hasSuffix("-256color") ? String(name.dropLast(9)) : name
    for candidate in ["\(base)-direct", "xterm-direct"] {
      if case .found(let count, _, _) = Curses.probe(candidate), count >= 1 << 24 {
        directEntry = candidate
        depth = .trueColor
        return
      }
    }
  }
}
