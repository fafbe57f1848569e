import CDeflate
import Tensors

/// Writes a zip archive of stored members, front to back, in one pass.
///
/// Checksums and sizes follow each member's data (flag bit 3), so that a member can be written while it is being made. Data begins at
/// multiples of 64 bytes: an extra field `FB` fills the local header, as torch does it for mapping.
struct ZipWriter {
  private struct Record {
    var name: [UInt8]
    var checksum: UInt32
    var byteCount: Int
    var headerOffset: Int
  }

  private let output: OutputFile
  private var records: [Record] = []

  init(_ output: OutputFile) { self.output = output }

  mutating func add(_ name: String, _ data: [UInt8]) throws {
    try add(name, byteCount: data.count) { emit in try data.withUnsafeBytes { try emit($0) } }
  }

  /// - Throws: what `produce` throws, and `CheckpointError` where it emits another number of bytes than announced.
  mutating func add(
    _ name: String, byteCount: Int,
    produce: (_ emit: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    let headerOffset = output.byteCount
    let nameBytes = Array(name.utf8)
    try output.write(localHeader(nameBytes, byteCount: byteCount))
    var checksum: UInt32 = 0
    var written = 0
    try produce { piece in
      written += piece.count
      try output.write(piece) {
        checksum = libdeflate_crc32(checksum, $0.baseAddress, $0.count)
      }
    }
    guard written == byteCount else {
      throw CheckpointError.unusable(
        path: output.target, tensor: name,
        reason: "\(byteCount) bytes were announced, \(written) came")
    }
    try output.write(dataDescriptor(checksum: checksum, byteCount: byteCount))
    records.append(
      Record(
        name: nameBytes, checksum: checksum, byteCount: byteCount, headerOffset: headerOffset))
  }

  /// What stands in front of the data that comes next, up to the first byte of it.
  private func localHeader(_ name: [UInt8], byteCount: Int) -> [UInt8] {
    let isLarge = isLarge(byteCount)
    var extra: [UInt8] = []
    if isLarge {
      append(&extra, UInt16(1))
      append(&extra, UInt16(16))
      append(&extra, UInt64(0))
      append(&extra, UInt64(0))
    }
    let unpadded = output.byteCount + 30 + name.count + extra.count + 4
    let padding = (64 - unpadded % 64) % 64
    append(&extra, UInt16(0x4246))  // "FB"
    append(&extra, UInt16(padding))
    extra += Array(repeating: UInt8(ascii: "Z"), count: padding)

    var header: [UInt8] = []
    append(&header, UInt32(0x0403_4B50))
    append(&header, UInt16(isLarge ? 45 : 20))
    append(&header, UInt16(0x0808))  // sizes follow; names are UTF-8
    append(&header, UInt16(0))
    // Midnight of the first day of 1980: outputs do not differ by their date.
    append(&header, UInt32(0x0021_0000))
    append(&header, UInt32(0))
    append(&header, UInt32(isLarge ? 0xFFFF_FFFF : 0))
    append(&header, UInt32(isLarge ? 0xFFFF_FFFF : 0))
    append(&header, UInt16(name.count))
    append(&header, UInt16(extra.count))
    return header + name + extra
  }

  /// What follows the data.
  private func dataDescriptor(checksum: UInt32, byteCount: Int) -> [UInt8] {
    var descriptor: [UInt8] = []
    append(&descriptor, UInt32(0x0807_4B50))
    append(&descriptor, checksum)
    // Compressed and plain size, which are the same.
    for _ in 0..<2 {
      if isLarge(byteCount) {
        append(&descriptor, UInt64(byteCount))
      } else {
        append(&descriptor, UInt32(byteCount))
      }
    }
    return descriptor
  }

  /// Whether a member's size needs the fields of Zip64.
  private func isLarge(_ byteCount: Int) -> Bool { byteCount >= 0xFFFF_FFFF }

  /// Writes the directory.
  func finish() throws {
    let start = output.byteCount
    for record in records { try output.write(centralHeader(record)) }
    let size = output.byteCount - start
    var end: [UInt8] = []
    let needsLarge = start >= 0xFFFF_FFFF || records.count >= 0xFFFF
    if needsLarge {
      let zip64Start = output.byteCount
      append(&end, UInt32(0x0606_4B50))
      append(&end, UInt64(44))
      append(&end, UInt16(45))
      append(&end, UInt16(45))
      append(&end, UInt32(0))
      append(&end, UInt32(0))
      append(&end, UInt64(records.count))
      append(&end, UInt64(records.count))
      append(&end, UInt64(size))
      append(&end, UInt64(start))
      append(&end, UInt32(0x0706_4B50))
      append(&end, UInt32(0))
      append(&end, UInt64(zip64Start))
      append(&end, UInt32(1))
    }
    append(&end, UInt32(0x0605_4B50))
    append(&end, UInt32(0))
    append(&end, UInt16(min(records.count, 0xFFFF)))
    append(&end, UInt16(min(records.count, 0xFFFF)))
    append(&end, UInt32(min(size, 0xFFFF_FFFF)))
    append(&end, UInt32(min(start, 0xFFFF_FFFF)))
    append(&end, UInt16(0))
    try output.write(end)
  }

  private func centralHeader(_ record: Record) -> [UInt8] {
    var extra: [UInt8] = []
    let isLarge = record.byteCount >= 0xFFFF_FFFF
    let isFar = record.headerOffset >= 0xFFFF_FFFF
    if isLarge || isFar {
      append(&extra, UInt16(1))
      append(&extra, UInt16((isLarge ? 16 : 0) + (isFar ? 8 : 0)))
      if isLarge {
        append(&extra, UInt64(record.byteCount))
        append(&extra, UInt64(record.byteCount))
      }
      if isFar { append(&extra, UInt64(record.headerOffset)) }
    }
    var header: [UInt8] = []
    append(&header, UInt32(0x0201_4B50))
    append(&header, UInt16(45))
    append(&header, UInt16(isLarge || isFar ? 45 : 20))
    append(&header, UInt16(0x0808))
    append(&header, UInt16(0))
    append(&header, UInt32(0x0021_0000))
    append(&header, record.checksum)
    append(&header, UInt32(isLarge ? 0xFFFF_FFFF : record.byteCount))
    append(&header, UInt32(isLarge ? 0xFFFF_FFFF : record.byteCount))
    append(&header, UInt16(record.name.count))
    append(&header, UInt16(extra.count))
    append(&header, UInt16(0))
    append(&header, UInt16(0))
    append(&header, UInt16(0))
    append(&header, UInt32(0))
    append(&header, UInt32(isFar ? 0xFFFF_FFFF : record.headerOffset))
    return header + record.name + extra
  }

  private func append<Word: FixedWidthInteger>(_ bytes: inout [UInt8], _ value: Word) {
    withUnsafeBytes(of: value.littleEndian) { bytes += Array($0) }
  }
}
