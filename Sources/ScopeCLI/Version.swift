import ScopeEngine

/// The version of the program.
package enum Version {
  package static let text = Program.version
}
