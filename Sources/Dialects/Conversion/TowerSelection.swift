/// Which target tensors a conversion keeps, and their last change of name.
struct TowerSelection {
  let towers: Set<Tower>
  let hasProjection: Bool
  let reason: String
  private let layout: String
  private let isBareTrunk: Bool

  init(identity: Identity, options: ConversionOptions, layout: String) throws(Refusal) {
    var towers = Set(identity.towers)
    if options.target == .timm { towers = [.vision] }
    if let tower = options.tower {
      guard towers.contains(tower) else {
        throw Refusal("the file has no \(tower.rawValue) tower")
      }
      towers = [tower]
    }
    if towers.isEmpty { throw Refusal("the file has no tower that is known") }
    self.towers = towers
    self.layout = layout
    isBareTrunk = options.target == .timm
    let stored =
      towers.contains(.vision) ? identity.vision?.hasProjection : identity.text?.hasProjection
    if options.withProjection == true, stored != true, towers.count == 1 {
      throw Refusal(
        "the file has no projection for the \(towers.contains(.vision) ? "vision" : "text") tower")
    }
    hasProjection = towers.count == 2 || (options.withProjection ?? stored ?? false)
    reason =
      towers.count == 2
      ? "not part of the target"
      : "only the \(towers.contains(.vision) ? "vision" : "text") tower was asked for"
  }

  func keeps(_ name: String) -> Bool {
    if name == "logit_scale" || name == "logit_bias" { return towers.count == 2 }
    if name == "visual_projection.weight" || name == "visual.proj" {
      return towers.contains(.vision) && hasProjection
    }
    if name == "text_projection.weight" || name == "text_projection"
      || name == "text.text_projection"
    {
      return towers.contains(.text) && hasProjection
    }
    if isBareTrunk { return name.hasPrefix("visual.trunk.") }
    let isVision = name.hasPrefix("visual.") || name.hasPrefix("vision_model.")
    return towers.contains(isVision ? .vision : .text)
  }

  func finalName(_ name: String) -> String {
    isBareTrunk ? String(name.dropFirst("visual.trunk.".count)) : name
  }
}
