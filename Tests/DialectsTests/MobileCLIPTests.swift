import Checkpoints
import OrderedCollections
import Tensors
import Testing

@testable import Dialects

/// The members with a FastViT, in full size, from the keys of OpenCLIP's own models.
@Suite("MobileCLIP-S") struct MobileCLIPTests {
  static let trunks = [
    "MobileCLIP-S1", "MobileCLIP-S2", "MobileCLIP2-S0", "MobileCLIP2-S2", "MobileCLIP2-S3",
    "MobileCLIP2-S4",
  ]

  private typealias Keys = [(name: String, shape: Shape)]

  private func model(_ name: String) throws -> Zoo.Model {
    try #require(Zoo.shared.get().models.first { $0.name == name })
  }

  /// The same model under Apple's names.
  private func original(_ name: String) throws -> Keys {
    let identity = Identity.identify(catalog: try model(name).catalog)
    let mapping = try Mapping.make(identity, to: "mobileclip", graph: RuleTables.graph())
    #expect(mapping.coverage.unfilled == 0 && mapping.coverage.unknown == 0)
    return mapping.tensors.map { ($0.key, $0.value.shape) }
  }

  private func plan(
    _ shapes: Keys, to target: ConversionTarget = .openClip,
    tower: Tower? = nil
  ) throws -> ConversionPlan {
    let catalog = Catalog(shapes: shapes)
    return try ConversionPlanner(
      catalog: catalog, identity: .identify(catalog: catalog),
      options: .init(target: target, tower: tower)
    ).plan()
  }

  private func document(_ plan: ConversionPlan, _ name: String) throws -> JSONValue {
    try JSONValue(parsing: try #require(plan.texts.first { $0.name == name }).text)
  }

  @Test(arguments: trunks) func facts(name: String) throws {
    let config = try model(name).config
    let shapes = try original(name)
    let identity = Identity.identify(catalog: Catalog(shapes: shapes))
    #expect(identity.dialect == .mobileClip && identity.layout == "mobileclip")
    #expect(identity.family == "MobileCLIP-S")
    #expect(identity.embedDim == config["embed_dim"]?.integer)
    let vision = try #require(identity.vision)
    let text = try #require(identity.text)
    #expect(vision.trunk == .fastvit && vision.pooling == .mean && vision.hasProjection)
    #expect(vision.layers == vision.stageDepths.reduce(0, +))
    #expect(vision.activation == .gelu && text.activation == .gelu)
    #expect(!text.isCausal && !text.hasMixerBlocks && !vision.isReparametrised)
    #expect(text.width == config["text_cfg"]?["width"]?.integer)
    #expect(identity.certainty(of: "vision.image_size") == .inferred)
    #expect(identity.warnings == [])
    // OpenCLIP's own names tell the same.
    let other = Identity.identify(catalog: try model(name).catalog)
    #expect(other.vision == vision && other.layout == "oc-mci" && other.text == text)
  }

  @Test(arguments: trunks) func conversionFillsOpenCLIPsModel(name: String) throws {
    let model = try model(name)
    let plan = try plan(try original(name))
    let written = plan.files.flatMap(\.tensors)
    let wanted = Dictionary(uniqueKeysWithValues: model.catalog.entries.map { ($0.name, $0.shape) })
    #expect(written.count == wanted.count && plan.dropped == [])
    #expect(written.allSatisfy { wanted[$0.name] == $0.shape })
    let config = try document(plan, "open_clip_config.json")
    for key in ["timm_model_name", "timm_pool", "timm_proj", "image_size"] {
      #expect(
        config["model_cfg"]?["vision_cfg"]?[key] == model.config["vision_cfg"]?[key], "\(key)")
    }
    #expect(config["model_cfg"]?["text_cfg"]?["no_causal_mask"]?.bool == true)
    #expect(config["preprocess_cfg"]?["interpolation"]?.string == "bilinear")
    #expect(config["preprocess_cfg"]?["resize_mode"]?.string == "shortest")
    let isLarge = name.hasSuffix("S3") || name.hasSuffix("S4")
    #expect(
      config["preprocess_cfg"]?["mean"]?[0]?.number
        == (isLarge ? PreprocessingConfig.clipMean[0] : 0))
  }

  @Test func timmAndOpenCLIPsOwnFiles() throws {
    let shapes = try original("MobileCLIP-S1")
    let plan = try plan(shapes, to: .timm)
    let config = try document(plan, "config.json")
    #expect(config["architecture"]?.string == "fastvit_mci1")
    let names = Set(plan.files.flatMap { $0.tensors.map(\.name) })
    #expect(names.contains("head.fc.bias") && names.allSatisfy { !$0.hasPrefix("visual.") })
    // OpenCLIP's file without its config: the config is made again.
    let own: Keys = try model("MobileCLIP2-S4").catalog.entries.map { ($0.name, $0.shape) }
    let again = try document(try self.plan(own), "open_clip_config.json")
    #expect(
      again["model_cfg"]?["vision_cfg"]?["timm_model_name"]?.string == "fastvit_mci4")
    let refusal = #expect(throws: Refusal.self) { _ = try self.plan(shapes, to: .transformers) }
    #expect(refusal?.reason.contains("MobileCLIP-S") == true)
  }

  @Test func mergedBranchesAreRefused() throws {
    let apple: Keys = try original("MobileCLIP-S1").map {
      ($0.name.replacing("rbr_conv.0.conv", with: "reparam_conv"), $0.shape)
    }
    let timm: Keys = try model("MobileCLIP-S1").catalog.entries.map {
      ($0.name.replacing("conv_kxk.0.conv", with: "reparam_conv"), $0.shape)
    }
    for shapes in [apple, timm] {
      for target in [ConversionTarget.openClip, .timm] {
        let refusal = #expect(throws: Refusal.self) { _ = try plan(shapes, to: target) }
        #expect(refusal?.reason.contains("reparam_conv") == true)
      }
      // The text tower has no branches.
      #expect(try plan(shapes, tower: .text).tensorCount > 100)
      #expect(try plan(shapes, to: .safetensors).tensorCount == shapes.count)
    }
  }

  @Test func mixersInTheTextTowerAreRefused() throws {
    var shapes = try original("MobileCLIP2-S0")
    shapes.removeAll { $0.name.hasPrefix("text_encoder.transformer.0.") }
    shapes.append(
      ("text_encoder.transformer.0.token_mixer.mixer.rbr_conv.0.conv.weight", [512, 1, 1, 11]))
    let refusal = #expect(throws: Refusal.self) { _ = try plan(shapes) }
    #expect(refusal?.reason.contains("RepMixer") == true)
    let image = try plan(shapes, tower: .vision)
    let wanted = try model("MobileCLIP2-S0").catalog.entries.filter {
      $0.name.hasPrefix("visual.")
    }
    #expect(image.tensorCount == wanted.count)
  }

  @Test(arguments: [
    (
      "image_encoder.model.network.4.3.token_mixer.mixer.rbr_scale.bn.running_var",
      "visual.trunk.stages.2.blocks.3.token_mixer.mixer.conv_scale.bn.running_var"
    ),
    (
      "image_encoder.model.network.5.proj.0.se.reduce.weight",
      "visual.trunk.stages.3.downsample.proj.0.se.fc1.weight"
    ),
    ("image_encoder.model.head.proj", "visual.trunk.head.fc.weight"),
  ]) func aMissingTensorIsNamed(source: String, target: String) throws {
    var shapes = try original("MobileCLIP-S1")
    let count = shapes.count
    shapes.removeAll { $0.name == source }
    #expect(shapes.count == count - 1)
    let refusal = #expect(throws: Refusal.self) { _ = try plan(shapes) }
    #expect(refusal?.reason.contains(target) == true)
    #expect(refusal?.reason.contains(source) == true)
  }
}
