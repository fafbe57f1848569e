/// A run of values that are counted together; `lower == upper` where they are all the same number.
struct ValueCell: Sendable, Equatable {
  var lower: Double
  var upper: Double
  var count: Int

  /// Equal neighbours of a sorted list become one cell.
  static func runs(of sorted: [Double]) -> [ValueCell] {
    var cells: [ValueCell] = []
    for value in sorted {
      if let last = cells.indices.last, cells[last].lower == value {
        cells[last].count += 1
      } else {
        cells.append(ValueCell(lower: value, upper: value, count: 1))
      }
    }
    return cells
  }

  mutating func clamp(to low: Double, _ high: Double) {
    lower = min(max(lower, low), high)
    upper = min(max(upper, low), high)
  }

  /// The value that stands at `position` (0 ..< count) of the cell, if its values are spread evenly.
  func value(at position: Int) -> Double {
    guard upper > lower else { return lower }
    return lower + (upper - lower) * (Double(position) + 0.5) / Double(count)
  }
}

extension Quantile {
  /// Quantiles of sorted cells. Between two neighbouring values they are interpolated linearly.
  static func list(of cells: [ValueCell], fractions: [Double]) -> [Quantile] {
    let count = cells.reduce(0) { $0 + $1.count }
    guard count > 0 else { return [] }
    var ends: [Int] = []
    ends.reserveCapacity(cells.count)
    for cell in cells { ends.append((ends.last ?? 0) + cell.count) }
    func value(ofRank rank: Int) -> Double {
      if rank == 0 { return cells[0].lower }
      if rank == count - 1 { return cells[cells.count - 1].upper }
      var low = 0
      var high = ends.count - 1
      while low < high {
        let middle = (low + high) / 2
        if ends[middle] > rank { high = middle } else { low = middle + 1 }
      }
      return cells[low].value(at: rank - (ends[low] - cells[low].count))
    }
    return fractions.map { fraction in
      let place = min(max(fraction, 0), 1) * Double(count - 1)
      let rank = min(Int(place), count - 1)
      let first = value(ofRank: rank)
      let rest = place - Double(rank)
      guard rest > 0, rank + 1 < count else { return Quantile(fraction: fraction, value: first) }
      return Quantile(
        fraction: fraction, value: first + (value(ofRank: rank + 1) - first) * rest)
    }
  }
}

extension Histogram {
  /// Bins of equal width from `lower` to `upper`, the last one with its upper border; one bin where both are equal.
  ///
  /// A cell that lies across a border is divided by the widths of its parts; counts always sum up exactly.
  init(of cells: [ValueCell], lower: Double, upper: Double, binCount: Int) {
    let span = upper - lower
    guard span > 0, span.isFinite, binCount > 1 else {
      self.init(lower: lower, upper: upper, counts: [cells.reduce(0) { $0 + $1.count }])
      return
    }
    var counts = [Int](repeating: 0, count: binCount)
    func place(of value: Double) -> Double {
      min(max((value - lower) / span * Double(binCount), 0), Double(binCount))
    }
    for cell in cells {
      let start = place(of: cell.lower)
      let end = place(of: cell.upper)
      let first = min(Int(start), binCount - 1)
      let last = min(Int(end), binCount - 1)
      guard last > first else {
        counts[first] += cell.count
        continue
      }
      var given = 0
      for bin in first...last {
        let share = (min(Double(bin + 1), end) - start) / (end - start)
        let upTo = bin == last ? cell.count : Int((Double(cell.count) * share).rounded())
        counts[bin] += upTo - given
        given = upTo
      }
    }
    self.init(lower: lower, upper: upper, counts: counts)
  }
}
