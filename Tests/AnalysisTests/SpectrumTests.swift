import Analysis
import Tensors
import TestSupport
import Testing

@Suite("Singular values") struct SpectrumTests {
  @Test func theOracleIsThere() { #expect(StatisticsOracle.spectra.count == 5) }

  @Test(arguments: StatisticsOracle.spectra)
  func agreeWithNumPy(_ row: StatisticsOracle.Spectrum) throws {
    let type = try #require(ElementType(rawValue: row.dtype))
    let bytes = StatisticsOracle.bytes(row.offset, row.bytes)
    let spectrum = try bytes.withUnsafeBytes {
      try SingularSpectrum(of: $0, type: type, shape: Shape(row.shape))
    }
    #expect(spectrum.values.count == row.values.count)
    #expect(spectrum.rank90 == row.rank90)
    for (value, expected) in zip(spectrum.values, row.values) {
      #expect(abs(value - expected) <= 2e-6 * row.values[0], "\(row.label)")
    }
  }

  @Test func refusesWhatItCannotCompute() throws {
    let bytes = [UInt8](repeating: 0xFF, count: 64)
    func spectrum(_ shape: Shape) throws -> SingularSpectrum {
      try bytes.withUnsafeBytes { try SingularSpectrum(of: $0, type: .f32, shape: shape) }
    }
    #expect(throws: AnalysisError.notFinite) { try spectrum([4, 4]) }
    #expect(throws: AnalysisError.notFinite) { try spectrum([16]) }
    #expect(throws: AnalysisError.self) { try spectrum([4, 5]) }
    #expect(throws: AnalysisError.self) { try spectrum([.max, .max]) }
    #expect(try spectrum([0, 4]).values.isEmpty)
    #expect(throws: AnalysisError.complex) {
      try bytes.withUnsafeBytes { try SingularSpectrum(of: $0, type: .c64, shape: [2, 4]) }
    }
    let zeros = [UInt8](repeating: 0, count: 5_000 * 5_000)
    #expect(throws: AnalysisError.self) {
      try zeros.withUnsafeBytes { try SingularSpectrum(of: $0, type: .u8, shape: [5_000, 5_000]) }
    }
    #expect(throws: AnalysisError.cancelled) {
      try zeros.withUnsafeBytes {
        try SingularSpectrum(of: $0, type: .u8, shape: [50, 50], isCancelled: { true })
      }
    }
  }
}

@Suite("Slice picture") struct SlicePictureTests {
  @Test func blockMeansAgreeWithNumPy() throws {
    let oracle = try StatisticsOracle.load().picture
    let bytes = StatisticsOracle.bytes(oracle.offset, oracle.bytes)
    let selection = SliceSelection(
      rowAxis: oracle.rowAxis, columnAxis: oracle.columnAxis, indices: oracle.indices)
    let picture = try bytes.withUnsafeBytes {
      try SlicePicture(
        of: $0, type: .f32, shape: Shape(oracle.shape), selection: selection, rows: 4, columns: 4)
    }
    #expect(picture.rows == 4)
    #expect(picture.columns == 4)
    #expect(picture.blockRows == 3)
    #expect(picture.blockColumns == 4)
    #expect(picture.sliceRows == 10)
    #expect(picture.sliceColumns == 13)
    for (value, expected) in zip(picture.values, oracle.means.joined()) {
      #expect(abs(value - expected) < 1e-6)
    }
  }

  private let numbers = (0..<12).map(Float.init)

  private func picture(
    _ shape: Shape, strides: [Int]? = nil, offset: Int = 0, selection: SliceSelection? = nil,
    rows: Int = 10, columns: Int = 10
  ) throws -> SlicePicture {
    try numbers.withUnsafeBytes {
      try SlicePicture(
        of: $0, type: .f32, shape: shape, strides: strides, storageOffset: offset,
        selection: selection, rows: rows, columns: columns)
    }
  }

  @Test func followsStrides() throws {
    #expect(try picture([3, 4]).values == numbers)
    #expect(
      try picture([4, 3], strides: [1, 4]).values == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    #expect(try picture([2, 2], strides: [0, 1], offset: 10).values == [10, 11, 10, 11])
    #expect(try picture([12]).rows == 1)
    #expect(try picture([]).values == [0])
    #expect(try picture([0, 4]).values.isEmpty)
    #expect(try picture([4, 0]).values.isEmpty)
  }

  @Test func refusesSlicesOutsideTheStorage() {
    for body: () throws -> SlicePicture in [
      { try picture([4, 4]) }, { try picture([3, 4], offset: 1) },
      { try picture([3, 4], offset: -1) },
      { try picture([3, 4], strides: [.max, 1]) }, { try picture([3, 4], strides: [-4, 1]) },
      { try picture([3, 4], strides: [1]) }, { try picture([3, 4], rows: 0) },
      {
        try picture([3, 4], selection: SliceSelection(rowAxis: 1, columnAxis: 1, indices: [0, 0]))
      },
      {
        try picture(
          [3, 2, 2], selection: SliceSelection(rowAxis: 1, columnAxis: 2, indices: [3, 0, 0]))
      },
    ] {
      #expect(throws: AnalysisError.self) { _ = try body() }
    }
  }

  @Test func leavesOutWhatIsNotFinite() throws {
    let values: [Float] = [1, .nan, .infinity, .nan, 3, .nan]
    let picture = try values.withUnsafeBytes {
      try SlicePicture(of: $0, type: .f32, shape: [2, 3], rows: 1, columns: 3)
    }
    #expect(picture.values[0] == 1)
    #expect(picture.values[1] == 3)
    #expect(picture.values[2].isNaN)
  }
}
