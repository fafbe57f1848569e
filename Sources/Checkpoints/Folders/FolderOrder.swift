/// Which file of a folder is opened first.
enum FolderOrder {
  /// OpenCLIP's own search order, with indexes of shards put beside the file that they stand for.
  static let preferred = [
    "open_clip_model.safetensors", "open_clip_model.safetensors.index.json",
    "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.pth", "model.safetensors", "model.safetensors.index.json",
    "pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model.pth", "model.pth",
  ]

  /// Files that trainers leave beside the weights.
  static func isNotWeights(_ name: String) -> Bool {
    [
      "training_args.bin", "optimizer.bin", "optimizer.pt", "scheduler.bin", "scheduler.pt",
      "scaler.pt", "random_states_0.pkl", "rng_state.pth",
    ].contains(name)
  }

  /// Whether `left` is opened rather than `right`.
  static func precedes(_ left: String, _ right: String) -> Bool {
    let (a, b) = (rank(left), rank(right))
    if a != b { return a < b }
    if let x = epoch(left), let y = epoch(right), x != y { return x > y }
    return NumericOrder.precedes(left, right)
  }

  private static func rank(_ name: String) -> Int {
    if let place = preferred.firstIndex(of: name) { return place }
    let rest = preferred.count
    if name.hasSuffix(ShardIndex.suffix) { return rest }
    if epoch(name) != nil { return rest + 1 }
    let endings = [".safetensors", ".bin", ".pth", ".pt"]
    return rest + 2 + (endings.firstIndex { name.hasSuffix($0) } ?? endings.count)
  }

  /// N of `epoch_N.pt`, `epoch-N.ckpt`, `epochN.pth`, ...; nil for other names.
  static func epoch(_ name: String) -> Int? {
    guard name.hasPrefix("epoch") else { return nil }
    let digits = name.dropFirst(5).drop { $0 == "_" || $0 == "-" || $0 == "=" }
      .prefix { $0.isASCII && $0.isNumber }
    return Int(digits)
  }

  /// `model` of `model.safetensors.index.json`.
  static func stem(ofIndex name: String) -> String {
    let stem = name.dropLast(ShardIndex.suffix.count)
    return String(stem.lastIndex(of: ".").map { stem[..<$0] } ?? stem)
  }

  /// `model` of `model-00001-of-00002.safetensors`; nil for names that are not a shard.
  static func stem(ofShard name: String) -> String? {
    guard let dot = name.lastIndex(of: ".") else { return nil }
    let parts = name[..<dot].split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[parts.count - 2] == "of",
      Int(parts[parts.count - 1]) != nil, Int(parts[parts.count - 3]) != nil
    else { return nil }
    return parts.dropLast(3).joined(separator: "-")
  }
}
