import Checkpoints
package import Dialects
package import Tensors

/// Which dialect a checkpoint is written in and what is known about the model, ready to be shown.
package struct DialectIdentification: Sendable, Equatable {
  package struct Fact: Sendable, Equatable {
    package var name: String
    /// null where it is not known.
    package var value: JSONValue
    /// For reading by people.
    package var shown: String
    package var certainty: String
    package var reason: String
  }

  /// As in `info --json`: `openclip`, `hf-clip`, ..., `unknown`.
  package var dialect: String
  package var family: String
  package var facts: [Fact]
  package var warnings: [String]

  package init(_ identity: Identity) {
    dialect = identity.dialect.rawValue
    family = identity.family
    facts = identity.facts.map {
      Fact(
        name: $0.name, value: $0.value?.json ?? .null, shown: $0.value?.description ?? "unknown",
        certainty: $0.certainty.rawValue, reason: $0.reason)
    }
    warnings = identity.warnings
    if let note = identity.note { warnings.append(note) }
  }
}

extension Session {
  /// Dialect, towers and sizes from names, shapes and the config files beside the weights.
  package func identity(options: IdentityOptions = IdentityOptions()) -> Identity {
    Identity.identify(
      catalog: catalog, companionText: { companion in try? self.text(of: companion) },
      options: options)
  }
}

extension FactValue {
  /// As `info --json` writes it.
  package var json: JSONValue {
    switch self {
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .text(let value): .string(value)
    case .texts(let values): .array(values.map { .string($0) })
    case .integers(let values): .array(values.map { .integer($0) })
    }
  }
}
