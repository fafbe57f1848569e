import Checkpoints

extension Session {
  /// Indices of the entries that are the model's weights: those below `Catalog.weightsRoot`.
  package var indicesOfWeights: [Int] {
    let root = catalog.weightsRoot
    return catalog.entries.indices.filter { catalog.entries[$0].path.starts(with: root) }
  }

  /// Name of an entry within the weights, as the model itself calls it.
  package func weightName(of index: Int) -> String {
    let path = catalog.entries[index].path
    let root = catalog.weightsRoot
    return path.starts(with: root)
      ? path.dropFirst(root.count).joined(separator: ".") : catalog.entries[index].name
  }
}
