package import Tensors

extension TensorStatistics {
  /// Statistics of a whole tensor, its row-major little-endian bytes given at once.
  ///
  /// One pass; a second one only where all values are so close to each other, far from zero, that the cells of the
  /// first cannot tell them apart.
  ///
  /// - Parameters:
  ///   - isCancelled: asked every 4 MiB.
  ///   - pieceRead: told the range of bytes that will not be read again, for readers that let pages go.
  /// - Returns: nil when cancelled.
  package static func computed(
    over bytes: UnsafeRawBufferPointer, type: ElementType,
    using accumulator: StatisticsAccumulator? = nil, binCount: Int = 64,
    fractions: [Double] = StatisticsAccumulator.usualFractions,
    isCancelled: () -> Bool = { false }, pieceRead: (Range<Int>) -> Void = { _ in }
  ) -> TensorStatistics? {
    let gathered = accumulator ?? StatisticsAccumulator(type: type)
    gathered.reset(type: type)
    // A multiple of every element width and of the page size.
    let pieceByteCount = 4 << 20
    var start = 0
    while start < bytes.count {
      if isCancelled() { return nil }
      let end = min(start + pieceByteCount, bytes.count)
      gathered.add(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      pieceRead(start..<end)
      start = end
    }
    var result = gathered.statistics(binCount: binCount, fractions: fractions)
    guard gathered.isTooCoarse, let low = result.minimum, let high = result.maximum else {
      return result
    }
    // Rare: a second pass over evenly spaced cells.
    var even = EvenCells(lower: low, upper: high)
    start = 0
    while start < bytes.count {
      if isCancelled() { return nil }
      let end = min(start + pieceByteCount, bytes.count)
      even.add(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), reading: gathered)
      pieceRead(start..<end)
      start = end
    }
    let cells = even.cells
    result.sketch = ValueSketch(cells: cells)
    result.histogram = Histogram(of: cells, lower: low, upper: high, binCount: binCount)
    result.quantiles = Quantile.list(of: cells, fractions: fractions)
    return result
  }
}

/// Evenly wide cells between two values, 256 to a bin of the usual histogram.
private struct EvenCells {
  let lower: Double
  let upper: Double
  private var counts = [Int](repeating: 0, count: 16_384)

  init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  mutating func add(_ bytes: UnsafeRawBufferPointer, reading accumulator: StatisticsAccumulator) {
    let scale = Double(counts.count) / (upper - lower)
    for index in 0..<bytes.count / accumulator.type.byteCount {
      let value = accumulator.magnitudeOrValue(at: index, in: bytes)
      guard value >= lower, value <= upper else { continue }
      let place = (value - lower) * scale
      counts[place < Double(counts.count) ? Int(place) : counts.count - 1] += 1
    }
  }

  var cells: [ValueCell] {
    let width = (upper - lower) / Double(counts.count)
    return counts.indices.filter { counts[$0] > 0 }.map { index in
      ValueCell(
        lower: lower + Double(index) * width,
        upper: index == counts.count - 1 ? upper : lower + Double(index + 1) * width,
        count: counts[index])
    }
  }
}
