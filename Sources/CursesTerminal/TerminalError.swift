/// Why no full-screen session can start.
package enum TerminalError: Error, Equatable, Sendable {
  case notATerminal(output: Bool)
  case noTerminalName
  case dumbTerminal(name: String)
  case unknownTerminal(name: String)
  case noDatabase(name: String)
  case startFailed(name: String)
}
