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

extension Session {
  /// `identity(options:)` for work that needs what the user said to be kept.
  ///
  /// - Parameters:
  ///   - options: what the user knows and the files do not say.
  ///   - towers: those that the work is about.
  /// - Throws: `ModelError` where the tensors contradict the options.
  package func keptIdentity(
    options: IdentityOptions, towers: Set<Tower> = [.vision, .text]
  ) throws(ModelError) -> Identity {
    let identity = identity(options: options)
    if let reason = identity.conflict(of: towers) { throw ModelError(path: path, reason: reason) }
    return identity
  }
}

extension Session {
  /// Facts of `identity` for `info`, with the numbers of stored scalars in place of the word "stored".
  package func identification() -> DialectIdentification {
    var identification = DialectIdentification(identity())
    for index in identification.facts.indices {
      let fact = identification.facts[index]
      guard fact.value == "stored", let number = storedScalar(named: fact.name) else { continue }
      identification.facts[index].value = .number(number)
      identification.facts[index].shown = "\(Float(number))"
    }
    return identification
  }

  /// The value of the one-element tensor with this last name; Big Vision calls the two of them `t` and `b`.
  private func storedScalar(named name: String) -> Double? {
    let shortName = ["logit_scale": "t", "logit_bias": "b"][name]
    let candidates = indicesOfWeights.filter { index in
      let entry = catalog.entries[index]
      guard entry.elementCount == 1, entry.isReadable else { return false }
      let last = weightName(of: index).split { $0 == "." || $0 == "/" }.last.map(String.init)
      return last == name || (shortName != nil && last == shortName)
    }
    guard let index = candidates.first, candidates.count == 1,
      case .floating(let values)? = try? values(of: index, limit: 1).numbers
    else { return nil }
    return values.first
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
