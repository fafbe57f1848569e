/// Why something is not done, in one sentence for the user.
package struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
  package var reason: String
  package init(_ reason: String) { self.reason = reason }
  package var description: String { reason }
}
