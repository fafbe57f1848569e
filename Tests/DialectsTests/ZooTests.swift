import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Dialects

/// Keys and shapes of the bundled OpenCLIP configs, made by `Tests/Oracle/zoo.py`.
struct Zoo: Sendable {
  struct Model: Sendable {
    var name: String
    var config: JSONValue
    var catalog: Catalog
    var count: Int
  }

  var models: [Model] = []

  /// Read once; all suites share it.
  static let shared = Result { try Zoo() }

  init() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("dialects/zoo.json")))
    let document = try JSONValue(parsing: String(decoding: data, as: UTF8.self))
    let rows = try #require(document["rows"]?.array)
    let sets = try #require(document["sets"]?.array)
    for member in try #require(document["configs"]?.object).members {
      let number = try #require(member.value["keys"]?.integer)
      let set = try #require(sets[number].array)
      var shapes: [(name: String, shape: Shape)] = []
      for place in set {
        let number = try #require(place.integer)
        let row = rows[number]
        let pattern = try #require(row[0]?.string)
        let shape = Shape(try #require(row[2]?.array).compactMap(\.integer))
        let indexes: [Int] =
          row[1]?.integer.map { Array(0..<$0) } ?? row[1]?.array?.compactMap(\.integer) ?? []
        let names =
          pattern.contains("#")
          ? indexes.map { pattern.replacingOccurrences(of: "#", with: String($0)) } : [pattern]
        shapes += names.map { (name: $0, shape: shape) }
      }
      models.append(
        Model(
          name: member.key, config: try #require(member.value["config"]),
          catalog: Catalog(shapes: shapes),
          count: try #require(member.value["count"]?.integer)))
    }
  }
}

@Suite("Model zoo") struct ZooTests {
  @Test func everyBundledConfigIsRecognised() throws {
    let zoo = try Zoo.shared.get()
    #expect(zoo.models.count == 144)
    for model in zoo.models {
      #expect(model.catalog.entries.count == model.count, "\(model.name)")
      let identity = Identity.identify(catalog: model.catalog)
      let vision = try #require(identity.vision, "\(model.name)")
      let config = model.config
      #expect(identity.dialect == expectedDialect(model), "\(model.name)")
      #expect(identity.towers == [.vision, .text], "\(model.name)")
      #expect(identity.embedDim == config["embed_dim"]?.integer, "\(model.name)")
      if config["text_cfg"]?["hf_model_name"] != nil {
        // A model of the Transformers library stands in the place of the text tower.
        #expect(identity.text == nil, "\(model.name)")
        #expect(identity.hasForeignText, "\(model.name)")
      } else {
        let text = try #require(identity.text, "\(model.name)")
        checkText(text, config["text_cfg"], model.name)
      }
      checkVision(vision, config["vision_cfg"], model.name)
      // The same with the config beside it: nothing disagrees, heads and activation are confirmed.
      var catalog = model.catalog
      catalog.companions = [
        Companion(name: "open_clip_config.json", path: "open_clip_config.json", byteCount: 1)
      ]
      let document: JSONValue = ["model_cfg": config]
      let known = Identity.identify(catalog: catalog) { _ in document.text() }
      // This config itself states 256 for a tower of 384.
      if model.name == "ViTamin-XL-384" || model.name == "EVA01-g-14-plus" { continue }
      #expect(known.warnings == [], "\(model.name)")
      #expect(known.facts.first { $0.name == "activation" }?.certainty != .unknown, "\(model.name)")
    }
  }

  /// Trunks of SigLIP that timm 1.0 builds with the tanh form; all others have the exact one.
  static let tanhTrunks: Set<String> = [
    "vit_base_patch32_siglip_256", "vit_large_patch16_siglip_512", "vit_so400m_patch16_siglip_256",
    "vit_so400m_patch16_siglip_384", "vit_so400m_patch16_siglip_512",
    "vit_giantopt_patch16_siglip_256", "vit_giantopt_patch16_siglip_384",
  ]

  @Test("The activation of a SigLIP trunk is timm's, by its name and by its sizes alone")
  func activationOfSiglipTrunks() throws {
    var seen: Set<String> = []
    for model in try Zoo.shared.get().models {
      guard let trunk = model.config["vision_cfg"]?["timm_model_name"]?.string,
        trunk.contains("siglip")
      else { continue }
      let expected: Activation = Self.tanhTrunks.contains(trunk) ? .geluTanh : .gelu
      if expected == .geluTanh { seen.insert(trunk) }
      // The tower of a foreign text model makes no difference to the image tower's activation.
      let bare = Identity.identify(catalog: model.catalog)
      #expect(bare.vision?.activation == expected, "\(model.name) by its sizes")
      #expect(bare.certainty(of: "vision.activation") == .inferred, "\(model.name)")
      var catalog = model.catalog
      catalog.companions = [
        Companion(name: "open_clip_config.json", path: "open_clip_config.json", byteCount: 1)
      ]
      let document: JSONValue = ["model_cfg": model.config]
      let known = Identity.identify(catalog: catalog) { _ in document.text() }
      #expect(known.vision?.activation == expected, "\(model.name) by its config")
      #expect(known.certainty(of: "vision.activation") == .confirmed, "\(model.name)")
    }
    #expect(seen == Self.tanhTrunks)
  }

  private func expectedDialect(_ model: Zoo.Model) -> Dialect {
    let config = model.config
    if config["vision_cfg"]?["timm_model_name"] != nil { return .openClipTimm }
    if config["multimodal_cfg"] != nil || config["custom_text"]?.bool == true
      || config["text_cfg"]?["hf_model_name"] != nil
    {
      return .openClipCustom
    }
    return .openClip
  }

  private func checkText(_ facts: TextFacts, _ config: JSONValue?, _ name: String) {
    #expect(facts.width == config?["width"]?.integer ?? 512, "\(name)")
    #expect(facts.heads == config?["heads"]?.integer ?? 8, "\(name)")
    #expect(facts.layers == config?["layers"]?.integer ?? 12, "\(name)")
    #expect(facts.contextLength == config?["context_length"]?.integer ?? 77, "\(name)")
    #expect(facts.vocabularySize == config?["vocab_size"]?.integer ?? 49408, "\(name)")
  }

  private func checkVision(_ facts: VisionFacts, _ config: JSONValue?, _ name: String) {
    let image = config?["image_size"]?.integer ?? 224
    if config?["timm_model_name"] != nil {
      // Image size: where the grid is stored, it fits the config's picture (SO400M/14 "384" covers 378 pixels).
      if let patch = facts.patchHeight, let grid = facts.gridHeight, name != "ViTamin-XL-384" {
        #expect(image / patch == grid, "\(name)")
      }
      return
    }
    if facts.trunk == .resnet {
      #expect(facts.width == config?["width"]?.integer ?? 64, "\(name)")
      #expect(facts.imageHeight == image, "\(name)")
      return
    }
    let width = config?["width"]?.integer ?? 768
    #expect(facts.width == width, "\(name)")
    #expect(facts.layers == config?["layers"]?.integer ?? 12, "\(name)")
    #expect(facts.patchHeight == config?["patch_size"]?.integer ?? 16, "\(name)")
    #expect(facts.heads == width / (config?["head_width"]?.integer ?? 64), "\(name)")
    #expect(facts.imageHeight == image, "\(name)")
    #expect(facts.mlpHidden == Int(Double(width) * (config?["mlp_ratio"]?.number ?? 4)), "\(name)")
  }

  /// Where the tables reach, every key of every config is mapped and no slot is left open.
  @Test func everyRunnableConfigMapsToTheCanonicalNames() throws {
    let graph = try RuleTables.graph()
    for model in try Zoo.shared.get().models {
      let identity = Identity.identify(catalog: model.catalog)
      guard let trunk = identity.vision?.trunk,
        [.vit, .resnet, .siglip, .eva02, .eva01, .evaPostNorm, .pe, .clipViT, .mciViT].contains(
          trunk)
      else { continue }
      let mapping = try Mapping.make(identity, to: "canonical", graph: graph)
      #expect(mapping.conflicts == [], "\(model.name)")
      let unknown = mapping.rows.filter {
        $0.status == .unknown && !$0.source[0].hasPrefix("text_decoder.")
          && !(identity.hasForeignText && $0.source[0].hasPrefix("text."))
      }
      #expect(unknown == [], "\(model.name)")
      #expect(mapping.coverage.unfilled == 0, "\(model.name)")
      try expectSameTowers(mapping, identity, graph, name: model.name)
    }
  }

  /// A tower that is mapped alone has the tensors that it has in the whole.
  private func expectSameTowers(
    _ mapping: Mapping, _ identity: Identity, _ graph: TableGraph, name: String
  ) throws {
    for tower in identity.towers {
      let run = try TableRun.make(identity, to: "canonical", graph: graph, towers: [tower])
      let prefix = tower.rawValue + "."
      let alone = run.tensors.byName.filter { $0.key.hasPrefix(prefix) }
      let whole = mapping.tensors.byName.filter { $0.key.hasPrefix(prefix) }
      #expect(alone == whole, "\(name), \(tower)")
      // Half of the work is gone, not only hidden.
      let other = tower == .vision ? "text.blocks." : "vision.blocks."
      #expect(!run.tensors.byName.keys.contains { $0.hasPrefix(other) }, "\(name), \(tower)")
      #expect(run.conflicts == [], "\(name)")
    }
  }

  @Test func everyTransformersPairOfTheZooIsComplete() throws {
    var converted = 0
    for model in try Zoo.shared.get().models {
      let identity = Identity.identify(catalog: model.catalog, options: .init(activation: .gelu))
      do {
        let plan = try ConversionPlanner(
          catalog: model.catalog, identity: identity, options: .init(target: .transformers)
        ).plan()
        converted += 1
        let layers = (identity.vision?.layers ?? 0) + (identity.text?.layers ?? 0)
        // Counts of CLIPModel and SiglipModel.
        let extra = plan.targetLayout == "hf-siglip" ? 24 : 14
        #expect(plan.tensorCount == 16 * layers + extra, "\(model.name)")
      } catch let refusal as Refusal {
        #expect(!refusal.reason.isEmpty)
      }
    }
    // MobileCLIP2-L-14 has a plain ViT; that its text tower is bidirectional only its config tells.
    #expect(converted == 32 + 7 + 26 + 1)
  }
}
