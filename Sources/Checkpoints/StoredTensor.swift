import Tensors

/// One tensor with the file that holds it: gathers strided, compressed and big-endian storage into plain bytes.
struct StoredTensor {
  let entry: Entry
  let file: MappedFile
  let path: String

  /// Bytes up to which a view may be written out larger than its storage: one stored number can claim any shape.
  private static let expansionLimit = 1 << 28

  private func failure(_ reason: String) -> CheckpointError {
    .unusable(path: path, tensor: entry.name, reason: reason)
  }

  func withContiguousBytes<Result>(
    limit: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let location = entry.location
    guard let count = entry.shape.elementCount else { throw failure("its size overflows") }
    let width = entry.elementType.byteCount
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: width)
    guard !overflow else { throw failure("its size overflows") }
    if byteCount == 0 { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }

    switch location.compression {
    case .none:
      let storage = try slice(at: location.offset, count: location.storageByteCount)
      return try withElements(of: storage, count: count, byteCount: byteCount, limit: limit, body)
    case .deflate(let compressedCount, let skipping):
      let (inflatedCount, tooLong) = location.storageByteCount.addingReportingOverflow(skipping)
      guard !tooLong, skipping >= 0, inflatedCount <= limit else {
        throw failure("it is too large to inflate")
      }
      let source = try slice(at: location.offset, count: compressedCount)
      do {
        return try Inflation.withInflated(source, byteCount: inflatedCount) { bytes in
          let storage = UnsafeRawBufferPointer(rebasing: bytes[skipping...])
          return try withElements(
            of: storage, count: count, byteCount: byteCount, limit: limit, body)
        }
      } catch let fault as InflationFault {
        throw failure(fault.reason)
      }
    }
  }

  private func slice(at offset: Int, count: Int) throws -> UnsafeRawBufferPointer {
    let (end, overflow) = offset.addingReportingOverflow(count)
    guard offset >= 0, count >= 0, !overflow, end <= file.byteCount else {
      throw failure("it claims bytes \(offset)+\(count) but the file ends at \(file.byteCount)")
    }
    return UnsafeRawBufferPointer(rebasing: file.bytes[offset..<end])
  }

  private func withElements<Result>(
    of storage: UnsafeRawBufferPointer, count: Int, byteCount: Int, limit: Int,
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let location = entry.location
    let width = entry.elementType.byteCount
    let sizes = entry.shape.sizes
    let plain = entry.shape.contiguousStrides
    let strides = location.strides ?? plain
    guard let reach = entry.shape.reach(strides: strides, from: location.storageOffset) else {
      throw failure("its strides do not fit its shape")
    }
    guard reach.lowerBound >= 0, reach.upperBound < storage.count / width else {
      throw failure("it reaches outside its storage of \(storage.count) bytes")
    }
    let isContiguous = zip(zip(sizes, strides), plain)
      .allSatisfy { $0.0.0 <= 1 || $0.0.1 == $0.1 }
    let start = location.storageOffset * width
    if isContiguous, location.order == .little || entry.elementType.wordByteCount == 1 {
      return try body(UnsafeRawBufferPointer(rebasing: storage[start..<start + byteCount]))
    }
    guard byteCount <= min(limit, max(storage.count, Self.expansionLimit)) else {
      throw failure("writing it out would take \(byteCount) bytes")
    }
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    defer { target.deallocate() }
    if isContiguous {
      target.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<start + byteCount]))
    } else {
      // The stride of an axis of size 1 is not bounded by anything, and never needed.
      let steps = zip(sizes, strides).map { $0 > 1 ? $1 : 0 }
      gather(from: storage, into: target, sizes: sizes, strides: steps, width: width)
    }
    if location.order == .big { Self.swapWords(target, width: entry.elementType.wordByteCount) }
    return try body(UnsafeRawBufferPointer(target))
  }

  /// Copies a strided view row by row; the caller has checked that it stays inside.
  private func gather(
    from storage: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
    sizes: [Int], strides: [Int], width: Int
  ) {
    guard let source = storage.baseAddress, let output = target.baseAddress else { return }
    let rowLength = sizes.last ?? 1
    let rowStride = (strides.last ?? 1) * width
    let rowCount = rowLength == 0 ? 0 : target.count / width / rowLength
    var index = [Int](repeating: 0, count: max(sizes.count - 1, 0))
    var element = entry.location.storageOffset
    var written = 0
    for _ in 0..<rowCount {
      let row = source + element * width
      if rowStride == width {
        (output + written).copyMemory(from: row, byteCount: rowLength * width)
        written += rowLength * width
      } else {
        for column in 0..<rowLength {
          (output + written).copyMemory(from: row + column * rowStride, byteCount: width)
          written += width
        }
      }
      var axis = index.count - 1
      while axis >= 0 {
        index[axis] += 1
        element += strides[axis]
        if index[axis] < sizes[axis] { break }
        element -= strides[axis] * sizes[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }

  static func swapWords(_ bytes: UnsafeMutableRawBufferPointer, width: Int) {
    guard width > 1 else { return }
    for start in stride(from: 0, to: bytes.count - width + 1, by: width) {
      for i in 0..<width / 2 { bytes.swapAt(start + i, start + width - 1 - i) }
    }
  }
}
