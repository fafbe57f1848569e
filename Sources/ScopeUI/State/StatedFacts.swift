import ScopeEngine

/// What a checkpoint is sure of among the facts that a user may give where a file does not say them.
struct StatedFacts: Equatable, Sendable {
  /// Of both towers; nil where one of them does not say it.
  var activation: String?
  /// Attention heads of the image tower.
  var heads: Int?
  /// Attention heads of the text tower.
  var textHeads: Int?

  init(activation: String? = nil, heads: Int? = nil, textHeads: Int? = nil) {
    self.activation = activation
    self.heads = heads
    self.textHeads = textHeads
  }

  /// What is confirmed; an inferred value gives way to the user and is none of these.
  init(_ identity: Identity) {
    func isConfirmed(_ name: String) -> Bool { identity.certainty(of: name) == .confirmed }
    let activations = Set(
      identity.towers.map {
        isConfirmed("\($0.rawValue).activation") ? identity.activation(of: $0)?.rawValue : nil
      })
    // SigLIP of OpenCLIP runs with either form of GELU.
    if activations.count == 1, !identity.isSiglipOfOpenCLIP {
      activation = activations.first ?? nil
    }
    heads = isConfirmed("vision.heads") ? identity.vision?.heads : nil
    textHeads = isConfirmed("text.heads") ? identity.text?.heads : nil
  }

  /// Why the activation cannot be chosen; nil where it can.
  var refusalOfActivation: String? {
    activation.map { "the file says the activation: \($0)" }
  }

  /// Why the heads of a tower cannot be chosen; nil where they can.
  func refusalOfHeads(isText: Bool) -> String? {
    (isText ? textHeads : heads).map {
      "the file says the heads of the \(isText ? "text" : "image") tower: \($0)"
    }
  }
}
