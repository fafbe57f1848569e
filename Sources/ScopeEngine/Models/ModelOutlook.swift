package import Dialects

/// What of a checkpoint can be run, as far as names and shapes tell before anything is loaded.
package struct ModelOutlook: Equatable, Sendable {
  /// Why nothing of it can be run; nil where it has towers.
  ///
  /// A sentence without the path.
  package var refusal: String?
  /// Towers that it has, also those whose forward pass is not built in.
  package var towers: Set<Tower>
  /// Whether the image tower takes clips of frames in place of single pictures.
  package var takesClips: Bool

  /// - Parameters:
  ///   - refusal: why nothing can be run; nil where something may.
  ///   - towers: those that there are.
  ///   - takesClips: whether the image tower is one for video.
  package init(
    refusal: String? = nil, towers: Set<Tower> = [.vision, .text], takesClips: Bool = false
  ) {
    self.refusal = refusal
    self.towers = towers
    self.takesClips = takesClips
  }

  /// - Parameter identity: of the checkpoint.
  package init(_ identity: Identity) {
    guard identity.layout != nil else {
      let reason = identity.note.map { ": \($0)" } ?? ""
      self.init(refusal: "\(identity.subject) cannot be run\(reason)", towers: [])
      return
    }
    let towers = Set(identity.towers)
    self.init(
      refusal: towers.isEmpty ? "\(identity.subject) cannot be run: it has no tower" : nil,
      towers: towers, takesClips: identity.vision?.trunk == .vjepa2)
  }

  /// Why a tower cannot be run; nil where it may.
  ///
  /// - Parameter tower: the one that is wanted.
  package func obstacle(to tower: Tower) -> String? {
    refusal ?? (towers.contains(tower) ? nil : tower.absence)
  }
}

extension Tower {
  /// That a model lacks it, as a sentence.
  package var absence: String {
    self == .vision ? "the model has no image tower" : "the model has no text tower"
  }
}
