import ScopeEngine

/// A target that people may want, and whether it can hold the model.
struct TargetChoice: Equatable, Sendable {
  var target: ConversionTarget
  /// Why it cannot; nil where it can.
  var refusal: String?

  init(_ target: ConversionTarget, refusal: String? = nil) {
    self.target = target
    self.refusal = refusal
  }
}

/// Where the open checkpoint can be mapped and converted to, and why not elsewhere.
struct DialectTargets: Equatable, Sendable {
  var dialect: String
  var family: String
  /// For files that no dialect fits: the nearest one and what is missing.
  var note: String?
  var facts: [DialectIdentification.Fact] = []
  /// In the order of `ConversionTarget.allCases`.
  var choices: [TargetChoice]

  func refusal(of target: ConversionTarget) -> String? {
    choices.first { $0.target == target }?.refusal
  }

  func fact(_ name: String) -> DialectIdentification.Fact? {
    facts.first { $0.name == name }
  }

  /// The possible target that people most likely want: the other library.
  var suggested: ConversionTarget? {
    let order: [ConversionTarget] =
      dialect.hasPrefix("hf-")
      ? [.openClip, .openClipCustom, .timm, .openAI, .transformers]
      : [.transformers, .openClip, .timm, .openClipCustom, .openAI]
    return order.first { target in choices.contains { $0.target == target && $0.refusal == nil } }
  }
}

extension DialectTargets {
  /// - Throws: `RuleTableError` never in practice.
  init(_ session: Session, options: IdentityOptions) throws {
    let identity = session.identity(options: options)
    let identification = DialectIdentification(identity)
    let graph = try RuleTables.graph()
    let choices = ConversionTarget.allCases.map { target in
      do throws(Refusal) {
        let layout = try target.layout(for: identity)
        if let own = identity.layout, !graph.connects(own, to: layout) {
          return TargetChoice(
            target, refusal: "there is no way from \(identity.family) to \(layout)")
        }
        return TargetChoice(target)
      } catch {
        return TargetChoice(target, refusal: error.reason)
      }
    }
    self.init(
      dialect: identification.dialect, family: identification.family, note: identity.note,
      facts: identification.facts, choices: choices)
  }
}

extension ConversionTarget {
  /// How people call it.
  var title: String {
    switch self {
    case .openClip: "OpenCLIP"
    case .openClipCustom: "OpenCLIP custom text"
    case .openAI: "OpenAI"
    case .transformers: "Transformers"
    case .timm: "timm"
    case .eva: "EVA"
    case .pe: "PE"
    case .safetensors: "the same keys"
    }
  }
}
