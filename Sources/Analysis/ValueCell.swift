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
  /// Quantiles of sorted cells.
  ///
  /// Between two neighbouring values they are interpolated linearly.
  static func list(of cells: [ValueCell], fractions: [Double]) -> [Quantile] {
    let count = cells.reduce(0) { $0 + $1.count }
    guard count > 0 else { return [] }
    let places = fractions.map { min(max($0, 0), 1) * Double(count - 1) }
    // One walk over the cells finds all ranks that are needed.
    let ranks = places.flatMap { [min(Int($0), count - 1), min(Int($0) + 1, count - 1)] }
    var values = [Double](repeating: 0, count: ranks.count)
    var cell = 0
    var passed = 0
    for index in ranks.indices.sorted(by: { ranks[$0] < ranks[$1] }) {
      while ranks[index] >= passed + cells[cell].count {
        passed += cells[cell].count
        cell += 1
      }
      values[index] = cells[cell].value(at: ranks[index] - passed)
      if ranks[index] == 0 { values[index] = cells[0].lower }
      if ranks[index] == count - 1 { values[index] = cells[cells.count - 1].upper }
    }
    return fractions.indices.map { index in
      let rest = places[index] - Double(ranks[2 * index])
      let first = values[2 * index]
      let second = values[2 * index + 1]
      // The difference of the largest numbers overflows.
      let value =
        (second - first).isFinite
        ? first + (second - first) * rest : first * (1 - rest) + second * rest
      return Quantile(fraction: fractions[index], value: rest > 0 ? value : first)
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
