package import Checkpoints
import Dialects

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

extension Catalog {
  /// What a training wrapper put in front of the name of every weight, such as `module.`; empty where there is none.
  package var wrapperPrefix: String { Normalisation(self).strippedPrefix }
}
