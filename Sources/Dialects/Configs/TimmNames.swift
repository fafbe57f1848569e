/// Names of timm models by what they are built of.
///
/// A config of OpenCLIP can say which model of timm its image tower is and nothing about its sizes, so a name that timm does not have is
/// one that cannot be built. Those here are the names of timm 1.0.31.
enum TimmNames {
  /// A model of timm.
  struct Model: Equatable {
    var name: String
    /// Side in pixels of the pictures that the name stands for; nil for models that take any.
    var side: Int?

    /// Whether the model as it is takes pictures of this size.
    func fits(height: Int, width: Int) -> Bool {
      side.map { $0 == height && $0 == width } ?? true
    }
  }

  /// The model with this trunk, for pictures of `side` pixels where timm has one, else for those nearest to it.
  ///
  /// - Returns: nil where timm has no name for such a trunk.
  static func model(_ facts: VisionFacts, side: Int) -> Model? {
    if facts.trunk == .fastvit { return fastViT(facts).map { Model(name: $0) } }
    return stem(facts).flatMap { model(ofStem: $0, side: side) }
  }

  /// The model of that name, or the one that differs from it by the size of its pictures alone and takes those of `side` pixels.
  static func model(named name: String, side: Int) -> Model {
    // Behind a full stop stands which weights are meant.
    let bare = name.prefix { $0 != "." }
    guard let mark = bare.lastIndex(of: "_"), let own = Int(bare[bare.index(after: mark)...]) else {
      return Model(name: name)
    }
    let stem = String(bare[..<mark])
    if own != side, sides(ofStem: stem).contains(side) {
      return Model(name: "\(stem)_\(side)", side: side)
    }
    return Model(name: name, side: own)
  }

  /// Whether timm builds a model with the tanh form of GELU: the SigLIP trunks that were published first with SigLIP 2.
  static func hasTanhForm(_ name: String) -> Bool {
    guard name.contains("siglip") else { return false }
    let isLargeOf512 = name.hasPrefix("vit_large_patch16_") && name.contains("_512")
    return isLargeOf512
      || ["vit_giantopt_", "vit_base_patch32_", "vit_so400m_patch16_"].contains {
        name.hasPrefix($0)
      }
  }

  private static func model(ofStem stem: String, side: Int) -> Model? {
    sides(ofStem: stem).min { abs($0 - side) < abs($1 - side) }
      .map { Model(name: "\(stem)_\($0)", side: $0) }
  }

  /// The name but for the size of the pictures.
  private static func stem(_ facts: VisionFacts) -> String? {
    guard let width = facts.width, let layers = facts.layers, let patch = facts.patchHeight else {
      return nil
    }
    switch facts.trunk {
    case .siglip: return size(width, layers).map { "vit_\($0)_patch\(patch)_siglip" }
    case .vit, .clipViT:
      let quick = facts.activation == .quickGelu ? "_quickgelu" : ""
      return size(width, layers).map { "vit_\($0)_patch\(patch)_clip\(quick)" }
    case .eva02 where width == 768: return "eva02_base_patch16_clip"
    case .eva02 where width == 1024: return "eva02_large_patch14_clip"
    case .eva01 where width == 1408: return "eva_giant_patch14"
    case .evaPostNorm where width == 1792: return "eva02_enormous_patch14_clip"
    case .pe:
      let sizes = [192: "tiny", 384: "small", 768: "base", 1024: "large", 1536: "gigantic"]
      return sizes[width].map { "vit_pe_core_\($0)_patch\(patch)" }
    case .mciViT where width == 768: return "vit_base_mci"
    default: return nil
    }
  }

  /// Sides of the pictures of the models that share a stem; none where timm has no such model.
  static func sides(ofStem stem: String) -> [Int] {
    switch stem {
    case "vit_base_patch16_siglip": [224, 256, 384, 512]
    case "vit_base_patch32_siglip": [256]
    case "vit_large_patch16_siglip", "vit_so400m_patch16_siglip": [256, 384, 512]
    case "vit_so400m_patch14_siglip": [224, 378, 384]
    case "vit_giantopt_patch16_siglip": [256, 384]
    case "vit_medium_patch16_clip", "vit_medium_patch32_clip", "vit_giant_patch14_clip": [224]
    case "vit_base_patch16_clip": [224, 384]
    case "vit_base_patch32_clip": [224, 256, 384, 448]
    case "vit_base_patch16_clip_quickgelu", "vit_base_patch32_clip_quickgelu": [224]
    case "vit_large_patch14_clip", "vit_large_patch14_clip_quickgelu": [224, 336]
    case "vit_huge_patch14_clip": [224, 336, 378]
    case "vit_huge_patch14_clip_quickgelu": [224, 378]
    case "vit_gigantic_patch14_clip": [224, 378]
    case "vit_gigantic_patch14_clip_quickgelu": [224]
    case "vit_pe_core_tiny_patch16", "vit_pe_core_small_patch16": [384]
    case "vit_pe_core_base_patch16": [224]
    case "vit_pe_core_large_patch14": [336]
    case "vit_pe_core_gigantic_patch14": [448]
    case "eva02_base_patch16_clip", "eva02_enormous_patch14_clip", "vit_base_mci": [224]
    case "eva02_large_patch14_clip": [224, 336]
    case "eva_giant_patch14": [224, 336, 560]
    default: []
    }
  }

  /// The members of MobileCLIP: width of the stem and blocks of each stage.
  private static func fastViT(_ facts: VisionFacts) -> String? {
    switch (facts.width, facts.stageDepths) {
    case (64, [2, 6, 10, 2]): "fastvit_mci0"
    case (64, [4, 12, 20, 4]): "fastvit_mci1"
    case (80, [4, 12, 24, 4]): "fastvit_mci2"
    case (96, [2, 12, 24, 4, 2]): "fastvit_mci3"
    case (128, [2, 12, 24, 4, 4]): "fastvit_mci4"
    default: nil
    }
  }

  private static func size(_ width: Int, _ layers: Int) -> String? {
    switch (width, layers) {
    case (512, 12): "medium"
    case (768, 12): "base"
    case (1024, 24): "large"
    case (1152, 27): "so400m"
    case (1280, 32): "huge"
    case (1408, 40): "giant"
    case (1536, 40): "giantopt"
    case (1664, 48): "gigantic"
    default: nil
    }
  }
}
