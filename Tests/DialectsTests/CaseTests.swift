import Checkpoints
import Foundation
import OrderedCollections
import Tensors
import TestSupport
import Testing

@testable import Dialects

/// Cases from public bug reports; the facts stand in `Tests/Fixtures/cases/expected.json`.
@Suite("Cases") struct CaseTests {
  struct Opened {
    var file: CheckpointFile
    var identity: Identity
    func plan(_ options: ConversionOptions) throws -> ConversionPlan {
      try ConversionPlanner(catalog: file.catalog, identity: identity, options: options).plan()
    }
    func fact(_ name: String) -> Fact? { identity.facts.first { $0.name == name } }
  }

  private func open(_ name: String, _ options: IdentityOptions = .init()) throws -> Opened {
    let file = try CheckpointFile(opening: Fixtures.path("cases/" + name))
    let identity = Identity.identify(
      catalog: file.catalog,
      companionText: { try? String(contentsOfFile: $0.path, encoding: .utf8) }, options: options)
    return Opened(file: file, identity: identity)
  }

  private func config(_ plan: ConversionPlan, _ name: String) throws -> JSONValue {
    let output = try #require(plan.texts.first { $0.name == name })
    return try JSONValue(parsing: output.text)
  }

  private func numbers(_ value: JSONValue?) -> [Double] {
    (value?.array ?? []).compactMap(\.number)
  }

  private static let expected: JSONValue? = {
    guard let data = FileManager.default.contents(atPath: Fixtures.path("cases/expected.json"))
    else { return nil }
    return try? JSONValue(parsing: String(decoding: data, as: UTF8.self))
  }()

  private func expected(_ group: String, _ name: String) throws -> JSONValue {
    let value = Self.expected?[group]?[name]
    return try #require(value)
  }

  @Test(arguments: [("c19_openclip_quick", "quick_gelu"), ("c19_openclip_plain", "gelu")])
  func c19ActivationToTransformers(folder: String, activation: String) throws {
    let opened = try open(folder)
    #expect(opened.fact("activation")?.value == .text(activation))
    #expect(opened.fact("activation")?.certainty == .confirmed)
    let document = try config(try opened.plan(.init(target: .transformers)), "config.json")
    for tower in ["vision_config", "text_config"] {
      #expect(document[tower]?["hidden_act"]?.string == activation)
      #expect(document[tower]?["num_attention_heads"]?.integer == 2)
    }
  }

  @Test func c19ActivationToOpenClip() throws {
    let opened = try open("c19_hf_quick")
    #expect(opened.identity.dialect == .hfClip)
    let model = try config(try opened.plan(.init(target: .openClip)), "open_clip_config.json")[
      "model_cfg"]
    #expect(model?["quick_gelu"]?.bool == true)
    #expect(model?["vision_cfg"]?["head_width"]?.integer == 8)
    #expect(model?["text_cfg"]?["heads"]?.integer == 2)
    #expect(model?["embed_dim"]?.integer == 12)
  }

  @Test func c19BareStateDictDoesNotKnow() throws {
    let opened = try open("c19_bare_state_dict.pt")
    #expect(opened.fact("activation")?.certainty == .unknown)
    #expect(opened.fact("vision.heads")?.certainty == .unknown)
    let refusal = #expect(throws: Refusal.self) {
      _ = try opened.plan(.init(target: .transformers))
    }
    #expect(refusal?.reason.contains("--heads") == true)
    // Heads alone are not enough for a config; weights without a config need neither.
    let headed = try open("c19_bare_state_dict.pt", .init(heads: 2))
    for options in [
      ConversionOptions(target: .transformers), .init(target: .transformers, tower: .vision),
      .init(target: .transformers, tower: .text), .init(target: .openClip),
      .init(target: .openClipCustom),
    ] {
      let refusal = #expect(throws: Refusal.self) { _ = try headed.plan(options) }
      #expect(refusal?.reason.contains("--activation") == true)
    }
    #expect(try headed.plan(.init(target: .openClip, tower: .vision)).texts == [])
    #expect(try headed.plan(.init(target: .safetensors)).texts == [])
    let original = try headed.plan(.init(target: .openAI))
    #expect(original.warnings.contains { $0.contains("quick_gelu") })
    let told = try open("c19_bare_state_dict.pt", .init(activation: .quickGelu, heads: 2))
    let document = try config(try told.plan(.init(target: .transformers)), "config.json")
    #expect(document["text_config"]?["hidden_act"]?.string == "quick_gelu")
  }

  @Test func c20PositionIdsAreDroppedByName() throws {
    let with = try open("c20_with_ids").plan(.init(target: .openClip))
    let names = ["text_model.embeddings.position_ids", "vision_model.embeddings.position_ids"]
    #expect(with.dropped.map(\.name).sorted() == names)
    let without = try open("c20_without_ids").plan(.init(target: .openClip))
    #expect(without.dropped == [])
    #expect(with.tensorCount == 38 && without.tensorCount == 38)
  }

  @Test(arguments: [
    ("c21_module", "module."), ("c21_orig_mod", "_orig_mod."),
    ("c21_orig_mod_module", "_orig_mod.module."),
    ("c21_module_orig_mod", "module._orig_mod."), ("c21_model", "model."),
  ]) func c21WrappersAreStripped(name: String, prefix: String) throws {
    let opened = try open(name + ".safetensors", .init(heads: 2))
    #expect(opened.identity.dialect == .openClip)
    #expect(opened.fact("stripped_prefix")?.value == .text(prefix))
    let mapping = try Mapping.make(opened.identity, to: "hf-clip", graph: RuleTables.graph())
    #expect(mapping.coverage.unknown == 0 && mapping.coverage.unfilled == 0)
    let bare = mapping.rows.flatMap(\.source).filter { !$0.hasPrefix(prefix) }
    #expect(bare == [])
    #expect(mapping.rows.flatMap(\.source).count == 38)
  }

  @Test func c21HalfAPrefixIsNotGuessed() throws {
    let opened = try open("c21_half_prefixed.safetensors", .init(heads: 2))
    #expect(opened.identity.warnings.contains { $0.contains("of 38 keys") })
    #expect(throws: Refusal.self) { _ = try opened.plan(.init(target: .transformers)) }
  }

  @Test(arguments: [
    ("c22_square_openclip", ConversionTarget.transformers), ("c22_square_hf", .openClip),
  ])
  func c22SquareProjectionsAreTransposed(folder: String, target: ConversionTarget) throws {
    let opened = try open(folder)
    let plan = try opened.plan(.init(target: target))
    let facts = try expected("c22", folder)
    let hashes = try #require(facts["sha256"]?.object)
    #expect(hashes.members.count == 2)
    for member in hashes.members {
      let tensor = try #require(plan.files[0].tensors.first { $0.name == member.key })
      #expect(
        SHA256.hex(try tensor.plan.bytes(from: CheckpointSource(opened.file)))
          == member.value.string)
    }
    #expect(plan.files[0].tensors.first { $0.name == "logit_scale" }?.shape == [])
  }

  @Test func c23EndTokens() throws {
    let largest = try open("c23_eos_2")
    #expect(largest.identity.text?.pooling == .argmax)
    let first = try open("c23_eos_63")
    #expect(first.identity.text?.pooling == .firstEqual(63))
    let model = try config(try first.plan(.init(target: .openClip)), "open_clip_config.json")[
      "model_cfg"]
    #expect(model?["text_cfg"]?["pool_type"]?.string == "eos")
    #expect(model?["text_cfg"]?["eos_id"]?.integer == 63)
    let plain = try config(try largest.plan(.init(target: .openClip)), "open_clip_config.json")[
      "model_cfg"]
    #expect(plain?["text_cfg"]?["pool_type"] == nil)
  }

  @Test(arguments: [6, 3]) func c24PositionTableIsResized(grid: Int) throws {
    let opened = try open("c24_grid4")
    let facts = try expected("c24", "c24_grid4")["resize_to_grid"]?["\(grid)"]
    let patch = try #require(opened.identity.vision?.patchHeight)
    let plan = try opened.plan(.init(target: .openClip, imageSize: grid * patch))
    let table = try #require(
      plan.files[0].tensors.first { $0.name == "visual.positional_embedding" })
    #expect(table.shape.sizes == facts?["shape"]?.array?.compactMap(\.integer))
    let bytes = try table.plan.bytes(from: CheckpointSource(opened.file))
    let values = bytes.withUnsafeBytes { raw in
      (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
    for (row, name) in [(0, "row_0"), (1, "row_1"), (grid * grid, "row_last")] {
      let wanted = numbers(facts?[name])
      #expect(wanted.count == 16)
      for (column, value) in wanted.enumerated() {
        #expect(abs(Double(values[row * wanted.count + column]) - value) < 1e-4)
      }
    }
    let model = try config(plan, "open_clip_config.json")["model_cfg"]
    #expect(model?["vision_cfg"]?["image_size"]?.integer == grid * patch)
  }

  @Test(arguments: ["c29_peft", "c29_kohya.safetensors"]) func c29AdaptersAreNamed(name: String)
    throws
  {
    let opened = try open(name)
    #expect(opened.identity.dialect == .adapter)
    #expect(opened.identity.family == "adapter (LoRA, rank 4)")
    #expect(opened.fact("rank")?.value == .integer(4))
    let refusal = #expect(throws: Refusal.self) {
      _ = try opened.plan(.init(target: .transformers))
    }
    #expect(refusal?.reason.contains("base weights") == true)
  }

  @Test func c29SingleTowersAndExtraHeads() throws {
    let vision = try open("c29_vision_only.safetensors")
    #expect(vision.identity.towers == [.vision])
    let text = try open("c29_text_no_projection.safetensors")
    #expect(text.identity.towers == [.text])
    #expect(text.identity.text?.hasProjection == false)
    let extra = try open("c29_extra_head.safetensors", .init(activation: .gelu, heads: 2))
    #expect(extra.identity.towers == [.vision, .text])
    let plan = try extra.plan(
      .init(target: extra.identity.dialect == .openClip ? .transformers : .openClip))
    #expect(plan.dropped.map(\.name).sorted() == ["classifier.bias", "classifier.weight"])
  }

  @Test(arguments: [8, 64, 248]) func c30ContextLength(length: Int) throws {
    let opened = try open("c30_context_\(length)")
    #expect(opened.identity.text?.contextLength == length)
    let document = try config(try opened.plan(.init(target: .transformers)), "config.json")
    #expect(document["text_config"]?["max_position_embeddings"]?.integer == length)
  }

  @Test func c30ForeignTextTower() throws {
    let long = try open("c30_context_248_no_config.safetensors")
    #expect(long.identity.text?.contextLength == 248)
    let opened = try open("c30_roberta_text", .init(heads: 2))
    #expect(opened.identity.family == "OpenCLIP with a Hugging Face text tower")
    let refusal = #expect(throws: Refusal.self) {
      _ = try opened.plan(.init(target: .transformers))
    }
    #expect(refusal?.reason.contains("--tower vision") == true)
    let vision = try opened.plan(.init(target: .transformers, tower: .vision))
    let others = vision.files[0].tensors.map(\.name).filter { !$0.hasPrefix("vision_model.") }
    #expect(others == ["visual_projection.weight"])
    let document = try config(vision, "config.json")
    #expect(document["architectures"]?[0]?.string == "CLIPVisionModelWithProjection")
  }

  @Test func c31OpenAIArchive() throws {
    let opened = try open("c31_openai_style_jit.pt")
    #expect(opened.identity.dialect == .openAI)
    #expect(opened.identity.family == "OpenAI CLIP (TorchScript)")
    #expect(opened.fact("activation")?.value == .text("quick_gelu"))
    #expect(opened.fact("activation")?.certainty == .inferred)
    #expect(opened.identity.normalisation.tensors.count == 50)
    #expect(
      opened.identity.normalisation.settings.sorted() == [
        "context_length", "input_resolution", "vocab_size",
      ])
  }

  @Test(
    arguments: [("no_rope", nil), ("rope_16", "computed"), ("rope_other_size", "does not fit")]
      as [(String, String?)])
  func c32RotaryTables(name: String, reason: String?) throws {
    let opened = try open("c32_eva_\(name).safetensors", .init(heads: 2))
    #expect(opened.identity.family == "EVA-CLIP")
    let ignored = opened.identity.normalisation.ignored
    #expect(ignored.isEmpty == (reason == nil))
    let others = ignored.filter { !$0.reason.contains(reason ?? "") }
    #expect(others == [])
    let mapping = try Mapping.make(opened.identity, to: "canonical", graph: RuleTables.graph())
    #expect(mapping.coverage.unknown == 0 && mapping.coverage.unfilled == 0)
    #expect(mapping.tensors["vision.blocks.0.attention.query.bias"] != nil)
    #expect(mapping.tensors["vision.blocks.0.attention.key.bias"] == nil)
  }

  @Test func c33BigVision() throws {
    let opened = try open("c33_bigvision_siglip.npz")
    let facts = try expected("c33", "c33_bigvision_siglip.npz")
    #expect(opened.identity.family == facts["family"]?.string)
    #expect(opened.identity.vision?.layers == 2 && opened.identity.text?.layers == 2)
    #expect(opened.identity.vision?.heads == 2 && opened.identity.text?.contextLength == 8)
    let mapping = try Mapping.make(opened.identity, to: "hf-siglip", graph: RuleTables.graph())
    #expect(mapping.coverage.unknown == 0 && mapping.coverage.unfilled == 0)
    for (name, key) in [
      ("vision_model.encoder.layers.1.self_attn.q_proj.weight", "img_block_1_query_weight_row_0"),
      ("text_model.encoder.layers.1.self_attn.out_proj.weight", "txt_block_1_out_weight_row_0"),
    ] {
      let plan = try #require(mapping.tensors[name])
      let bytes = try plan.bytes(from: CheckpointSource(opened.file))
      let wanted = numbers(facts[key])
      #expect(!wanted.isEmpty)
      for (column, value) in wanted.enumerated() {
        let own = bytes.withUnsafeBytes {
          $0.loadUnaligned(fromByteOffset: column * 4, as: Float.self)
        }
        #expect(abs(Double(own) - value) < 1e-5)
      }
    }
  }
}
