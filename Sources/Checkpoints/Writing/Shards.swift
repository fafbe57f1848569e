package import Tensors

/// How tensors are dealt out over several files, and what those are called.
package enum Shards {
  /// Items in their order, in groups of at most `limit` bytes; a larger item has a group of its own.
  ///
  /// - Returns: at least one group.
  package static func dealt<Item>(
    _ items: [Item], limit: Int, byteCount: (Item) -> Int
  ) -> [[Item]] {
    var groups: [[Item]] = [[]]
    var size = 0
    for item in items {
      let count = byteCount(item)
      if size > 0, count > limit - size {
        groups.append([])
        size = 0
      }
      groups[groups.count - 1].append(item)
      size += count
    }
    return groups
  }

  /// `STEM-00002-of-00007SUFFIX`.
  ///
  /// - Parameter number: from 1 on.
  package static func name(_ stem: String, _ number: Int, of count: Int, suffix: String) -> String {
    func padded(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(5 - digits.count, 0)) + digits
    }
    return "\(stem)-\(padded(number))-of-\(padded(count))\(suffix)"
  }

  /// The document that says which tensor is in which file.
  ///
  /// - Parameter byteCount: of all tensors.
  package static func index(
    _ files: [(name: String, tensors: [String])], byteCount: Int
  ) -> JSONValue {
    let places = files.flatMap { file in
      file.tensors.map { JSONObject.Member(key: $0, value: .string(file.name)) }
    }
    return [
      "metadata": ["total_size": .integer(byteCount)], "weight_map": .object(JSONObject(places)),
    ]
  }
}
