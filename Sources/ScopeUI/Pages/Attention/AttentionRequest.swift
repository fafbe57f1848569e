/// What attention is captured of: one side of a pair, and the other side where relevance is wanted.
package struct AttentionRequest: Hashable, Sendable {
  package enum Side: String, Hashable, Sendable, CaseIterable { case picture, text }

  package var side: Side
  /// Path of the picture.
  package var picture: String?
  package var text: String?

  package init(side: Side, picture: String? = nil, text: String? = nil) {
    self.side = side
    self.picture = picture
    self.text = text
  }

  /// Whether what was captured for this also holds what `wanted` asks for.
  package func answers(_ wanted: AttentionRequest) -> Bool {
    guard side == wanted.side else { return false }
    switch side {
    case .picture:
      return picture == wanted.picture && (wanted.text == nil || text == wanted.text)
    case .text:
      return text == wanted.text && (wanted.picture == nil || picture == wanted.picture)
    }
  }
}

/// Why a capture did not come.
package struct AttentionProblem: Equatable, Sendable {
  package var request: AttentionRequest
  package var reason: String

  /// What can be done about it here.
  var advice: String {
    let lower = reason.lowercased()
    if lower.contains("tokenizer") {
      return "Put its tokenizer files beside the checkpoint, or run "
        + "`clipscope attention MODEL PICTURE --text TEXT --tokenizer PATH`."
    }
    if lower.contains("not built in") || lower.contains("no text tower") {
      return "The image tower can be looked at: w goes to it, m goes back to raw attention."
    }
    if lower.contains("no image tower") { return "The text tower can be looked at: w goes to it." }
    if lower.contains("activation") {
      return "The file does not say it. Put its config.json beside it, or run "
        + "`clipscope attention MODEL PICTURE --activation NAME`."
    }
    if lower.contains("head") {
      return "The file does not say it. Put its config.json beside it, or run "
        + "`clipscope attention MODEL PICTURE --heads N`."
    }
    if lower.contains("logit scale") { return "m goes back to raw attention, which needs none." }
    return "i takes another picture, t another text, r tries again."
  }
}
