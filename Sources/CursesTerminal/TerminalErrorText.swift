import Cells

extension TerminalError: CustomStringConvertible {
  /// One line for stderr; it names the form that works without a terminal.
  package var description: String {
    let instead = "; use the command line instead, for example `clipscope info PATH`"
    switch self {
    case .notATerminal(let output):
      return "standard \(output ? "output" : "input") is not a terminal" + instead
    case .noTerminalName: return "TERM is not set, so the dashboard cannot be drawn" + instead
    case .dumbTerminal(let name):
      return "terminal `\(SafeText.clean(name))` cannot move its cursor" + instead
    case .unknownTerminal(let name):
      return "terminal `\(SafeText.clean(name))` is not in the terminal database" + instead
    case .noDatabase(let name):
      return "no terminal database (terminfo) for `\(SafeText.clean(name))`" + instead
    case .startFailed(let name):
      return "terminal `\(SafeText.clean(name))` could not be prepared" + instead
    }
  }
}
