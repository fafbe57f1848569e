import Checkpoints

/// What hangs on a leaf of the tree: a tensor of the checkpoint, of the one beside it, of both, or a value.
struct TreeItem: Sendable, Equatable {
  /// Index into the catalog's entries, -1 where the checkpoint lacks it.
  var left: Int32
  /// Index into the entries of the checkpoint beside it, -1 where that one lacks it.
  var right: Int32
  /// Index into the catalog's other values, -1 for tensors.
  var value: Int32
  var path: [String]
  /// False for optimizer state and everything else outside the weights.
  var isWeight: Bool

  var name: String { path.joined(separator: ".") }
  var isTensor: Bool { value < 0 }

  /// Parts of the path, split at dots: what becomes levels of the tree.
  ///
  /// Bounded, however many dots a name has.
  var components: [Substring] {
    var result: [Substring] = []
    result.reserveCapacity(8)
    for element in path {
      // Over bytes: a dot is one byte wherever it stands, and whole characters cost ten times as much to walk.
      let bytes = element.utf8
      var start = bytes.startIndex
      var index = start
      while index < bytes.endIndex {
        if bytes[index] == UInt8(ascii: "."), result.count < Self.deepest - 1 {
          result.append(element[start..<index])
          start = bytes.index(after: index)
        }
        index = bytes.index(after: index)
      }
      result.append(element[start...])
    }
    return result
  }

  private static let deepest = 48
}

extension TreeItem {
  /// The items of a checkpoint, joined with those of another by name (relative to each one's weights).
  static func items(of catalog: Catalog, beside other: Catalog?) -> [TreeItem] {
    var items: [TreeItem] = []
    items.reserveCapacity(catalog.entries.count + catalog.others.count)
    var places: [String: Int] = [:]
    for (index, entry) in catalog.entries.enumerated() {
      let isWeight = entry.path.starts(with: catalog.weightsRoot)
      if other != nil { places[alignmentName(entry.path, root: catalog.weightsRoot)] = items.count }
      items.append(
        TreeItem(
          left: Int32(truncatingIfNeeded: index), right: -1, value: -1, path: entry.path,
          isWeight: isWeight))
    }
    if let other {
      for (index, entry) in other.entries.enumerated() {
        let name = alignmentName(entry.path, root: other.weightsRoot)
        if let place = places[name], items[place].right < 0 {
          items[place].right = Int32(truncatingIfNeeded: index)
        } else {
          let isWeight = entry.path.starts(with: other.weightsRoot)
          let path =
            isWeight
            ? catalog.weightsRoot + entry.path.dropFirst(other.weightsRoot.count) : entry.path
          items.append(
            TreeItem(
              left: -1, right: Int32(truncatingIfNeeded: index), value: -1, path: path,
              isWeight: isWeight))
        }
      }
    }
    for (index, value) in catalog.others.enumerated() {
      items.append(
        TreeItem(
          left: -1, right: -1, value: Int32(truncatingIfNeeded: index), path: value.path,
          isWeight: false))
    }
    return items
  }

  /// Weights are compared by the name below the weights' root; the rest by the full name, marked so that it cannot be mistaken.
  private static func alignmentName(_ path: [String], root: [String]) -> String {
    path.starts(with: root)
      ? path.dropFirst(root.count).joined(separator: ".")
      : "\u{0}" + path.joined(separator: ".")
  }
}
