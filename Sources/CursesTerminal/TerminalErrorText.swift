import Cells

extension TerminalError: CustomStringConvertible {
  /// What is wrong, without a remedy.
  package var description: String {
    switch self {
    case .notATerminal(let output):
      return "standard \(output ? "output" : "input") is not a terminal"
    case .noTerminalName: return "TERM is not set, so the dashboard cannot be drawn"
    case .dumbTerminal(let name):
      return "terminal `\(SafeText.clean(name))` cannot move its cursor"
    case .unknownTerminal(let name):
      return "terminal `\(SafeText.clean(name))` is not in the terminal database"
    case .noDatabase(let name):
      return "no terminal database (terminfo) for `\(SafeText.clean(name))`"
    case .startFailed(let name):
      return "terminal `\(SafeText.clean(name))` could not be prepared"
    }
  }

  /// What to do about it.
  package var remedy: String {
    switch self {
    case .notATerminal:
      "only a terminal can show the dashboard; without a pipe or a redirection this line says whether it can"
    case .noTerminalName: "set TERM, for example TERM=xterm-256color"
    case .dumbTerminal: "the dashboard needs a terminal that can move its cursor"
    case .unknownTerminal, .noDatabase:
      "the package ncurses-term brings more terminals; TERM=xterm-256color fits most of them"
    case .startFailed: "another TERM may fit, for example TERM=xterm-256color"
    }
  }
}
