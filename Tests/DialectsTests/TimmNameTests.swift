import Checkpoints
import Tensors
import Testing

@testable import Dialects

/// What a config says of an image tower that timm builds, and of what nothing in a file tells.
@Suite("Trunks of timm in configs") struct TimmNameTests {
  private func model(_ name: String) throws -> Zoo.Model {
    try #require(Zoo.shared.get().models.first { $0.name == name })
  }

  /// - Parameter hasConfig: the model's own OpenCLIP config stands beside it.
  private func config(
    _ name: String, to target: ConversionTarget, imageSize: Int? = nil, hasConfig: Bool = false,
    activation: Activation? = .gelu
  ) throws -> JSONValue {
    let model = try model(name)
    var catalog = model.catalog
    if hasConfig {
      catalog.companions = [Companion(name: "open_clip_config.json", path: "o", byteCount: 1)]
    }
    let document: JSONValue = ["model_cfg": model.config]
    let identity = Identity.identify(
      catalog: catalog, companionText: { _ in document.text() },
      options: hasConfig ? .init() : .init(activation: activation))
    let plan = try ConversionPlanner(
      catalog: catalog, identity: identity, options: .init(target: target, imageSize: imageSize)
    ).plan()
    let text = try #require(plan.texts.first { $0.name.hasSuffix("config.json") }).text
    return try JSONValue(parsing: text)
  }

  private func trunk(_ config: JSONValue) -> String? {
    config["model_cfg"]?["vision_cfg"]?["timm_model_name"]?.string
  }

  @Test(
    "Another picture size is another name, where timm has one", arguments: [true, false])
  func resized(hasConfig: Bool) throws {
    let name = "ViT-B-16-SigLIP"
    let own = try config(name, to: .openClip, hasConfig: hasConfig)
    #expect(trunk(own) == "vit_base_patch16_siglip_224")
    let large = try config(name, to: .openClip, imageSize: 384, hasConfig: hasConfig)
    #expect(trunk(large) == "vit_base_patch16_siglip_384")
    #expect(large["model_cfg"]?["vision_cfg"]?["image_size"]?.integer == 384)
    let refusal = #expect(throws: Refusal.self) {
      _ = try config(name, to: .openClip, imageSize: 208, hasConfig: hasConfig)
    }
    #expect(refusal?.reason.contains("for pictures of 208 pixels") == true)
  }

  @Test("timm is given a picture size that no name stands for", arguments: [true, false])
  func modelArguments(hasConfig: Bool) throws {
    for (name, size, wanted, side) in [
      ("ViT-B-16-SigLIP", 208, "vit_base_patch16_siglip_224", 208),
      ("ViT-B-16-SigLIP", 384, "vit_base_patch16_siglip_384", nil),
      ("EVA02-B-16", 256, "eva02_base_patch16_clip_224", 256),
    ] as [(String, Int, String, Int?)] {
      let config = try config(name, to: .timm, imageSize: size, hasConfig: hasConfig)
      #expect(config["architecture"]?.string == wanted)
      #expect(config["model_args"]?["img_size"]?.integer == side)
      #expect(config["model_args"] == nil || side != nil)
      // timm builds what the file does not size for 224 pixels, whatever the name stands for.
      let own = config["pretrained_cfg"]
      #expect(own?["input_size"]?.array?.compactMap(\.integer) == [3, size, size])
      #expect(own?["fixed_input_size"]?.bool == true)
      #expect(own?["crop_mode"]?.string == (name.contains("SigLIP") ? "squash" : "center"))
    }
    let refusal = #expect(throws: Refusal.self) {
      _ = try config("EVA02-B-16", to: .openClip, imageSize: 256, hasConfig: hasConfig)
    }
    #expect(refusal?.reason.contains("eva02_base_patch16_clip_224") == true)
  }

  /// Every trunk of a bundled config that is made from its tensors alone has the name that OpenCLIP's own config gives it.
  @Test func bundledConfigs() throws {
    var count = 0
    for model in try Zoo.shared.get().models {
      guard let wanted = model.config["vision_cfg"]?["timm_model_name"]?.string else { continue }
      let size = model.config["vision_cfg"]?["image_size"]?.integer
      guard
        let config = try? config(model.name, to: .openClip, imageSize: size),
        let name = trunk(config)
      else { continue }
      #expect(name == wanted, "\(model.name)")
      count += 1
    }
    #expect(count > 25)
  }

  @Test("One refusal names everything that the user has to say") func needs() throws {
    func reason(_ make: (inout ConfigNeeds) -> Void) -> String? {
      var needs = ConfigNeeds(of: "config.json")
      make(&needs)
      do {
        try needs.check()
        return nil
      } catch { return error.reason }
    }
    #expect(reason { $0.need(heads: 8, of: .vision) } == nil)
    #expect(
      reason { $0.need(heads: nil, of: .text) }
        == "the number of heads of the text tower is not recorded, and config.json must hold it; give --heads"
    )
    #expect(
      reason {
        for tower in Tower.allCases {
          $0.need(heads: nil, of: tower)
          $0.need(activation: nil, of: tower)
        }
        $0.need(imageSize: nil)
      }
        == "the image size, the number of heads of both towers and the activation of both towers are not recorded, "
        + "and config.json must hold them; give --image-size, --heads and --activation quick_gelu (OpenAI, DFN, MetaCLIP) "
        + "or --activation gelu (most models trained with OpenCLIP)")
  }
}
