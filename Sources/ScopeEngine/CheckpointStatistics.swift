package import Analysis
package import Checkpoints

/// Statistics of many tensors and their sum.
package struct CheckpointStatistics: Sendable {
  package struct Item: Sendable {
    /// Index into `Catalog.entries`.
    package var entry: Int
    package var result: Result<TensorStatistics, CheckpointError>
  }

  /// In the order in which they were asked for.
  package var items: [Item]
  /// Over all tensors that could be read; its quantiles and histogram are within 1/16 of their own size.
  package var total: TensorStatistics

  init(items: [Item]) {
    self.items = items
    total = TensorStatistics.merged(
      items.compactMap { item in
        if case .success(let statistics) = item.result { statistics } else { nil }
      })
  }
}
