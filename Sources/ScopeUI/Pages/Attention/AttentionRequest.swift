import ScopeEngine

/// What attention is captured of: one side of a pair, and the other side where relevance is wanted.
struct AttentionRequest: Hashable, Sendable {
  enum Side: String, Hashable, Sendable, CaseIterable { case picture, text }

  var side: Side
  /// Path of the picture.
  var picture: String?
  var text: String?
  var choice = ModelChoice()

  /// Whether what was captured for this also holds what `wanted` asks for.
  func answers(_ wanted: AttentionRequest) -> Bool {
    guard side == wanted.side, choice == wanted.choice else { return false }
    switch side {
    case .picture:
      return picture == wanted.picture && (wanted.text == nil || text == wanted.text)
    case .text:
      return text == wanted.text && (wanted.picture == nil || picture == wanted.picture)
    }
  }
}

/// Why a capture did not come.
struct AttentionProblem: Equatable, Sendable {
  var request: AttentionRequest
  var problem: ModelProblem

  /// What can be done about it here.
  var advice: String {
    switch problem.lack {
    case .tokenizer:
      "K types the path of its tokenizer; tokenizer files beside the checkpoint are found."
    case .textTower:
      "The image tower can be looked at: w goes to it, m goes back to raw attention."
    case .imageTower: "The text tower can be looked at: w goes to it."
    case .activation:
      "The file does not say it: A chooses one of "
        + IdentityOptions.activationNames.joined(separator: ", ")
        + "; a config.json beside it says it for good."
    case .heads:
      "The file does not say it: # types the number of heads of this tower, often its width "
        + "divided by 64; a config.json beside it says it for good."
    case .logitScale: "m goes back to raw attention, which needs none."
    case nil:
      request.side == .picture && request.text == nil
        ? "i takes another picture, r tries again."
        : "i takes another picture, t another text, r tries again."
    }
  }
}
