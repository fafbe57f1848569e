package import Dialects
import Inference
package import Tensors

/// A conversion that was asked for.
package struct ConversionRequest: Sendable {
  /// Folder that is made; its files are named as the target's libraries expect.
  package var output: String
  package var options: ConversionOptions
  /// What the user knows that the file does not say.
  package var identity: IdentityOptions
  /// Whether a model that stands in `output` is replaced.
  package var isReplacing: Bool
  /// Whether the end waits until the disk has everything, so that a power cut loses nothing; several times slower than `cp`.
  package var isDurable: Bool
  /// Hashes of tensors and files in the receipt; each byte is read once more for them.
  package var wantsHashes: Bool
  /// Reads the output back, maps it home and compares every byte.
  package var isVerifying: Bool
  /// Runs source and output on the same input.
  package var comparesFeatures: FeatureComparison?

  package typealias FeatureComparison =
    @Sendable (_ source: Session, _ output: Session, _ context: JobContext) throws ->
    FeatureOutcome

  package init(
    output: String, options: ConversionOptions, identity: IdentityOptions = IdentityOptions(),
    isReplacing: Bool = false, isDurable: Bool = false, wantsHashes: Bool = false,
    isVerifying: Bool = false,
    comparesFeatures: FeatureComparison? = nil
  ) {
    self.output = output
    self.options = options
    self.identity = identity
    self.isReplacing = isReplacing
    self.isDurable = isDurable
    self.wantsHashes = wantsHashes
    self.isVerifying = isVerifying
    self.comparesFeatures = comparesFeatures
  }
}

/// What came of comparing the features of two models.
package enum FeatureOutcome: Sendable, Equatable {
  case compared(FeatureDifference)
  /// The reason, in words: a tower that cannot be run, nothing that both have.
  case skipped(String)
}

/// Largest difference and cosine between the features of two models; nil for a tower that one of them lacks.
package struct FeatureDifference: Sendable, Equatable {
  package struct Tower: Sendable, Equatable {
    package var largest: Double
    package var cosine: Double
    /// False for pooled vectors: one side or both have no projection to the joint space.
    package var isProjected: Bool

    package init(largest: Double, cosine: Double, isProjected: Bool = true) {
      self.largest = largest
      self.cosine = cosine
      self.isProjected = isProjected
    }

    /// The members of every document that tells of it.
    package var json: JSONValue {
      let output: TowerOutput = isProjected ? .features : .pooled
      return [
        "max_abs": .number(largest), "cosine": .number(cosine),
        "output": .string(output.rawValue),
      ]
    }
  }

  package var image: Tower?
  package var text: Tower?
  package var passed: Bool

  /// The towers that were compared, with their names for people, which say where no projection was compared.
  package var towers: [(name: String, tower: Tower)] {
    [("image", image), ("text", text)].compactMap { name, tower in
      tower.map { (name + ($0.isProjected ? "" : ": pooled, not projected"), $0) }
    }
  }

  package init(image: Tower?, text: Tower?, passed: Bool) {
    self.image = image
    self.text = text
    self.passed = passed
  }
}
