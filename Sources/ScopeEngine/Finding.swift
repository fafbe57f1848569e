/// Something in a checkpoint that a careful person would want to know before using it.
package struct Finding: Sendable, Equatable {
  package enum Severity: String, Sendable, Comparable {
    case note, warning, error, danger

    private var rank: Int {
      switch self {
      case .note: 0
      case .warning: 1
      case .error: 2
      case .danger: 3
      }
    }

    package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
  }

  package var severity: Severity
  /// A stable code: `pickle-global`, `nan`, `infinity`, `missing-shard`, ...
  package var kind: String
  /// Tensor, member, shard or offset.
  package var place: String
  package var message: String
  /// Full name of the class or function that a pickle refers to.
  package var global: String?
  /// Offset of its opcode in the pickle.
  package var opcodeOffset: Int?

  package init(
    severity: Severity, kind: String, place: String, message: String, global: String? = nil,
    opcodeOffset: Int? = nil
  ) {
    self.severity = severity
    self.kind = kind
    self.place = place
    self.message = message
    self.global = global
    self.opcodeOffset = opcodeOffset
  }
}
