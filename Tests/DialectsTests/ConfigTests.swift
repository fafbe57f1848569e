import Checkpoints
import Tensors
import Testing

@testable import Dialects

@Suite("Configs") struct ConfigTests {
  @Test("The width of a head gives the heads of a trunk of timm, whose width the tensors give")
  func headWidth() throws {
    func vision(_ more: String) throws -> ModelConfig.TowerConfig? {
      let text =
        #"{"model_cfg": {"embed_dim": 64, "vision_cfg": {"timm_model_name": "x"\#(more)}, "text_cfg": {}}}"#
      return ModelConfig.openClip(try JSONValue(parsing: text))?.vision
    }
    let stated = try #require(try vision(#", "head_width": 32"#))
    #expect(stated.heads(ofWidth: 96) == 3)
    #expect(stated.heads(ofWidth: 100) == nil && stated.heads(ofWidth: nil) == nil)
    #expect(try #require(try vision("")).heads(ofWidth: 96) == nil)
    #expect(try #require(try vision(#", "head_width": 0"#)).heads(ofWidth: 96) == nil)
  }

  /// Every config of the zoo that Transformers can hold says the same after the way there and back.
  @Test func zooConfigsSurviveTheWayThroughTransformers() throws {
    var count = 0
    for model in try Zoo.shared.get().models {
      // The picture of this one is not a multiple of its patch; its config wins.
      let config = model.config
      if config["vision_cfg"]?["layers"]?.array != nil || !isShallow(model) { continue }
      var catalog = model.catalog
      catalog.companions = [Companion(name: "open_clip_config.json", path: "o", byteCount: 1)]
      let document: JSONValue = ["model_cfg": config]
      let identity = Identity.identify(catalog: catalog) { _ in document.text() }
      guard
        let plan = try? ConversionPlanner(
          catalog: catalog, identity: identity, options: .init(target: .transformers)
        ).plan()
      else { continue }
      let text = try #require(plan.texts.first { $0.name == "config.json" }).text
      let parsed = try JSONValue(parsing: text)
      let read = try #require(ModelConfig.transformers(parsed), "\(model.name)")
      #expect(read.embedDim == config["embed_dim"]?.integer, "\(model.name)")
      #expect(read.vision?.width == identity.vision?.width, "\(model.name)")
      #expect(read.vision?.layers == identity.vision?.layers, "\(model.name)")
      #expect(read.vision?.heads == identity.vision?.heads, "\(model.name)")
      #expect(read.vision?.mlpHidden == identity.vision?.mlpHidden, "\(model.name)")
      #expect(read.imageHeight == config["vision_cfg"]?["image_size"]?.integer, "\(model.name)")
      #expect(read.contextLength == identity.text?.contextLength, "\(model.name)")
      #expect(read.vocabularySize == identity.text?.vocabularySize, "\(model.name)")
      if plan.targetLayout == "hf-clip" {
        let quick = config["quick_gelu"]?.bool ?? false
        #expect(read.text?.activation == (quick ? .quickGelu : .gelu), "\(model.name)")
        #expect(read.vision?.activation == (quick ? .quickGelu : .gelu), "\(model.name)")
      } else {
        #expect(read.text?.activation == .geluTanh, "\(model.name)")
      }
      // An end id of 2 means "largest id" to CLIPModel; models that really end in 2 become MetaCLIP 2.
      if config["text_cfg"]?["eos_id"]?.integer == 2 {
        #expect(parsed["model_type"]?.string == "metaclip_2", "\(model.name)")
        #expect(read.textPooling == .firstEqual(2), "\(model.name)")
      }
      count += 1
    }
    #expect(count > 20)
  }

  /// One of each width and depth is enough here; the zoo suite covers all.
  private func isShallow(_ model: Zoo.Model) -> Bool { model.count < 460 }

  @Test(arguments: [
    (1408, 6144, 4.3637), (1664, 8192, 4.9231), (1792, 15360, 8.5715), (1152, 4304, 3.7362),
  ])
  func ratiosAreRoundedUp(width: Int, hidden: Int, ratio: Double) {
    #expect(OpenClipConfig.ratio(width: width, hidden: hidden) == ratio)
    #expect(ModelConfig.scaled(width, ratio) == hidden)
  }

  @Test func oldTransformersConfigsOverrideTheirParts() throws {
    let config = try JSONValue(
      parsing:
        #"{"model_type":"clip","projection_dim":512,"text_config":{"hidden_size":1},"text_config_dict":{"hidden_size":640},"vision_config":{}}"#
    )
    let read = try #require(ModelConfig.transformers(config))
    #expect(read.text?.width == 640)
    #expect(read.text?.heads == 8)
    #expect(read.vision?.activation == .quickGelu)
    #expect(read.patch == 32)
  }

  @Test func preprocessingGoesBothWays() throws {
    var identity = Identity.identify(catalog: Catalog(container: .safetensors, path: "x"))
    identity.config = ModelConfig(
      kind: .openClip,
      document: [
        "preprocess_cfg": [
          "mean": [0.5, 0.4, 0.3], "std": [0.1, 0.2, 0.3], "interpolation": "bilinear",
          "resize_mode": "squash",
        ]
      ])
    let own = PreprocessingConfig.of(identity, imageSize: 64)
    let other = try own.transformers(isSiglip: true)
    #expect(other["size"]?["height"]?.integer == 64)
    #expect(other["resample"]?.integer == 2)
    identity.config = ModelConfig(kind: .transformers, document: [:], preprocessor: other)
    var back = PreprocessingConfig.of(identity, imageSize: 64)
    back.provenance = own.provenance
    #expect(back == own)
    var padded = own
    padded.resizeMode = .longest
    #expect(throws: Refusal.self) { _ = try padded.transformers(isSiglip: false) }
  }

  /// The position table and the config of a NaFlex model change together.
  @Test(arguments: [(Int?.none, 9), (32, 16), (24, 9)])
  func naFlexPatchesFollowTheTable(imageSize: Int?, patches: Int) throws {
    var pair = try #require(Pair.all.first { $0.name == "oc-siglip > hf-siglip" })
    // The same model in the names of Transformers, with the patch embedding as a Linear layer.
    let mapping = try Mapping.make(pair.identity, to: "hf-siglip", graph: RuleTables.graph())
    pair.source = mapping.tensors.map { name, plan in
      let isPatch = name == "vision_model.embeddings.patch_embedding.weight"
      let sizes = plan.shape.sizes
      return (name, isPatch ? [sizes[0], sizes[1] * sizes[2] * sizes[3]] : sizes)
    }
    let identity = Identity.identify(
      catalog: pair.catalog, options: .init(heads: pair.heads[0], textHeads: pair.heads[1]))
    #expect(identity.layout == "hf-siglip2-naflex")
    let plan = try ConversionPlanner(
      catalog: pair.catalog, identity: identity,
      options: .init(target: .transformers, imageSize: imageSize)
    ).plan()
    let table = try #require(
      plan.files[0].tensors.first {
        $0.name == "vision_model.embeddings.position_embedding.weight"
      })
    let patch = try #require(identity.vision?.patchHeight)
    let grid = try #require(identity.vision?.gridHeight)
    #expect(patch == 8 && grid == 3)
    #expect(table.shape[0] == patches)
    func parsed(_ name: String) throws -> JSONValue {
      try JSONValue(parsing: try #require(plan.texts.first { $0.name == name }).text)
    }
    let config = try parsed("config.json")
    #expect(config["vision_config"]?["num_patches"]?.integer == patches)
    #expect(config["vision_config"]?["image_size"] == nil)
    let processor = try parsed("preprocessor_config.json")
    #expect(processor["image_processor_type"]?.string == "Siglip2ImageProcessor")
    #expect(processor["max_num_patches"]?.integer == patches)
    #expect(processor["patch_size"]?.integer == 8)
  }

  @Test func unknownFilesNameTheNearestDialect() {
    let catalog = Catalog(
      container: .safetensors, path: "x",
      entries: ["net.visual.conv1.weight", "net.visual.class_embedding", "other"].map {
        Entry(
          path: [$0], elementType: .f32, shape: [1],
          location: Location(file: 0, offset: 0, storageByteCount: 4))
      })
    let identity = Identity.identify(catalog: catalog)
    #expect(identity.dialect == .unknown)
    #expect(identity.note?.contains("openclip") == true)
    #expect(identity.note?.contains("`visual.proj`") == true)
  }
}
