import Tensors

/// An index of shards: `{"metadata": {"total_size": bytes}, "weight_map": {tensor: shard file}}`.
struct ShardIndex {
  static let suffix = ".index.json"
  /// Room for the names of half a million tensors.
  static let byteCountLimit = 64 << 20

  /// Tensor and the name of its shard, in file order.
  private(set) var tensors: [(name: String, shard: Int)] = []
  /// Names of the shards in the order of first mention.
  private(set) var shards: [String] = []
  private(set) var totalSize: Int?
  private(set) var metadata: [MetadataPair] = []

  init(_ path: String) throws(CheckpointError) {
    let file = try CheckpointError.catching(try MappedFile(path: path))
    guard file.byteCount <= Self.byteCountLimit else {
      throw .malformed(
        path: path, place: "",
        reason: "an index of \(file.byteCount) bytes is larger than \(Self.byteCountLimit)")
    }
    defer { withExtendedLifetime(file) {} }
    let root: JSONValue
    do {
      root = try JSONValue(parsing: file.bytes, depthLimit: 32)
    } catch {
      throw .malformed(path: path, place: "offset \(error.offset)", reason: error.reason)
    }
    guard let map = root["weight_map"]?.object else {
      throw .malformed(
        path: path, place: "weight_map", reason: "the index has no object of this name")
    }
    if let key = map.duplicateKey {
      throw .malformed(
        path: path, place: "weight_map", reason: "duplicate name \(JSONValue.quoted(key))")
    }
    var numbers: [ExactString: Int] = [:]
    for member in map.members {
      guard let shard = member.value.string else {
        throw .malformed(
          path: path, place: "weight_map, tensor \(JSONValue.quoted(member.key))",
          reason: "the shard is not given as a string")
      }
      if let number = numbers[ExactString(shard)] {
        tensors.append((member.key, number))
        continue
      }
      guard Self.isPlainName(shard) else {
        throw .malformed(
          path: path, place: "weight_map, tensor \(JSONValue.quoted(member.key))",
          reason: "the shard name \(JSONValue.quoted(shard)) leads out of the folder")
      }
      numbers[ExactString(shard)] = shards.count
      tensors.append((member.key, shards.count))
      shards.append(shard)
    }
    totalSize = root["metadata"]?["total_size"]?.integer
    for member in root["metadata"]?.object?.members ?? [] {
      metadata.append(
        MetadataPair(key: member.key, value: member.value.string ?? member.value.text()))
    }
  }

  /// A shard must be a file of the folder itself.
  private static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && !name.contains("..")
      && !name.utf8.contains { $0 == 0x2F || $0 == 0x5C || $0 == 0 }
  }
}
