/// How often values of each size occur, coarsely: at most a few hundred cells of 1/16 relative width.
///
/// Kept with the statistics of a tensor so that those of many tensors can be rolled up.
package struct ValueSketch: Sendable, Equatable {
  /// Cells in ascending order.
  private(set) var cells: [ValueCell]

  init(cells: [ValueCell]) {
    var coarse: [ValueCell] = []
    for cell in cells {
      if let last = coarse.indices.last,
        Self.group(of: coarse[last].lower) == Self.group(of: cell.upper)
      {
        coarse[last].upper = cell.upper
        coarse[last].count += cell.count
      } else {
        coarse.append(cell)
      }
    }
    self.cells = coarse
  }

  /// Sign, exponent and four bits of the fraction of the nearest float32.
  private static func group(of value: Double) -> UInt32 { Float(value).bitPattern >> 19 }

  /// Cells of both, in order; cells that fall into one group become one.
  func merged(with other: ValueSketch) -> ValueSketch {
    ValueSketch(
      cells: (cells + other.cells).sorted { ($0.lower, $0.upper) < ($1.lower, $1.upper) }
        .reduce(into: []) { result, cell in
          // Groups overlap only within themselves, so the wider end counts.
          if let last = result.indices.last,
            Self.group(of: result[last].lower) == Self.group(of: cell.lower)
          {
            result[last].upper = max(result[last].upper, cell.upper)
            result[last].count += cell.count
          } else {
            result.append(cell)
          }
        })
  }
}

extension TensorStatistics {
  /// Statistics of all elements of several tensors together.
  ///
  /// Counts, extremes and moments are as exact as those of the parts; quantiles and histogram come from
  /// the sketches: within 1/16 of their own size.
  package static func merged(
    _ parts: [TensorStatistics], binCount: Int = 64,
    fractions: [Double] = StatisticsAccumulator.usualFractions
  ) -> TensorStatistics {
    var total = TensorStatistics(elementCount: 0)
    var finiteCount = 0.0
    var mean = 0.0
    var squaredDistances = 0.0
    var norm = 0.0
    let unit = unit(parts.flatMap { [$0.mean ?? 0, $0.deviation ?? 0] })
    // Sketches are merged pairwise, so that each cell is moved about log(n) times.
    var sketches: [ValueSketch] = []
    for part in parts {
      total.elementCount += part.elementCount
      total.zeroCount += part.zeroCount
      total.nanCount += part.nanCount
      total.positiveInfinityCount += part.positiveInfinityCount
      total.negativeInfinityCount += part.negativeInfinityCount
      guard let partMean = part.mean, let partDeviation = part.deviation, let partNorm = part.norm,
        let low = part.minimum, let high = part.maximum
      else { continue }
      total.minimum = min(total.minimum ?? low, low)
      total.maximum = max(total.maximum ?? high, high)
      // Chan, Golub, LeVeque (1979): means and squared distances of two sets.
      let count = Double(part.elementCount - part.nanCount - part.infinityCount)
      let sum = finiteCount + count
      let distance = partMean * unit - mean
      let scaledDeviation = partDeviation * unit
      mean += distance * count / sum
      squaredDistances +=
        scaledDeviation * scaledDeviation * count
        + distance * distance * finiteCount * count / sum
      finiteCount = sum
      let scale = max(norm, partNorm)
      if scale > 0, scale.isFinite {
        norm =
          scale
          * ((norm / scale) * (norm / scale) + (partNorm / scale) * (partNorm / scale)).squareRoot()
      } else {
        norm = scale
      }
      if let sketch = part.sketch { sketches.append(sketch) }
    }
    guard finiteCount > 0, let low = total.minimum, let high = total.maximum else { return total }
    total.mean = mean / unit
    total.deviation = min(
      (squaredDistances / finiteCount).squareRoot() / unit, .greatestFiniteMagnitude)
    total.norm = norm
    while sketches.count > 1 {
      sketches = stride(from: 0, to: sketches.count, by: 2).map { index in
        index + 1 < sketches.count
          ? sketches[index].merged(with: sketches[index + 1]) : sketches[index]
      }
    }
    if let sketch = sketches.first {
      total.sketch = sketch
      total.histogram = Histogram(of: sketch.cells, lower: low, upper: high, binCount: binCount)
      total.quantiles = Quantile.list(of: sketch.cells, fractions: fractions)
    }
    return total
  }
}
