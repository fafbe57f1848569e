import COpenBLAS
package import Tensors

extension SingularSpectrum {
  /// The smaller side of a matrix may have at most this many rows or columns.
  package static let sideLimit = 4_096
  /// A matrix whose sides are alike may have at most this many elements: it is copied as float32 (256 MiB).
  package static let copiedElementLimit = 1 << 26
  /// A matrix that is at least four times longer than wide is read in blocks and may have this many elements.
  package static let streamedElementLimit = 1 << 30

  /// Singular values of a tensor, seen as the matrix `[shape[0], rest]` (a vector is one row).
  ///
  /// Matrices with sides alike go through LAPACK's `sgesdd` in float32. Where one side is at least four times longer, the eigenvalues of
  /// the small Gram matrix are taken (`dsyevd`, float64, blocks of bounded size): values below 1e-7 of the
  /// largest are then only noise, and given as they come out.
  /// - Parameters:
  ///   - bytes: row-major little-endian elements of the whole tensor.
  ///   - isCancelled: asked between blocks; one LAPACK call itself runs to its end.
  /// - Throws: `AnalysisError.complex`, `.tooLarge`, `.notFinite`, `.failed`, `.cancelled`.
  package init(
    of bytes: UnsafeRawBufferPointer, type: ElementType, shape: Shape,
    isCancelled: () -> Bool = { false }
  ) throws(AnalysisError) {
    guard !type.isComplex else { throw .complex }
    guard let count = shape.elementCount, bytes.count / type.byteCount >= count else {
      throw .badSlice("the bytes do not cover the shape \(shape)")
    }
    let rows = shape.rank < 2 ? 1 : shape[0]
    let columns = shape.rank == 0 ? 1 : shape.rank == 1 ? shape[0] : rows == 0 ? 0 : count / rows
    guard count > 0 else {
      self.init(values: [], rows: rows, columns: columns, rank90: 0)
      return
    }
    let matrix = StoredMatrix(bytes: bytes, type: type, rows: rows, columns: columns)
    let (short, long) = (min(rows, columns), max(rows, columns))
    guard short <= Self.sideLimit else {
      throw .tooLarge(
        rows: rows, columns: columns, limit: "the smaller side may have \(Self.sideLimit)")
    }
    openblas_set_num_threads(1)
    let values: [Float]
    if long / 4 >= short {
      guard count <= Self.streamedElementLimit else {
        throw .tooLarge(
          rows: rows, columns: columns,
          limit: "at most \(Self.streamedElementLimit) elements are read")
      }
      values = try matrix.singularValuesByGram(isCancelled: isCancelled)
    } else {
      guard count <= Self.copiedElementLimit else {
        throw .tooLarge(
          rows: rows, columns: columns,
          limit: "at most \(Self.copiedElementLimit) elements are copied")
      }
      values = try matrix.singularValuesDirectly(isCancelled: isCancelled)
    }
    self.init(values: values, rows: rows, columns: columns, rank90: Self.rank(of: values))
  }

  /// Smallest number of leading values that hold 90 % of the sum of squares; 0 where all are zero.
  private static func rank(of values: [Float]) -> Int {
    let total = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    guard total > 0 else { return 0 }
    var sum = 0.0
    for (index, value) in values.enumerated() {
      sum += Double(value) * Double(value)
      if sum >= 0.9 * total { return index + 1 }
    }
    return values.count
  }
}

private struct StoredMatrix {
  let bytes: UnsafeRawBufferPointer
  let type: ElementType
  let rows: Int
  let columns: Int

  /// `sgesdd` is column-major, so it sees the transpose, which has the same singular values.
  func singularValuesDirectly(isCancelled: () -> Bool) throws(AnalysisError) -> [Float] {
    var copy = [Float](repeating: 0, count: rows * columns)
    let decoder = ElementDecoder(type: type)
    for row in 0..<rows {
      if isCancelled() { throw .cancelled }
      for index in row * columns..<(row + 1) * columns {
        let value = Float(decoder.value(at: index, in: bytes))
        guard value.isFinite else { throw .notFinite }
        copy[index] = value
      }
    }
    let short = min(rows, columns)
    var m = Int32(columns)
    var n = Int32(rows)
    var leading = Int32(columns)
    var leadingU: Int32 = 1
    var leadingV: Int32 = 1
    var values = [Float](repeating: 0, count: short)
    var integers = [Int32](repeating: 0, count: 8 * short)
    // Never written with "N".
    var u: Float = 0
    var v: Float = 0
    var size: Float = 0
    var ask: Int32 = -1
    var info: Int32 = 0
    sgesdd_(
      "N", &m, &n, &copy, &leading, &values, &u, &leadingU, &v, &leadingV, &size, &ask, &integers,
      &info)
    guard info == 0, size.isFinite, size >= 1 else { throw .failed(code: Int(info)) }
    // The size comes back as a float, which rounds large numbers: leave room.
    var workCount = Int32(clamping: Int(size) + Int(size) / 1_024 + 64)
    var work = [Float](repeating: 0, count: Int(workCount))
    if isCancelled() { throw .cancelled }
    sgesdd_(
      "N", &m, &n, &copy, &leading, &values, &u, &leadingU, &v, &leadingV, &work, &workCount,
      &integers, &info)
    guard info == 0 else { throw .failed(code: Int(info)) }
    return values
  }

  func singularValuesByGram(isCancelled: () -> Bool) throws(AnalysisError) -> [Float] {
    let short = min(rows, columns)
    var gram = [Double](repeating: 0, count: short * short)
    let decoder = ElementDecoder(type: type)
    // Blocks of about 2 MB: `length` vectors of `short` numbers, row-major.
    let blockLength = max(1, (1 << 18) / short)
    var block = [Double](repeating: 0, count: blockLength * short)
    let long = max(rows, columns)
    var start = 0
    while start < long {
      if isCancelled() { throw .cancelled }
      let length = min(blockLength, long - start)
      if columns <= rows {
        for index in 0..<length * short {
          let value = decoder.value(at: start * columns + index, in: bytes)
          guard value.isFinite else { throw .notFinite }
          block[index] = value
        }
        // G += Bt B, B is [length, short].
        cblas_dsyrk(
          CblasRowMajor, CblasUpper, CblasTrans, Int32(short), Int32(length), 1, block,
          Int32(short), 1, &gram, Int32(short))
      } else {
        for row in 0..<rows {
          for column in 0..<length {
            let value = decoder.value(at: row * columns + start + column, in: bytes)
            guard value.isFinite else { throw .notFinite }
            block[row * length + column] = value
          }
        }
        // G += B Bt, B is [short, length].
        cblas_dsyrk(
          CblasRowMajor, CblasUpper, CblasNoTrans, Int32(short), Int32(length), 1, block,
          Int32(length), 1, &gram, Int32(short))
      }
      start += length
    }
    // Row-major upper is column-major lower.
    var n = Int32(short)
    var leading = n
    var eigenvalues = [Double](repeating: 0, count: short)
    var workCount = Int32(2 * short + 1)
    var work = [Double](repeating: 0, count: max(Int(workCount), 64 * short + 64))
    workCount = Int32(clamping: work.count)
    var integerCount: Int32 = 16
    var integers = [Int32](repeating: 0, count: 16)
    var info: Int32 = 0
    if isCancelled() { throw .cancelled }
    dsyevd_(
      "N", "L", &n, &gram, &leading, &eigenvalues, &work, &workCount, &integers, &integerCount,
      &info)
    guard info == 0 else { throw .failed(code: Int(info)) }
    return eigenvalues.reversed().map { Float(max($0, 0).squareRoot()) }
  }
}
