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
  /// Over all tensors that could be read.
  ///
  /// Quantiles are not a sum of parts: the total has none.
  package var total: TensorStatistics

  init(items: [Item]) {
    self.items = items
    total = TensorStatistics.combining(
      items.compactMap { item in
        if case .success(let statistics) = item.result { statistics } else { nil }
      })
  }
}

extension TensorStatistics {
  /// Statistics of the union of disjoint parts (Chan, Golub and LeVeque 1983 for the deviation).
  ///
  /// The histogram is rebuilt from those of the parts: each bin is spread evenly over the bins that it meets.
  package static func combining(_ parts: [TensorStatistics]) -> TensorStatistics {
    var sum = TensorStatistics(elementCount: 0)
    var finite = 0
    var mean = 0.0
    var squares = 0.0
    var normSquared = 0.0
    for part in parts {
      sum.elementCount += part.elementCount
      sum.zeroCount += part.zeroCount
      sum.nanCount += part.nanCount
      sum.positiveInfinityCount += part.positiveInfinityCount
      sum.negativeInfinityCount += part.negativeInfinityCount
      let count = part.elementCount - part.nanCount - part.infinityCount
      guard count > 0, let partMean = part.mean, let minimum = part.minimum,
        let maximum = part.maximum
      else { continue }
      sum.minimum = Swift.min(sum.minimum ?? minimum, minimum)
      sum.maximum = Swift.max(sum.maximum ?? maximum, maximum)
      let total = finite + count
      let delta = partMean - mean
      let deviation = part.deviation ?? 0
      mean += delta * Double(count) / Double(total)
      squares +=
        deviation * deviation * Double(count)
        + delta * delta * Double(finite) * Double(count) / Double(total)
      normSquared += (part.norm ?? 0) * (part.norm ?? 0)
      finite = total
    }
    guard finite > 0, let lower = sum.minimum, let upper = sum.maximum else { return sum }
    sum.mean = mean
    sum.deviation = (squares / Double(finite)).squareRoot()
    sum.norm = normSquared.squareRoot()
    let histograms = parts.compactMap(\.histogram)
    if !histograms.isEmpty {
      sum.histogram = Histogram.combining(histograms, lower: lower, upper: upper)
    }
    return sum
  }
}

extension Histogram {
  /// Counts of `parts` over common bins from `lower` to `upper`; the sum of the counts is kept exactly.
  static func combining(_ parts: [Histogram], lower: Double, upper: Double) -> Histogram {
    let binCount = parts.map(\.counts.count).max() ?? 0
    var bins = [Double](repeating: 0, count: binCount)
    let width = (upper - lower) / Double(max(binCount, 1))
    func bin(_ value: Double) -> Int {
      guard width > 0, width.isFinite else { return 0 }
      let position = (value - lower) / width
      return min(max(position.isFinite ? Int(position.rounded(.down)) : 0, 0), binCount - 1)
    }
    for part in parts where !part.counts.isEmpty {
      let step = (part.upper - part.lower) / Double(part.counts.count)
      for (index, count) in part.counts.enumerated() where count > 0 {
        let start = part.lower + Double(index) * step
        let first = bin(start)
        let last = bin(start + step)
        if first == last || step <= 0 || !step.isFinite {
          bins[first] += Double(count)
          continue
        }
        for target in first...last {
          let left = max(lower + Double(target) * width, start)
          let right = min(lower + Double(target + 1) * width, start + step)
          bins[target] += Double(count) * max(right - left, 0) / step
        }
      }
    }
    // Rounded so that nothing is lost: what one bin rounds away the next one gets.
    var carried = 0.0
    let counts = bins.map { exact in
      let whole = (exact + carried).rounded()
      carried += exact - whole
      return Int(whole)
    }
    return Histogram(lower: lower, upper: upper, counts: counts)
  }
}
