/// Which target tensors a conversion keeps, and their last change of name.
package struct TowerSelection {
  let towers: Set<Tower>
  let hasProjection: Bool
  private let isBareTrunk: Bool
  /// The tower that was asked for; nil: what the target holds.
  private let asked: Tower?

  /// - Throws: `Refusal` where the file or the target has no such tower, or the file no such projection.
  package init(identity: Identity, options: ConversionOptions) throws(Refusal) {
    isBareTrunk = options.target == .timm
    asked = options.tower
    var towers = Set(identity.towers)
    if let tower = options.tower {
      guard towers.contains(tower) else {
        throw Refusal("the file has no \(tower.rawValue) tower")
      }
      towers = [tower]
    }
    if isBareTrunk {
      guard options.tower != .text else {
        throw Refusal("timm holds image towers, so there is no text tower to write")
      }
      towers = [.vision]
    }
    if towers.isEmpty { throw Refusal("the file has no tower that is known") }
    self.towers = towers
    let stored =
      towers.contains(.vision) ? identity.vision?.hasProjection : identity.text?.hasProjection
    if options.withProjection == true, stored != true, towers.count == 1 {
      throw Refusal(
        "the file has no projection for the \(towers.contains(.vision) ? "vision" : "text") tower")
    }
    if options.withProjection == false, towers == [.text],
      identity.layout.map(Self.siglip.contains) == true
    {
      throw Refusal(
        "the text tower of SigLIP is not written without its projection, which is a part of it")
    }
    hasProjection = towers.count == 2 || (options.withProjection ?? stored ?? false)
  }

  /// What timm and the original EVA-CLIP call the projection of an image tower.
  private static let heads: Set<String> = [
    "visual.trunk.head.weight", "visual.trunk.head.bias", "visual.trunk.head.fc.weight",
    "visual.trunk.head.fc.bias", "visual.head.weight", "visual.head.bias",
  ]
  private static let siglip: Set<String> = [
    "hf-siglip", "hf-siglip2-naflex", "bv-siglip", "oc-siglip",
  ]
  private static let trunk = "visual.trunk."

  package func keeps(_ name: String) -> Bool {
    if name == "logit_scale" || name == "logit_bias" { return towers.count == 2 }
    if let tower = tower(ofProjection: name) { return towers.contains(tower) && hasProjection }
    if isBareTrunk { return name.hasPrefix(Self.trunk) }
    return towers.contains(Self.tower(of: name))
  }

  /// Why a name is not kept.
  package func reason(against name: String) -> String {
    if let tower = tower(ofProjection: name), towers.contains(tower) {
      return "the tower was asked for without its projection"
    }
    if let asked { return "only the \(asked.rawValue) tower was asked for" }
    return isBareTrunk ? "timm holds the image tower alone" : "not part of the target"
  }

  package func finalName(_ name: String) -> String {
    isBareTrunk ? String(name.dropFirst(Self.trunk.count)) : name
  }

  /// The tower that a projection to the joint space belongs to; nil for other names.
  private func tower(ofProjection name: String) -> Tower? {
    switch name {
    case "visual_projection.weight", "visual.proj": return .vision
    case "text_projection.weight", "text_projection", "text.text_projection": return .text
    default: return Self.heads.contains(name) ? .vision : nil
    }
  }

  private static func tower(of name: String) -> Tower {
    name.hasPrefix("visual.") || name.hasPrefix("vision_model.") ? .vision : .text
  }
}
