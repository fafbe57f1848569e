/// Reads little- and big-endian numbers from bytes that nobody has checked yet.
///
/// Every read is checked against the bytes that are left, and offsets never overflow.
package struct ByteReader {
  package let bytes: UnsafeRawBufferPointer
  package private(set) var offset: Int

  package init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  package var remaining: Int { bytes.count - offset }
  package var isAtEnd: Bool { remaining <= 0 }

  package mutating func seek(to position: Int) throws(OutOfBounds) {
    guard position >= 0, position <= bytes.count else {
      throw OutOfBounds(offset: position, wanted: 0, available: bytes.count)
    }
    offset = position
  }

  package mutating func skip(_ count: Int) throws(OutOfBounds) { _ = try take(count) }

  /// The next `count` bytes; the slice points into the same memory.
  package mutating func take(_ count: Int) throws(OutOfBounds) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else {
      throw OutOfBounds(offset: offset, wanted: count, available: remaining)
    }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  package mutating func read<Number: FixedWidthInteger>(
    _ type: Number.Type = Number.self, order: ByteOrder = .little
  ) throws(OutOfBounds) -> Number {
    let slice = try take(MemoryLayout<Number>.size)
    let raw = slice.loadUnaligned(as: Number.self)
    return order == .little ? Number(littleEndian: raw) : Number(bigEndian: raw)
  }
}

/// A read that would leave the bytes.
package struct OutOfBounds: Error, Equatable, Sendable {
  package var offset: Int
  package var wanted: Int
  package var available: Int

  package init(offset: Int, wanted: Int, available: Int) {
    self.offset = offset
    self.wanted = wanted
    self.available = available
  }
}
