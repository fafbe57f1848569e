import CDeflate

/// Why compressed bytes cannot be inflated.
struct InflationFault: Error, Equatable {
  var reason: String
}

/// Inflates whole raw deflate streams (RFC 1951) whose inflated size is known.
enum Inflation {
  /// A deflate stream cannot grow more than about 1032 times.
  private static let growthLimit = 1040

  /// Hands out the inflated bytes for the time of `body`.
  ///
  /// - Parameter byteCount: the size that the container claims; checked against what `source` can hold before memory is taken, and against
  ///   what comes out.
  /// - Throws: `InflationFault`, or what `body` throws.
  static func withInflated<Result>(
    _ source: UnsafeRawBufferPointer, byteCount: Int,
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard byteCount >= 0, byteCount / growthLimit <= max(source.count, 1) else {
      throw InflationFault(reason: "it claims to inflate to more than its data can hold")
    }
    let target = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(byteCount, 1), alignment: 64)
    defer { target.deallocate() }
    guard let decompressor = libdeflate_alloc_decompressor() else {
      throw InflationFault(reason: "there is no memory to inflate it")
    }
    defer { libdeflate_free_decompressor(decompressor) }
    var written = 0
    let status = libdeflate_deflate_decompress(
      decompressor, source.baseAddress, source.count, target.baseAddress, byteCount, &written)
    guard status == LIBDEFLATE_SUCCESS, written == byteCount else {
      throw InflationFault(reason: "its compressed data is damaged")
    }
    return try body(UnsafeRawBufferPointer(rebasing: target[..<byteCount]))
  }
}
