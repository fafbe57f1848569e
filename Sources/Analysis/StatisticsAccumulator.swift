import CKernels
import Glibc
package import Tensors

/// Gathers statistics of one tensor from its bytes, piece by piece, in one pass and bounded memory (about 1 MB).
///
/// Besides exact moments it counts how often each of 65,536 cells occurs. For 8- and 16-bit types a cell is one
/// value, so histogram and quantiles are exact. For wider types a cell is all numbers that share their upper 16 bits as
/// float32 (8 bits of precision): quantiles are then within 1/128 of their own size, histogram counts may be off by the
/// values of the cells that a bin border cuts. Tensors of up to 2,048 elements are sorted instead and always exact.
///
/// Complex numbers count by magnitude. One accumulator serves one thread; `reset` makes it ready for the next tensor.
package final class StatisticsAccumulator {
  package private(set) var type: ElementType
  private var moments = ck_moments()
  private let counters: UnsafeMutablePointer<UInt32>
  private var totals: [UInt64]
  private var countedSinceFold = 0
  private var areCellsUsed = false
  /// The first elements as they are stored, kept until there are too many to sort.
  private var few: [UInt8] = []
  private var hasShift = false
  private var elementCount = 0
  /// The finite cells of the last result, kept for their memory.
  private var cells: [ValueCell] = []
  private var special = ck_moments()
  /// Whether the last result has cells wider than two bins of its histogram: values far from zero but close to each other.
  private(set) var isTooCoarse = false

  private static let cellCount = Int(CK_CELL_COUNT)
  static let sortedLimit = 2_048

  package init(type: ElementType) {
    self.type = type
    counters = .allocate(capacity: 2 * Self.cellCount)
    counters.initialize(repeating: 0, count: 2 * Self.cellCount)
    totals = [UInt64](repeating: 0, count: Self.cellCount)
    reset(type: type)
  }

  deinit { counters.deallocate() }

  /// Forgets everything and starts a tensor of another type.
  package func reset(type: ElementType) {
    self.type = type
    moments = ck_moments()
    moments.minimum = .infinity
    moments.maximum = -.infinity
    hasShift = false
    elementCount = 0
    few.removeAll(keepingCapacity: true)
    guard areCellsUsed else { return }
    counters.update(repeating: 0, count: 2 * Self.cellCount)
    totals.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    countedSinceFold = 0
    areCellsUsed = false
  }

  /// Adds whole elements, little-endian.
  ///
  /// The bytes need no alignment. Bytes of an incomplete element are left out.
  package func add(_ bytes: UnsafeRawBufferPointer) {
    let width = type.byteCount
    let count = bytes.count / width
    guard count > 0 else { return }
    let before = elementCount
    elementCount += count
    if elementCount <= Self.sortedLimit {
      few.append(contentsOf: bytes.prefix(count * width))
      return
    }
    if before <= Self.sortedLimit, before > 0 {
      // Too many to sort: what was kept goes into the cells.
      few.withUnsafeBytes { addToCells($0, count: before) }
      few.removeAll(keepingCapacity: true)
    }
    // Counters have 32 bits, so they are emptied long before they can overflow.
    let pieceCount = 1 << 28
    var start = 0
    while start < count {
      let length = min(pieceCount, count - start)
      if countedSinceFold + length > 1 << 30 { fold() }
      addToCells(
        UnsafeRawBufferPointer(rebasing: bytes[(start * width)..<(start + length) * width]),
        count: length)
      countedSinceFold += length
      start += length
    }
  }

  private func fold() {
    totals.withUnsafeMutableBufferPointer { ck_fold_cells(counters, $0.baseAddress) }
    countedSinceFold = 0
  }

  func magnitudeOrValue(at index: Int, in bytes: UnsafeRawBufferPointer) -> Double {
    switch type {
    case .c64, .c128:
      let half = ElementDecoder(type: type == .c64 ? .f32 : .f64)
      let real = half.value(at: 2 * index, in: bytes)
      let imaginary = half.value(at: 2 * index + 1, in: bytes)
      return hypot(real, imaginary)
    default: return ElementDecoder(type: type).value(at: index, in: bytes)
    }
  }

  private func addToCells(_ bytes: UnsafeRawBufferPointer, count: Int) {
    areCellsUsed = true
    switch type {
    case .f32:
      takeShift(from: bytes, count: count)
      ck_statistics_f32(bytes.baseAddress, count, &moments, counters)
    case .f64: addDoubles(bytes, count: count)
    case _ where hasPatternCells && type.byteCount == 2:
      ck_count_16(bytes.baseAddress, count, counters)
    case _ where hasPatternCells: ck_count_8(bytes.baseAddress, count, counters)
    default: convertAndAdd(bytes, count: count)
    }
  }

  /// Whether a cell is a bit pattern of the type itself, not the upper half of a float32.
  private var hasPatternCells: Bool { type.byteCount <= 2 }

  private func convertAndAdd(_ bytes: UnsafeRawBufferPointer, count: Int) {
    let blockCount = 4_096
    var block: [Double] = []
    block.reserveCapacity(blockCount)
    var index = 0
    while index < count {
      block.removeAll(keepingCapacity: true)
      let end = min(index + blockCount, count)
      for element in index..<end { block.append(magnitudeOrValue(at: element, in: bytes)) }
      block.withUnsafeBytes { addDoubles($0, count: block.count) }
      index = end
    }
  }

  private func addDoubles(_ bytes: UnsafeRawBufferPointer, count: Int) {
    areCellsUsed = true
    if !hasShift {
      for index in 0..<count {
        let value = ElementDecoder(type: .f64).value(at: index, in: bytes)
        if value.isFinite {
          moments.shift = value
          break
        }
      }
      hasShift = true
    }
    ck_statistics_f64(bytes.baseAddress, count, &moments, counters)
  }

  /// Sums run over the distance to the first finite value: that keeps the deviation exact where the mean is far from zero.
  private func takeShift(from bytes: UnsafeRawBufferPointer, count: Int) {
    guard !hasShift else { return }
    let decoder = ElementDecoder(type: .f32)
    for index in 0..<min(count, 65_536) {
      let value = decoder.value(at: index, in: bytes)
      if value.isFinite {
        moments.shift = value
        break
      }
    }
    hasShift = true
  }

  // MARK: Results

  package static let usualFractions = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]

  /// What was gathered so far.
  ///
  /// - Parameters:
  ///   - binCount: bins of the histogram, 1 or more.
  ///   - fractions: quantiles wanted, each 0 ... 1; between two values they are interpolated as NumPy does.
  package func statistics(
    binCount: Int = 64, fractions: [Double] = StatisticsAccumulator.usualFractions
  ) -> TensorStatistics {
    if elementCount <= Self.sortedLimit {
      let values = few.withUnsafeBytes { bytes in
        (0..<elementCount).map { magnitudeOrValue(at: $0, in: bytes) }
      }
      takeMoments(of: values)
      cells = ValueCell.runs(of: values.filter(\.isFinite).sorted())
    } else {
      fold()
      collectOccurringCells()
      if hasPatternCells { takeMomentsFromPatterns() }
      for index in cells.indices {
        cells[index].clamp(to: moments.minimum, moments.maximum)
      }
      // Numbers beyond the range of float32 are counted in its last cells.
      if let last = cells.indices.last {
        cells[0].lower = moments.minimum
        cells[last].upper = moments.maximum
      }
    }
    let binWidth = (moments.maximum - moments.minimum) / Double(max(binCount, 1))
    isTooCoarse = cells.contains { $0.upper - $0.lower > 2 * binWidth }
    return TensorStatistics(
      elementCount: elementCount, moments: moments, cells: cells, binCount: binCount,
      fractions: fractions)
  }

  private func takeMoments(of values: [Double]) {
    moments = ck_moments()
    moments.minimum = .infinity
    moments.maximum = -.infinity
    moments.shift = values.first { $0.isFinite } ?? 0
    for value in values { moments.add(value, count: 1) }
  }

  private func takeMomentsFromPatterns() {
    moments = special
    moments.minimum = .infinity
    moments.maximum = -.infinity
    // The cell in the middle keeps the sums small.
    moments.shift = cells.isEmpty ? 0 : cells[cells.count / 2].lower
    for cell in cells { moments.add(cell.lower, count: cell.count) }
  }
}

extension StatisticsAccumulator {
  /// Fills `cells` with the finite cells that occur, in ascending order, and `special` with counts of the others.
  private func collectOccurringCells() {
    // Local names: every access to a property of a class is checked for exclusiveness.
    var found: [ValueCell] = []
    swap(&found, &cells)
    found.removeAll(keepingCapacity: true)
    var others = ck_moments()
    let (type, totals, hasPatternCells) = (type, totals, hasPatternCells)
    let isInteger = [.i64, .i32, .u64, .u32].contains(type)
    let decoder = ElementDecoder(type: type)
    func collect(_ pattern: Int) {
      guard totals[pattern] > 0 else { return }
      let count = Int(clamping: totals[pattern])
      var (near, far): (Double, Double)
      if hasPatternCells {
        near = withUnsafeBytes(of: UInt16(truncatingIfNeeded: pattern).littleEndian) {
          decoder.value(at: 0, in: $0)
        }
        far = near
      } else {
        near = Double(Float(bitPattern: UInt32(pattern) << 16))
        far = Double(Float(bitPattern: UInt32(pattern) << 16 | 0xFFFF))
        // Cells of integers end at an integer: below 256 each cell is one number.
        if isInteger { far.round(.towardZero) }
      }
      guard near.isFinite else { return others.add(near, count: count) }
      found.append(ValueCell(lower: min(near, far), upper: max(near, far), count: count))
    }
    switch type {
    case .i16:
      for pattern in 0x8000..<0x10000 { collect(pattern) }
      for pattern in 0..<0x8000 { collect(pattern) }
    case .u16, .u8, .bool: for pattern in 0..<0x10000 { collect(pattern) }
    case .i8, .f8e4m3, .f8e5m2:
      for pattern in 0..<0x100 { collect(pattern) }
      found.sort { $0.lower < $1.lower }
    default:
      // Sign and magnitude: negative numbers run backwards.
      for pattern in stride(from: 0xFFFF, through: 0x8000, by: -1) { collect(pattern) }
      for pattern in 0..<0x8000 { collect(pattern) }
    }
    swap(&found, &cells)
    special = others
  }
}

extension ck_moments {
  fileprivate mutating func add(_ value: Double, count: Int) {
    let amount = UInt64(count)
    if value.isNaN {
      nan_count += amount
    } else if value.isInfinite {
      if value < 0 { negative_infinity_count += amount } else { positive_infinity_count += amount }
    } else {
      ck_add_distance(&self, value, Double(count))
      minimum = min(minimum, value)
      maximum = max(maximum, value)
      finite_count += amount
      if value == 0 { zero_count += amount }
    }
  }
}

extension TensorStatistics {
  /// `cells` hold the finite values in ascending order.
  fileprivate init(
    elementCount: Int, moments: ck_moments, cells: [ValueCell], binCount: Int, fractions: [Double]
  ) {
    self.init(
      elementCount: elementCount, zeroCount: Int(clamping: moments.zero_count),
      nanCount: Int(clamping: moments.nan_count),
      positiveInfinityCount: Int(clamping: moments.positive_infinity_count),
      negativeInfinityCount: Int(clamping: moments.negative_infinity_count))
    guard moments.finite_count > 0 else { return }
    let count = Double(moments.finite_count)
    let unit = moments.large_sum_of_squares > 0 ? ck_large_scale : Self.unit([moments.shift])
    let shift = moments.shift * unit
    let sum = moments.sum * unit + moments.large_sum
    let squares = moments.sum_of_squares * unit * unit + moments.large_sum_of_squares
    let shiftedMean = sum / count
    minimum = moments.minimum
    maximum = moments.maximum
    // Rounding must not push the mean out of the values.
    mean = min(max((shift + shiftedMean) / unit, moments.minimum), moments.maximum)
    let variance = max(squares / count - shiftedMean * shiftedMean, 0)
    deviation =
      moments.minimum == moments.maximum
      ? 0 : min(variance.squareRoot() / unit, .greatestFiniteMagnitude)
    norm = max(squares + 2 * shift * sum + count * shift * shift, 0).squareRoot() / unit
    sketch = ValueSketch(cells: cells)
    histogram = Histogram(
      of: cells, lower: moments.minimum, upper: moments.maximum, binCount: binCount)
    quantiles = Quantile.list(of: cells, fractions: fractions)
  }

  /// What numbers are multiplied with before they are squared, so that squares and their sums stay numbers.
  static func unit(_ values: [Double]) -> Double {
    values.contains { ck_is_large($0) != 0 } ? ck_large_scale : 1
  }
}
