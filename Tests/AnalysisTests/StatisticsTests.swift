import Analysis
import Foundation
import Tensors
import TestSupport
import Testing

/// What NumPy says of the same bytes (`Tests/Oracle/tensor_statistics.py`).
struct StatisticsOracle: Decodable {
  struct Row: Decodable, Sendable, CustomTestStringConvertible {
    var label: String
    var dtype: String
    var offset: Int
    var bytes: Int
    var count: Int
    var zeros: Int
    var nan: Int
    var positiveInfinity: Int
    var negativeInfinity: Int
    var min: Double?
    var max: Double?
    var mean: Double?
    var std: Double?
    var l2: Double?
    var quantiles: [Double]?
    var histogram: [Int]?
    var testDescription: String { label }
  }
  struct Spectrum: Decodable, Sendable, CustomTestStringConvertible {
    var label: String
    var dtype: String
    var shape: [Int]
    var offset: Int
    var bytes: Int
    var values: [Float]
    var rank90: Int
    var testDescription: String { label }
  }
  struct Picture: Decodable, Sendable {
    var shape: [Int]
    var offset: Int
    var bytes: Int
    var rowAxis: Int
    var columnAxis: Int
    var indices: [Int]
    var means: [[Float]]
  }
  var tensors: [Row]
  var spectra: [Spectrum]
  var picture: Picture

  static func load() throws -> StatisticsOracle {
    let url = URL(fileURLWithPath: Fixtures.path("statistics/expected.json"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(StatisticsOracle.self, from: Data(contentsOf: url))
  }

  static let values: [UInt8] = {
    FileManager.default.contents(atPath: Fixtures.path("statistics/values.bin")).map(Array.init)
      ?? []
  }()

  static func bytes(_ offset: Int, _ count: Int) -> [UInt8] {
    Array(values[offset..<offset + count])
  }

  static let rows = (try? load().tensors) ?? []
  static let spectra = (try? load().spectra) ?? []
}

@Suite("Statistics") struct StatisticsTests {
  @Test func theOracleIsThere() { #expect(StatisticsOracle.rows.count == 61) }

  private func isNear(_ value: Double?, _ expected: Double?, _ tolerance: Double) -> Bool {
    guard let value, let expected else { return value == nil && expected == nil }
    return abs(value - expected) <= tolerance * Swift.max(abs(expected), 1e-30)
  }

  private func check(
    _ found: TensorStatistics, _ row: StatisticsOracle.Row, isExact: Bool, isShapeKnown: Bool = true
  ) {
    #expect(found.elementCount == row.count)
    #expect(found.zeroCount == row.zeros)
    #expect(found.nanCount == row.nan)
    #expect(found.positiveInfinityCount == row.positiveInfinity)
    #expect(found.negativeInfinityCount == row.negativeInfinity)
    // NumPy's magnitude of a complex number is not rounded like `hypot`.
    let slack = row.dtype == "C64" ? 1e-15 : 0
    #expect(isNear(found.minimum, row.min, slack))
    #expect(isNear(found.maximum, row.max, slack))
    // The mean of numbers around zero loses digits against their size.
    let size = Swift.max(abs(row.min ?? 0), abs(row.max ?? 0))
    #expect(abs((found.mean ?? 0) - (row.mean ?? 0)) <= 1e-12 * size)
    #expect((found.mean == nil) == (row.mean == nil))
    #expect(isNear(found.norm, row.l2, 1e-11))
    if row.min == row.max {
      #expect(found.deviation == (row.min == nil ? nil : 0))
    } else {
      #expect(isNear(found.deviation, row.std, 1e-9), "\(row.label)")
    }
    guard let quantiles = row.quantiles else {
      #expect(found.quantiles.isEmpty)
      #expect(found.histogram == nil)
      return
    }
    guard isShapeKnown else { return }
    for (quantile, expected) in zip(found.quantiles, quantiles) {
      let allowed =
        isExact ? 1e-12 * size : abs(expected) / 128 + ((row.max ?? 0) - (row.min ?? 0)) / 16_384
      #expect(abs(quantile.value - expected) <= allowed, "\(row.label) \(quantile.fraction)")
    }
    #expect(found.quantiles.count == quantiles.count)
    let histogram = found.histogram
    #expect(isNear(histogram?.lower, row.min, slack))
    #expect(isNear(histogram?.upper, row.max, slack))
    #expect(histogram?.counts.reduce(0, +) == row.count - row.nan - found.infinityCount)
    if let expected = row.histogram, let counts = histogram?.counts {
      let moved = zip(counts, expected).reduce(0) { $0 + abs($1.0 - $1.1) }
      // Values next to a border may fall on its other side by rounding.
      #expect(
        Double(moved) <= Double(row.count) * (isExact ? 0.002 : 0.03), "\(row.label) \(moved)")
    }
  }

  @Test(arguments: StatisticsOracle.rows)
  func agreeWithNumPy(_ row: StatisticsOracle.Row) throws {
    let type = try #require(ElementType(rawValue: row.dtype))
    let bytes = StatisticsOracle.bytes(row.offset, row.bytes)
    let isExact = type.byteCount <= 2 || row.count <= 2_048
    let whole = try #require(
      bytes.withUnsafeBytes { TensorStatistics.computed(over: $0, type: type) })
    check(whole, row, isExact: isExact)

    // The same in pieces, with an accumulator that has seen something else before, at an odd address.
    let accumulator = StatisticsAccumulator(type: .f32)
    [Float](repeating: 3, count: 10_000).withUnsafeBytes { accumulator.add($0) }
    accumulator.reset(type: type)
    let shifted = [0] + bytes
    shifted.withUnsafeBytes { buffer in
      var start = 1
      while start < buffer.count {
        let end = Swift.min(start + 1_504, buffer.count)
        accumulator.add(UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
        start = end
      }
    }
    check(
      accumulator.statistics(), row, isExact: isExact,
      isShapeKnown: !["F32-far", "F32-tiny"].contains(row.label))
  }

  /// Squares of such numbers leave the range of a float64; the deviation and the norm need not.
  @Test(
    "The deviation and the norm of huge numbers are numbers", arguments: [1, 1_000],
    [1e155, 0x1p398, 0x1.4p398, 0x1p400, 1e200, 1e305])
  func hugeNumbers(repeats: Int, size: Double) throws {
    let pattern = [3 * size, -1 * size, 2, 4 * size]
    let values = (0..<repeats).flatMap { _ in pattern }
    let found = try #require(
      values.withUnsafeBytes { TensorStatistics.computed(over: $0, type: .f64) })
    // In units of `size`: mean 1.5, squares 9 + 1 + 16.
    #expect(isNear(found.mean, 1.5 * size, 1e-12))
    #expect(isNear(found.deviation, (26.0 / 4 - 2.25).squareRoot() * size, 1e-12))
    let norm = (26 * Double(repeats)).squareRoot() * size
    #expect(isNear(found.norm, norm, 1e-12))
    let merged = TensorStatistics.merged([found, found])
    #expect(isNear(merged.mean, found.mean, 1e-12))
    #expect(isNear(merged.deviation, found.deviation, 1e-12))
    #expect(isNear(merged.norm, norm * 2.0.squareRoot(), 1e-12))
  }

  @Test("The ends of the float64 range have a mean and a deviation") func endsOfTheRange() throws {
    let end = Double.greatestFiniteMagnitude
    let found = try #require(
      [end, -end].withUnsafeBytes { TensorStatistics.computed(over: $0, type: .f64) })
    #expect(found.mean == 0 && isNear(found.deviation, end, 1e-12))
    let quantiles = found.quantiles.map(\.value)
    #expect(quantiles.allSatisfy { $0.isFinite }, "\(quantiles)")
    #expect(quantiles == quantiles.sorted())
    #expect(found.histogram?.counts.reduce(0, +) == 2)
  }

  @Test func rollUpIsTheStatisticsOfAllTogether() throws {
    let rows = StatisticsOracle.rows.filter {
      $0.dtype == "F32" && $0.label != "F32-far" && $0.label != "F32-tiny"
    }
    var parts: [TensorStatistics] = []
    var all: [UInt8] = []
    for row in rows {
      let bytes = StatisticsOracle.bytes(row.offset, row.bytes)
      all += bytes
      parts.append(
        try #require(bytes.withUnsafeBytes { TensorStatistics.computed(over: $0, type: .f32) }))
    }
    let merged = TensorStatistics.merged(parts)
    let whole = try #require(
      all.withUnsafeBytes { TensorStatistics.computed(over: $0, type: .f32) })
    #expect(merged.elementCount == whole.elementCount)
    #expect(merged.nanCount == whole.nanCount)
    #expect(merged.infinityCount == whole.infinityCount)
    #expect(merged.zeroCount == whole.zeroCount)
    #expect(merged.minimum == whole.minimum)
    #expect(merged.maximum == whole.maximum)
    #expect(isNear(merged.mean, whole.mean, 1e-10))
    #expect(isNear(merged.deviation, whole.deviation, 1e-10))
    #expect(isNear(merged.norm, whole.norm, 1e-10))
    for (a, b) in zip(merged.quantiles, whole.quantiles) {
      #expect(abs(a.value - b.value) <= abs(b.value) / 16 + 1e-3)
    }
    #expect(merged.histogram?.counts.reduce(0, +) == whole.histogram?.counts.reduce(0, +))
    #expect(TensorStatistics.merged([]).minimum == nil)
  }

  @Test func stopsWhenCancelled() {
    let bytes = [UInt8](repeating: 0, count: 64)
    let result = bytes.withUnsafeBytes {
      TensorStatistics.computed(over: $0, type: .f32, isCancelled: { true })
    }
    #expect(result == nil)
  }
}
