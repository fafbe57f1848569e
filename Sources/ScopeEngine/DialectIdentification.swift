package import Checkpoints
package import Tensors

/// Which dialect a checkpoint is written in and what is known about the model: the seam to the room `Dialects`.
package struct DialectIdentification: Sendable, Equatable {
  package enum Certainty: String, Sendable {
    case confirmed
    case inferred
    case unknown
  }

  package struct Fact: Sendable, Equatable {
    package var name: String
    package var value: JSONValue
    package var certainty: Certainty
    package var reason: String
  }

  /// As in `info --json`: `openclip`, `hf-clip`, ..., `unknown`.
  package var dialect: String
  package var family: String
  package var facts: [Fact]
  package var warnings: [String]

  package init(of catalog: Catalog) {
    dialect = "unknown"
    family = "unknown"
    facts = []
    warnings = []
  }
}
