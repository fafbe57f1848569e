package import Dialects

extension IdentityOptions {
  /// Names that the user may give an activation.
  package static var activationNames: [String] { Dialects.Activation.allCases.map(\.rawValue) }

  /// - Returns: false for a name that no activation has.
  package mutating func setActivation(named name: String) -> Bool {
    guard let known = Dialects.Activation(rawValue: name.lowercased()) else { return false }
    activation = known
    return true
  }
}
