package import Checkpoints
import OrderedCollections
import Tensors

/// The tensors of a checkpoint under the names that dialects are written in: without training wrappers, buffers and settings, stacked layers taken apart.
///
/// Everything that was changed is remembered.
package struct Normalisation: Sendable {
  /// Prefixes that every key carried, joined, such as `module._orig_mod.`.
  package private(set) var strippedPrefix = ""
  /// Prefix that was put in front so that one table serves files with and without it, such as `vision_model.`.
  package private(set) var addedPrefix = ""
  /// Normalised name to plan over the entries of the catalog.
  package private(set) var tensors: PlannedTensors = [:]
  /// Entries that are no weights of the model.
  package private(set) var ignored: [Ignored] = []
  /// Entries that cannot be addressed: two keys that are the same text.
  package private(set) var warnings: [String] = []
  /// Integers of an OpenAI archive that are settings: `input_resolution`, `context_length`, `vocab_size`.
  package private(set) var settings: [String] = []
  /// True where layers were stored on a leading axis.
  package private(set) var wasStacked = false
  /// Views of layers that were made so far.
  private var viewCount = 0
  /// Tensors without elements cost a file nothing, whatever their shapes promise.
  private static let viewLimit = 1 << 16
  /// Names of the entries as the file has them, below the root of the weights.
  package let storedNames: [Int: String]

  package struct Ignored: Sendable, Equatable {
    package var entry: Int
    package var name: String
    package var reason: String
  }

  package init(_ catalog: Catalog) {
    var names: OrderedDictionary<Int, String> = [:]
    names.reserveCapacity(catalog.entries.count)
    tensors.reserveCapacity(catalog.entries.count)
    for (number, entry) in catalog.entries.enumerated() {
      guard entry.path.starts(with: catalog.weightsRoot) else {
        ignored.append(
          .init(entry: number, name: entry.name, reason: "stands outside the model's state dict"))
        continue
      }
      names[number] = entry.path.dropFirst(catalog.weightsRoot.count).joined(separator: ".")
    }
    storedNames = Dictionary(uniqueKeysWithValues: names.lazy.map { ($0.key, $0.value) })
    // Archives keep their settings as attributes, plain state dicts as tensors of one integer.
    for other in catalog.others where Self.settingNames.contains(other.name) && other.kind == "int"
    {
      settings.append(other.name)
    }
    stripWrappers(&names)
    joinWithSlashes(&names)
    let grid = Self.gridRows(names, catalog)
    let isBigVision = names.values.contains { $0.hasPrefix("img/") }
    for (number, name) in names {
      let entry = catalog.entries[number]
      if let reason = Self.bufferReason(name, entry.shape, gridRows: grid) {
        ignored.append(.init(entry: number, name: name, reason: reason))
        if Self.settingNames.contains(name) { settings.append(name) }
        continue
      }
      let plan = TensorPlan(source: number, type: entry.elementType, shape: entry.shape)
      for (name, plan) in unstacked(Self.renamed(name, isBigVision: isBigVision), plan) {
        put(plan, of: number, as: name)
      }
    }
  }

  /// The first tensor of a name keeps it.
  private mutating func put(_ plan: TensorPlan, of entry: Int, as name: String) {
    if tensors[name] != nil {
      warnings.append("two tensors are called `\(name)`; the second one is left out")
      ignored.append(.init(entry: entry, name: name, reason: "the name occurs twice"))
    } else {
      tensors[name] = plan
    }
  }

  /// Puts `prefix` in front of every key, for layouts that differ in nothing else.
  package mutating func add(prefix: String) {
    rename { name in
      let isShared = name == "logit_scale" || name == "logit_bias"
      return isShared || name.hasPrefix(prefix) ? name : prefix + name
    }
    addedPrefix = prefix
  }

  /// Removes `prefix` where a key has it.
  package mutating func remove(prefix: String) {
    rename { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 }
  }

  private mutating func rename(_ renamed: (String) -> String) {
    let all = tensors
    tensors = [:]
    // Here a tensor still comes from one entry.
    for (name, plan) in all { put(plan, of: plan.sources.first ?? 0, as: renamed(name)) }
  }

  private static let wrappers = ["module.", "_orig_mod.", "model."]
  /// Wrappers inside each other that are looked through.
  private static let wrapperLimit = 64

  private mutating func stripWrappers(_ names: inout OrderedDictionary<Int, String>) {
    guard !names.isEmpty else { return }
    var changed = true
    var rounds = 0
    while changed, rounds < Self.wrapperLimit {
      changed = false
      rounds += 1
      for wrapper in Self.wrappers
      where names.values.allSatisfy({ $0.hasPrefix(wrapper) && $0.utf8.count > wrapper.utf8.count })
      {
        for number in names.keys { names[number]?.removeFirst(wrapper.count) }
        strippedPrefix += wrapper
        changed = true
      }
    }
    for wrapper in Self.wrappers {
      let count = names.values.reduce(0) { $0 + ($1.hasPrefix(wrapper) ? 1 : 0) }
      if count > 0 {
        warnings.append(
          "the prefix `\(wrapper)` is on \(count) of \(names.count) keys; nothing was stripped")
      }
    }
  }

  /// Flax parameters in safetensors are joined with dots; everywhere else, and in the rule tables, they are joined with slashes.
  private func joinWithSlashes(_ names: inout OrderedDictionary<Int, String>) {
    // PyTorch has no LayerNorm with a `scale`.
    let marks = [
      "vision_model.pre_layrnorm.scale", "text_model.final_layer_norm.scale",
    ]
    guard names.values.contains(where: marks.contains) else { return }
    for number in names.keys { names[number] = names[number]?.replacing(".", with: "/") }
  }

  private static let settingNames: Set<String> = [
    "input_resolution", "context_length", "vocab_size",
  ]

  private static func bufferReason(_ name: String, _ shape: Shape, gridRows: Int?) -> String? {
    let bytes = name.utf8
    let start = bytes.lastIndex(of: UInt8(ascii: ".")).map(bytes.index(after:)) ?? bytes.startIndex
    switch name[start...] {
    case "position_ids": return "buffer that counts positions; it can be computed"
    case "attn_mask": return "buffer with the causal mask; it can be computed"
    case "freqs_cos", "freqs_sin":
      if let gridRows, let rows = shape.sizes.first, rows != gridRows {
        return
          "rotary table of \(rows) rows does not fit the grid of \(gridRows) patches; it is computed from the grid"
      }
      return "rotary table; it is computed from the grid"
    default: break
    }
    if settingNames.contains(name), (shape.elementCount ?? 0) == 1 {
      return "setting of the archive, no weight"
    }
    if name.hasPrefix("opt/") || name.hasPrefix("opt.") { return "optimizer state" }
    return nil
  }

  /// Patches of an EVA position table, to judge stored rotary tables by.
  private static func gridRows(_ names: OrderedDictionary<Int, String>, _ catalog: Catalog) -> Int?
  {
    for (number, name) in names where name.hasSuffix("pos_embed") {
      let shape = catalog.entries[number].shape
      if shape.rank == 3, shape[1] > 0 { return shape[1] - 1 }
    }
    return nil
  }

  private static func renamed(_ name: String, isBigVision: Bool) -> String {
    if name == "text.logit_scale" { return "logit_scale" }
    let isPlain = name.hasPrefix("img/") || name.hasPrefix("txt/") || name == "t" || name == "b"
    var name = isBigVision && isPlain ? "params/" + name : name
    for legacy in [
      "params/img/Transformer/pos_embedding", "params/img/Transformer/posembed_input/pos_embedding",
    ]
    where name == legacy { name = "params/img/pos_embedding" }
    return name
  }

  /// `X/encoderblock/R` `[L, ...]` becomes L views `X/encoderblock_0/R` and so on.
  private mutating func unstacked(_ name: String, _ plan: TensorPlan) -> [(String, TensorPlan)] {
    guard let range = name.firstRange(ofASCII: "/encoderblock/"), plan.shape.rank > 0,
      (1...4096).contains(plan.shape[0]), plan.shape[0] <= Self.viewLimit - viewCount
    else { return [(name, plan)] }
    viewCount += plan.shape[0]
    var layers: [(String, TensorPlan)] = []
    for layer in 0..<plan.shape[0] {
      guard let row = try? plan.rows(layer..<layer + 1),
        let view = try? row.reshaped(Array(plan.shape.sizes.dropFirst()))
      else { return [(name, plan)] }
      layers.append(
        ("\(name[..<range.lowerBound])/encoderblock_\(layer)/\(name[range.upperBound...])", view))
    }
    wasStacked = true
    return layers
  }
}
