package import Tensors

/// What reading a conversion back has shown.
package struct ConversionVerification: Sendable, Equatable {
  /// Tensors of the target whose bytes were compared with what the plan makes of the source now.
  package var comparedTargets = 0
  package var differingTargets: [String] = []
  /// Tensors of the source that came back byte for byte through the tables run backwards.
  package var comparedSources = 0
  package var differingSources: [String] = []
  /// Tensors that cannot come back unchanged, because they were cast, resized or folded on purpose.
  package var inexactSources: [String] = []
  /// Why the way back was not gone at all.
  package var backSkipped: String?
  package var features: FeatureDifference?
  /// Why features were asked for and not compared.
  package var featuresSkipped: String?

  package var passed: Bool {
    differingTargets.isEmpty && differingSources.isEmpty && features?.passed != false
      && (comparedTargets > 0 || comparedSources > 0)
  }

  package var failure: String? {
    if let name = differingTargets.first {
      let count = differingTargets.count
      return count == 1
        ? "`\(name)` as written differs from the source"
        : "\(count) written tensors differ from the source, the first is `\(name)`"
    }
    if let name = differingSources.first {
      let count = differingSources.count
      return count == 1
        ? "`\(name)` does not come back unchanged"
        : "\(count) tensors do not come back unchanged, the first is `\(name)`"
    }
    if features?.passed == false { return "the features of source and output differ" }
    return passed ? nil : "there was nothing to compare"
  }

  package var json: JSONValue {
    [
      "passed": .bool(passed),
      "written": [
        "compared": .integer(comparedTargets),
        "differing": .array(differingTargets.map { .string($0) }),
      ],
      "there_and_back": [
        "compared": .integer(comparedSources),
        "differing": .array(differingSources.map { .string($0) }),
        "inexact": .array(inexactSources.map { .string($0) }),
        "skipped": backSkipped.map { .string($0) } ?? .null,
      ],
      "image": features?.image?.json ?? .null, "text": features?.text?.json ?? .null,
      "features_skipped": featuresSkipped.map { .string($0) } ?? .null,
    ]
  }
}
