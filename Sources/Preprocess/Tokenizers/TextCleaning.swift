/// What is done to a text before it is cut into tokens; the names are OpenCLIP's.
package enum TextCleaning: String, Sendable, CaseIterable {
  /// Repair, undo HTML twice, collapse blanks, lower case.
  case lower
  /// As `lower` but the case stays.
  case whitespace
  /// As `lower`, and ASCII punctuation is deleted (the underscore becomes a space).
  case canonicalize
  case none

  package func callAsFunction(_ text: String) -> String { clean([Unicode.Scalar](text)).text }

  func clean(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    if self == .none { return text }
    var text = HTMLEntities.unescape(HTMLEntities.unescape(TextRepair.repair(text)))
    if self == .canonicalize {
      text = text.compactMap { $0 == "_" ? " " : $0.isASCIIPunctuation ? nil : $0 }.lowercased
    }
    text = text.whitespaceCollapsed
    return self == .lower ? text.lowercased : text
  }
}
