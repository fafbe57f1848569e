/// How the keys of one layout become those of another: what a file of `Tables` holds.
package struct RuleTable: Sendable, Equatable {
  /// File that the table was read from, such as `oc-clip.hf-clip.rules`.
  package var file: String
  /// Layout ids, such as `oc-clip`.
  package var source: String
  package var target: String
  package var title: String
  /// `yes`, `no`, or `yes` with an exception in words.
  package var bijective: String
  /// True where the table is never run backwards.
  package var isOneWay: Bool
  /// Rank of `logit_scale` and `logit_bias` on the source side.
  package var sourceScalarRank: Int
  package var notes: [String]
  package var tags: [Tag]
  package var rules: [Rule]

  /// Where a table leads, as its header says.
  package struct Ends: Sendable, Equatable {
    package var source: String
    package var target: String
    package var isOneWay: Bool
  }

  /// A variant of the source that switches rules on.
  package struct Tag: Sendable, Equatable {
    package var name: String
    package var condition: Condition

    package enum Condition: Sendable, Equatable {
      /// One of the patterns matches a key.
      case anyKey([KeyPattern])
      /// The same, on the way forwards only: the target has the key in any case.
      case anySourceKey([KeyPattern])
      /// None of these tags is on.
      case unless([String])
    }
  }

  /// Which part of a model a rule belongs to: its targets are expected only when that part is there.
  package enum Section: String, Sendable, Equatable, CaseIterable {
    case vision, text
    /// Needs both towers: projections and the logit scale.
    case joint
  }

  package struct Rule: Sendable, Equatable {
    package var line: Int
    package var section: Section
    /// Empty where the target is created.
    package var sources: [KeyPattern]
    /// Empty where the source is discarded.
    package var targets: [KeyPattern]
    package var operations: [RuleOperation]
    package var isOptional: Bool
    package var tag: String?
    package var fill: Fill?
    /// Why, in words.
    package var reason: String
  }

  /// What a target holds when its source is absent; the argument names a size of the model.
  package enum Fill: Sendable, Equatable {
    case eye(String)
    case zeros(String)
  }
}

/// Where a rule stands: what mapping reports and receipts cite.
package struct RuleReference: Sendable, Hashable, CustomStringConvertible {
  package var file: String
  package var line: Int
  /// True where the rule was run backwards.
  package var isInverse: Bool
  package var transform: String
  package var reason: String

  package init(file: String, line: Int, isInverse: Bool, transform: String, reason: String) {
    self.file = file
    self.line = line
    self.isInverse = isInverse
    self.transform = transform
    self.reason = reason
  }

  package var description: String { "\(file):\(line)" }
}

/// A fault of a rule table; `description` names file and line.
package struct RuleTableError: Error, Equatable, CustomStringConvertible {
  package var file: String
  package var line: Int
  package var reason: String
  package var description: String { "\(file):\(line): \(reason)" }
}
