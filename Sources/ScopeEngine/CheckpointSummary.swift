package import Checkpoints
import Tensors

/// What a checkpoint is, in a few lines: the answer of `info`.
///
/// Counts are of the weights alone (`Catalog.weightsRoot`), shared storage once: optimizer state is not part of a model.
package struct CheckpointSummary: Sendable, Equatable {
  package struct TypeCount: Sendable, Equatable {
    /// The container's own name where it says more than ours.
    package var type: String
    package var tensorCount: Int
  }

  package var container: ContainerKind
  package var identification: DialectIdentification
  package var tensorCount: Int
  package var parameterCount: Int
  package var byteCount: Int
  /// Most frequent first.
  package var types: [TypeCount]
  /// Tensors outside the weights: optimizer state, schedulers, ...
  package var otherTensorCount: Int
  package var warnings: [String]

  init(of session: Session) {
    let catalog = session.catalog
    let entries = session.indicesOfWeights.map { catalog.entries[$0] }
    container = catalog.container
    identification = session.identification()
    tensorCount = entries.count
    let held = StorageAccount(entries).total
    parameterCount = held.elementCount
    byteCount = held.byteCount
    otherTensorCount = catalog.entries.count - entries.count
    var counts: [String: Int] = [:]
    for entry in entries {
      counts[entry.foreignType ?? entry.elementType.rawValue, default: 0] += 1
    }
    types = counts.map { TypeCount(type: $0.key, tensorCount: $0.value) }
      .sorted { ($1.tensorCount, $0.type) < ($0.tensorCount, $1.type) }
    warnings = catalog.diagnostics.filter { $0.severity != .note }.map(\.sentence)
    let unreadable = entries.filter { !$0.isReadable }
    warnings += unreadable.prefix(20).map {
      "tensor `\($0.name)` cannot be read: \($0.remarks.first ?? "its bytes are out of reach")"
    }
    if unreadable.count > 20 {
      warnings.append("\(unreadable.count - 20) more tensors cannot be read")
    }
    warnings += identification.warnings
  }
}

extension Diagnostic {
  /// Place and message as one sentence.
  package var sentence: String { place.isEmpty ? message : "\(place): \(message)" }
}

extension Session {
  package func summary() -> CheckpointSummary { CheckpointSummary(of: self) }
}
