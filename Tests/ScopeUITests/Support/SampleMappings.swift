import Cells
import Checkpoints
import ScopeEngine
import Tensors

@testable import Dialects
@testable import ScopeUI

/// Mappings and plans without files.
enum SampleMappings {
  /// OpenCLIP's ViT-B/32 with all 302 keys, by name and shape.
  static func clip(layers: Int = 12) -> Catalog {
    var builder = SampleCatalogs.Builder(root: [])
    builder.add("positional_embedding", [77, 512])
    builder.add("text_projection", [512, 512])
    builder.add("logit_scale", [])
    builder.add("visual.class_embedding", [768])
    builder.add("visual.positional_embedding", [50, 768])
    builder.add("visual.proj", [768, 512])
    builder.add("visual.conv1.weight", [768, 3, 32, 32])
    for name in ["visual.ln_pre", "visual.ln_post"] {
      builder.add(name + ".weight", [768])
      builder.add(name + ".bias", [768])
    }
    for (prefix, width) in [("visual.", 768), ("", 512)] {
      for layer in 0..<layers {
        let block = "\(prefix)transformer.resblocks.\(layer)."
        for (name, sizes) in [
          ("ln_1.weight", [width]), ("ln_1.bias", [width]),
          ("attn.in_proj_weight", [3 * width, width]), ("attn.in_proj_bias", [3 * width]),
          ("attn.out_proj.weight", [width, width]), ("attn.out_proj.bias", [width]),
          ("ln_2.weight", [width]), ("ln_2.bias", [width]),
          ("mlp.c_fc.weight", [4 * width, width]), ("mlp.c_fc.bias", [4 * width]),
          ("mlp.c_proj.weight", [width, 4 * width]), ("mlp.c_proj.bias", [width]),
        ] {
          builder.add(block + name, sizes)
        }
      }
    }
    builder.add("token_embedding.weight", [49408, 512])
    builder.add("ln_final.weight", [512])
    builder.add("ln_final.bias", [512])
    return Catalog(
      container: .safetensors, path: "/models/epoch_12.safetensors",
      files: ["/models/epoch_12.safetensors"], entries: builder.entries)
  }

  static func session(_ catalog: Catalog) -> Session {
    Session(checkpoint: CheckpointFile(catalog: catalog, files: []))
  }

  /// A small answer with a row of every kind.
  static func answer(layers: Int = 2, target: ConversionTarget?) -> MappingAnswer {
    let targets = ConversionTarget.allCases.map { choice in
      TargetChoice(choice, refusal: choice == .timm ? "it has no image tower" : nil)
    }
    guard let target else {
      return MappingAnswer(
        family: "unknown", isKnown: false, note: "nearest is openclip, `visual.proj` is missing",
        targets: targets.map { .init($0.target, refusal: "it cannot be mapped") },
        problem: "the dialect is unknown, so there is no rule for its keys")
    }
    func key(_ name: String, _ sizes: [Int], _ entry: Int? = nil) -> MappingTable.Key {
      MappingTable.Key(name, shape: Shape(sizes), elementType: .f32, entry: entry)
    }
    var rows = [
      MappingTable.Row(
        sources: [key("attn_mask", [77, 77], 0)], targets: [], transform: "", rule: "",
        status: .ignored, reason: "buffer with the causal mask; it can be computed"),
      MappingTable.Row(
        sources: [key("visual.extra", [3], 1)], targets: [], transform: "", rule: "",
        status: .unknown, reason: "no rule of oc-clip.hf-clip.rules knows `visual.extra`"),
      MappingTable.Row(
        sources: [], targets: [key("logit_scale", [])], transform: "shape()",
        rule: "oc-clip.hf-clip.rules:50", status: .unfilled, reason: "no source"),
    ]
    for layer in 0..<layers {
      rows.append(
        MappingTable.Row(
          sources: [key("resblocks.\(layer).attn.in_proj_weight", [2304, 768], 2 + layer)],
          targets: ["q", "k", "v"].map {
            key("layers.\(layer).self_attn.\($0)_proj.weight", [768, 768])
          },
          transform: "split(1,1,1)", rule: "oc-clip.hf-clip.rules:19", status: .mapped,
          reason: "rows of the fused projection stand in the order q, k, v"))
    }
    return MappingAnswer(
      family: "openclip ViT-B/32", targets: targets, target: target,
      table: MappingTable(
        target: target, sourceDialect: "openclip", targetDialect: "hf-clip", rows: rows,
        coverage: .init(
          mapped: layers, ignored: 1, unknown: 1, targets: 3 * layers, unfilled: 1)))
  }

  static func outline(output: String = "/models/epoch_12-hf", dropped: Int = 1)
    -> ConversionOutline
  {
    ConversionOutline(
      sourcePath: "/models/epoch_12.pt", output: output, sourceDialect: "openclip",
      targetDialect: "hf-clip", tensorCount: 398, byteCount: 605_000_000, changedCount: 75,
      files: [
        .init(name: "model.safetensors", tensorCount: 398, byteCount: 605_000_000),
        .init(name: "config.json", byteCount: 1200, provenance: "tensors"),
      ],
      dropped: (0..<dropped).map { .init(name: "buffer.\($0)", reason: "it can be computed") },
      warnings: ["there are no tokenizer files beside the source; none are written"],
      document: "{\n  \"schema\": 1\n}\n")
  }
}

extension State {
  /// The mapping page of a catalog, with what the engine really says of it.
  static func mapping(
    _ catalog: Catalog, columns: Int = 120, rows: Int = 40, to target: ConversionTarget? = nil
  ) throws -> State {
    var state = State.showing(catalog, columns: columns, rows: rows)
    state.press("2")
    let session = SampleMappings.session(catalog)
    state.finish(
      .mapping,
      .mapping(
        try MappingAnswer(
          of: session, to: target, options: IdentityOptions(), context: JobContext())))
    return state
  }

  /// The conversion page of a catalog, with the engine's targets and plan; the user has named the activation, which no catalog tells.
  static func convert(_ catalog: Catalog, columns: Int = 120, rows: Int = 40) throws -> State {
    var state = State.showing(catalog, columns: columns, rows: rows)
    state.convert.form.activation = .quickGelu
    state.press("3")
    let session = SampleMappings.session(catalog)
    state.finish(.targets, .targets(try DialectTargets(session, options: IdentityOptions())))
    try state.plan(session)
    return state
  }

  /// Answers the plan that was asked for last.
  mutating func plan(_ session: Session) throws {
    guard let order = convert.planned else { return }
    do {
      let receipt = try session.dryRun(order.request(output: order.output))
      finish(.plan, .planned(ConversionOutline(receipt)))
    } catch let refusal as Refusal {
      finish(.plan, .failed(refusal.reason))
    }
  }
}
