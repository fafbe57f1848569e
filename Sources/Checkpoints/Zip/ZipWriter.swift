import CDeflate
import Tensors

/// Writes a zip file of stored members, each beginning at a multiple of 64 bytes; zip64 where numbers need it.
final class ZipWriter {
  struct WrongLength: Error { var found: Int }

  private struct Record {
    var name: [UInt8]
    var byteCount: Int
    var offset: Int
    var checksum: UInt32
  }

  private static let alignment = 64
  private let output: PartFile
  private let root: String
  private var records: [Record] = []

  init(path: String, root: String) throws(CheckpointError) {
    output = try PartFile(target: path)
    self.root = root
  }

  func add(_ name: String, _ bytes: [UInt8]) throws {
    try add(name, byteCount: bytes.count) { emit in try bytes.withUnsafeBytes { try emit($0) } }
  }

  /// - Throws: `WrongLength` when `produce` hands out more or less than `byteCount`.
  func add(
    _ name: String, byteCount: Int,
    produce: (_ emit: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    let start = output.offset
    let nameBytes = Array("\(root)/\(name)".utf8)
    let isWide = byteCount >= Int(UInt32.max)
    var fixed: [UInt8] = []
    Self.put(UInt32(0x0403_4B50), &fixed)
    Self.put(UInt16(isWide ? 45 : 20), &fixed)
    // Names are UTF-8; date 1980-01-01, so that equal content gives equal files.
    for word in [0x800, 0, 0, 0x21] as [UInt16] { Self.put(word, &fixed) }
    Self.put(UInt32(0), &fixed)
    let size = isWide ? UInt32.max : UInt32(byteCount)
    Self.put(size, &fixed)
    Self.put(size, &fixed)
    Self.put(UInt16(nameBytes.count), &fixed)
    var extra: [UInt8] = []
    if isWide {
      Self.put(UInt16(1), &extra)
      Self.put(UInt16(16), &extra)
      Self.put(UInt64(byteCount), &extra)
      Self.put(UInt64(byteCount), &extra)
    }
    // An extra field of its own (`FB`, as PyTorch calls it) pads up to the alignment.
    let unpadded = start + fixed.count + 2 + nameBytes.count + extra.count + 4
    let padding = (Self.alignment - unpadded % Self.alignment) % Self.alignment
    Self.put(UInt16(0x4246), &extra)
    Self.put(UInt16(padding), &extra)
    extra += [UInt8](repeating: 0x5A, count: padding)
    Self.put(UInt16(extra.count), &fixed)
    try output.write(fixed + nameBytes + extra)

    var checksum: UInt32 = 0
    var written = 0
    try produce { bytes in
      written += bytes.count
      guard written <= byteCount else { throw WrongLength(found: written) }
      // libdeflate answers a missing buffer with a fresh checksum, so empty pieces must not reach it.
      if bytes.isEmpty { return }
      checksum = libdeflate_crc32(checksum, bytes.baseAddress, bytes.count)
      try output.write(bytes)
    }
    guard written == byteCount else { throw WrongLength(found: written) }
    var sum: [UInt8] = []
    Self.put(checksum, &sum)
    try output.patch(sum, at: start + 14)
    records.append(
      Record(name: nameBytes, byteCount: byteCount, offset: start, checksum: checksum))
  }

  func finish() throws(CheckpointError) {
    let start = output.offset
    for record in records { try output.write(Self.directoryEntry(record)) }
    let size = output.offset - start
    var end: [UInt8] = []
    if start >= Int(UInt32.max) || size >= Int(UInt32.max) || records.count >= Int(UInt16.max) {
      let place = output.offset
      Self.put(UInt32(0x0606_4B50), &end)
      Self.put(UInt64(44), &end)
      Self.put(UInt16(45), &end)
      Self.put(UInt16(45), &end)
      Self.put(UInt64(0), &end)
      Self.put(UInt64(records.count), &end)
      Self.put(UInt64(records.count), &end)
      Self.put(UInt64(size), &end)
      Self.put(UInt64(start), &end)
      Self.put(UInt32(0x0706_4B50), &end)
      Self.put(UInt32(0), &end)
      Self.put(UInt64(place), &end)
      Self.put(UInt32(1), &end)
    }
    Self.put(UInt32(0x0605_4B50), &end)
    Self.put(UInt32(0), &end)
    let count = UInt16(clamping: records.count)
    Self.put(count, &end)
    Self.put(count, &end)
    Self.put(UInt32(clamping: size), &end)
    Self.put(UInt32(clamping: start), &end)
    Self.put(UInt16(0), &end)
    try output.write(end)
    try output.finish()
  }

  private static func directoryEntry(_ record: Record) -> [UInt8] {
    var extra: [UInt8] = []
    if record.byteCount >= Int(UInt32.max) {
      put(UInt64(record.byteCount), &extra)
      put(UInt64(record.byteCount), &extra)
    }
    if record.offset >= Int(UInt32.max) { put(UInt64(record.offset), &extra) }
    var wide: [UInt8] = []
    if !extra.isEmpty {
      put(UInt16(1), &wide)
      put(UInt16(extra.count), &wide)
      wide += extra
    }
    var entry: [UInt8] = []
    put(UInt32(0x0201_4B50), &entry)
    put(UInt16(wide.isEmpty ? 20 : 45), &entry)
    put(UInt16(wide.isEmpty ? 20 : 45), &entry)
    for word in [0x800, 0, 0, 0x21] as [UInt16] { put(word, &entry) }
    put(record.checksum, &entry)
    put(UInt32(clamping: record.byteCount), &entry)
    put(UInt32(clamping: record.byteCount), &entry)
    put(UInt16(record.name.count), &entry)
    put(UInt16(wide.count), &entry)
    for _ in 0..<3 { put(UInt16(0), &entry) }
    put(UInt32(0), &entry)
    put(UInt32(clamping: record.offset), &entry)
    return entry + record.name + wide
  }

  private static func put<Number: FixedWidthInteger>(_ value: Number, _ bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes += Array($0) }
  }
}
