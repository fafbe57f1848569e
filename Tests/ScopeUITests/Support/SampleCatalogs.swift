import Cells
import Checkpoints
import Tensors

@testable import ScopeUI

/// Checkpoints without files: names, shapes and places are all that the pages look at.
enum SampleCatalogs {
  /// A training checkpoint with a two-tower model, a tie, optimizer state and values.
  static func training(layers: Int = 12, change: (inout Catalog) -> Void = { _ in }) -> Catalog {
    var builder = Builder(root: ["state_dict"])
    builder.add("visual.class_embedding", [768])
    builder.add("visual.conv1.weight", [768, 3, 32, 32])
    builder.add("visual.positional_embedding", [50, 768])
    for layer in 0..<layers {
      let block = "visual.transformer.resblocks.\(layer)."
      builder.add(block + "ln_1.weight", [768])
      builder.add(block + "ln_1.bias", [768])
      builder.add(block + "attn.in_proj_weight", [2304, 768])
      builder.add(block + "attn.in_proj_bias", [2304])
      builder.add(block + "attn.out_proj.weight", [768, 768])
      builder.add(block + "attn.out_proj.bias", [768])
      builder.add(block + "mlp.c_fc.weight", [3072, 768], .f16)
    }
    builder.add("visual.proj", [768, 512])
    builder.add("token_embedding.weight", [49408, 512], identity: 7)
    builder.add("lm_head.weight", [49408, 512], identity: 7)
    builder.add("logit_scale", [])
    builder.root = ["optimizer", "state"]
    builder.add("0.exp_avg", [768])
    builder.add("0.exp_avg_sq", [768])
    var catalog = Catalog(
      container: .pytorchZip, path: "/models/epoch_12.pt", files: ["/models/epoch_12.pt"],
      entries: builder.entries,
      others: [
        OtherValue(path: ["epoch"], kind: "int", text: "12"),
        OtherValue(path: ["name"], kind: "str", text: "run-7"),
      ], weightsRoot: ["state_dict"],
      metadata: [MetadataPair(key: "format", value: "pt")])
    change(&catalog)
    return catalog
  }

  static func plain(_ names: [String], path: String = "/models/plain.safetensors") -> Catalog {
    var builder = Builder(root: [])
    for name in names { builder.add(name, [2, 3]) }
    return Catalog(
      container: .safetensors, path: path, files: [path], entries: builder.entries)
  }

  struct Builder {
    var root: [String]
    var entries: [Entry] = []
    var offset = 0

    init(root: [String]) { self.root = root }

    mutating func add(
      _ name: String, _ sizes: [Int], _ type: ElementType = .f32, identity: Int? = nil
    ) {
      let shape = Shape(sizes)
      let bytes = (shape.elementCount ?? 0) * type.byteCount
      entries.append(
        Entry(
          path: root + [name], elementType: type, shape: shape,
          location: Location(
            file: 0, offset: offset, storageByteCount: bytes, storageIdentity: identity)))
      offset += bytes
    }
  }
}
