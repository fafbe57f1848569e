package import Tensors

/// What can go wrong between weights and features.
package enum InferenceError: Error, Equatable, Sendable {
  /// A tensor that the configuration needs is not among the weights.
  case missingTensor(name: String)
  case shapeMismatch(name: String, expected: [Int], found: [Int])
  case unsupportedElementType(name: String, type: ElementType)
  /// The source of the weights gave fewer bytes than the shape needs.
  case truncatedTensor(name: String, expected: Int, found: Int)
  case invalidConfiguration(field: String, reason: String)
  /// The caller's pixels or token ids do not fit the tower.
  case inputMismatch(what: String, expected: Int, found: Int)
  case tokenOutOfRange(id: Int, vocabularySize: Int)
  case unavailableOutput(output: String, reason: String)
  case unreadableTensor(name: String, reason: String)
  case cancelled

  /// Stable code for JSON output.
  package var code: String {
    switch self {
    case .missingTensor: "missing-tensor"
    case .shapeMismatch: "shape-mismatch"
    case .unsupportedElementType: "unsupported-element-type"
    case .truncatedTensor: "truncated-tensor"
    case .invalidConfiguration: "invalid-configuration"
    case .inputMismatch: "input-mismatch"
    case .tokenOutOfRange: "token-out-of-range"
    case .unavailableOutput: "unavailable-output"
    case .unreadableTensor: "unreadable-tensor"
    case .cancelled: "cancelled"
    }
  }
}

extension InferenceError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missingTensor(let name): "the model has no tensor `\(name)`"
    case .shapeMismatch(let name, let expected, let found):
      "tensor `\(name)` has shape \(found), expected \(expected)"
    case .unsupportedElementType(let name, let type):
      "tensor `\(name)` holds \(type.rawValue), which cannot be a weight"
    case .truncatedTensor(let name, let expected, let found):
      "tensor `\(name)` should take \(expected) bytes but only \(found) are there"
    case .invalidConfiguration(let field, let reason): "configuration: \(field) \(reason)"
    case .inputMismatch(let what, let expected, let found):
      "\(what): expected \(expected), found \(found)"
    case .tokenOutOfRange(let id, let size):
      "token id \(id) is outside the vocabulary of \(size)"
    case .unavailableOutput(let output, let reason): "output `\(output)`: \(reason)"
    case .unreadableTensor(let name, let reason): "tensor `\(name)`: \(reason)"
    case .cancelled: "cancelled"
    }
  }
}
