import CDeflate
import Tensors

/// The table of contents of a zip file: names, sizes and places, read from the central directory alone.
///
/// ```
/// [local header, data]*  central directory  [zip64 record, locator]  end record
/// ```
/// Sizes come from the central directory, so members with data descriptors need no special care. Names are
/// only ever compared, never used as paths of files.
struct ZipArchive {
  struct Member {
    var name: String
    var isStored: Bool
    var method: UInt16
    var isEncrypted: Bool
    var compressedCount: Int
    var byteCount: Int
    var headerOffset: Int
    /// Where the next member or the directory begins: the data ends before it.
    var limit: Int
  }

  let path: String
  let file: MappedFile
  private(set) var members: [Member] = []
  private var indices: [String: Int] = [:]

  static let memberLimit = 2_000_000

  /// - Throws: `CheckpointError.malformed` when the directory is missing, leaves the file, or lists members that overlap.
  init(path: String, file: MappedFile) throws(CheckpointError) {
    self.path = path
    self.file = file
    do {
      try readDirectory()
    } catch let error as OutOfBounds {
      throw .malformed(
        path: path, place: "offset \(error.offset)", reason: "the zip directory ends too early")
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw .malformed(path: path, place: "", reason: "the zip directory cannot be read")
    }
  }

  func member(_ name: String) -> Member? { indices[name].map { members[$0] } }

  private func fault(_ place: String, _ reason: String) -> CheckpointError {
    .malformed(path: path, place: place, reason: reason)
  }

  /// Offset of the end record: the last one whose comment ends at or before the end of the file.
  private func endRecordOffset() -> Int? {
    let bytes = file.bytes
    guard bytes.count >= 22 else { return nil }
    let lowest = max(0, bytes.count - 22 - 65_535)
    var position = bytes.count - 22
    while position >= lowest {
      if bytes[position] == 0x50, bytes[position + 1] == 0x4B, bytes[position + 2] == 5,
        bytes[position + 3] == 6,
        position + 22 + Int(bytes[position + 20]) + Int(bytes[position + 21]) << 8 <= bytes.count
      {
        return position
      }
      position -= 1
    }
    return nil
  }

  private mutating func readDirectory() throws {
    guard let end = endRecordOffset() else {
      throw fault("", "incomplete: no central directory (the file was cut short)")
    }
    var reader = ByteReader(file.bytes, at: end)
    try reader.skip(4)
    let disk: UInt16 = try reader.read()
    try reader.skip(4)
    let count16: UInt16 = try reader.read()
    let size32: UInt32 = try reader.read()
    let offset32: UInt32 = try reader.read()
    var count = Int(count16)
    var size = Int(size32)
    var offset = Int(offset32)
    var directoryEnd = end
    if count16 == .max || size32 == .max || offset32 == .max || disk == .max, end >= 20 {
      var locator = ByteReader(file.bytes, at: end - 20)
      if try locator.read(UInt32.self) == 0x0706_4B50 {
        try locator.skip(4)
        let record64 = try locator.read(UInt64.self)
        guard let record = Int(exactly: record64), record <= end - 20 else {
          throw fault("zip64 locator", "points to offset \(record64) outside the file")
        }
        var wide = ByteReader(file.bytes, at: record)
        guard try wide.read(UInt32.self) == 0x0606_4B50 else {
          throw fault("offset \(record)", "no zip64 end record where the locator points")
        }
        try wide.skip(28)
        let wideCount = try wide.read(UInt64.self)
        let wideSize = try wide.read(UInt64.self)
        let wideOffset = try wide.read(UInt64.self)
        count = Int(clamping: wideCount)
        size = Int(clamping: wideSize)
        offset = Int(clamping: wideOffset)
        directoryEnd = record
      }
    }
    guard size <= directoryEnd, offset <= directoryEnd - size else {
      throw fault(
        "central directory", "claims bytes \(offset)+\(size) but its end record is at \(directoryEnd)"
      )
    }
    // Bytes in front of the archive (a self-extracting stub) shift every offset.
    let shift = directoryEnd - size - offset
    let start = offset + shift
    guard count <= min(size / 46, Self.memberLimit) else {
      throw fault("central directory", "claims \(count) members in \(size) bytes")
    }
    try readMembers(count: count, start: start, end: directoryEnd, shift: shift)
  }

  private mutating func readMembers(count: Int, start: Int, end: Int, shift: Int) throws {
    var reader = ByteReader(
      UnsafeRawBufferPointer(rebasing: file.bytes[0..<end]), at: start)
    members.reserveCapacity(count)
    for index in 0..<count {
      guard try reader.read(UInt32.self) == 0x0201_4B50 else {
        throw fault("central directory", "entry \(index) has no signature")
      }
      try reader.skip(4)
      let flags: UInt16 = try reader.read()
      let method: UInt16 = try reader.read()
      try reader.skip(8)
      let compressed32: UInt32 = try reader.read()
      let size32: UInt32 = try reader.read()
      let nameCount: UInt16 = try reader.read()
      let extraCount: UInt16 = try reader.read()
      let commentCount: UInt16 = try reader.read()
      try reader.skip(8)
      let offset32: UInt32 = try reader.read()
      let name = String(decoding: try reader.take(Int(nameCount)), as: UTF8.self)
      let extra = try reader.take(Int(extraCount))
      try reader.skip(Int(commentCount))
      var compressed = UInt64(compressed32)
      var size = UInt64(size32)
      var offset = UInt64(offset32)
      if compressed32 == .max || size32 == .max || offset32 == .max {
        var fields = ByteReader(extra)
        while fields.remaining >= 4 {
          let kind: UInt16 = try fields.read()
          let length: UInt16 = try fields.read()
          guard Int(length) <= fields.remaining else { break }
          var field = ByteReader(try fields.take(Int(length)))
          guard kind == 1 else { continue }
          if size32 == .max { size = try field.read() }
          if compressed32 == .max { compressed = try field.read() }
          if offset32 == .max { offset = try field.read() }
        }
      }
      let (place, overflow) = Int(clamping: offset).addingReportingOverflow(shift)
      guard !overflow, place <= start - 30, start >= 30,
        compressed <= UInt64(start - 30 - place)
      else {
        throw fault(
          "member `\(name)`",
          "claims bytes \(offset)+\(compressed) but the members end at \(start)")
      }
      let byteCount = Int(clamping: size)
      if method == 0, size != compressed {
        throw fault(
          "member `\(name)`", "is stored but claims \(size) bytes where \(compressed) are")
      }
      if indices.updateValue(members.count, forKey: name) != nil {
        throw fault("member `\(name)`", "is in the zip directory twice")
      }
      members.append(
        Member(
          name: name, isStored: method == 0, method: method, isEncrypted: flags & 1 != 0,
          compressedCount: Int(compressed), byteCount: byteCount, headerOffset: place,
          limit: start))
    }
    try checkOverlaps()
  }

  private mutating func checkOverlaps() throws {
    let order = members.indices.sorted { members[$0].headerOffset < members[$1].headerOffset }
    for (this, next) in zip(order, order.dropFirst()) {
      let limit = members[next].headerOffset
      guard members[this].headerOffset + 30 + members[this].compressedCount <= limit else {
        throw fault(
          "member `\(members[this].name)`", "overlaps member `\(members[next].name)`")
      }
      members[this].limit = limit
    }
  }

  /// Where the data of a member begins; reads the local header, whose extra field has a length of its own.
  func dataOffset(of member: Member) throws(CheckpointError) -> Int {
    let place = "member `\(member.name)`"
    do {
      var reader = ByteReader(file.bytes, at: member.headerOffset)
      guard try reader.read(UInt32.self) == 0x0403_4B50 else {
        throw fault(place, "has no local header at offset \(member.headerOffset)")
      }
      try reader.skip(22)
      let nameCount: UInt16 = try reader.read()
      let extraCount: UInt16 = try reader.read()
      let name = try reader.take(Int(nameCount))
      guard String(decoding: name, as: UTF8.self) == member.name else {
        throw fault(place, "has another name in its local header")
      }
      try reader.skip(Int(extraCount))
      guard reader.offset <= member.limit, member.compressedCount <= member.limit - reader.offset
      else {
        throw fault(place, "reaches into what follows it at offset \(member.limit)")
      }
      return reader.offset
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw fault(place, "has a local header that leaves the file")
    }
  }

  /// Why the data of a member cannot be used, nil where it can.
  func obstacle(of member: Member) -> String? {
    if member.isEncrypted { return "is encrypted" }
    if member.method != 0, member.method != 8 {
      return "uses compression method \(member.method), which is not read here"
    }
    // Deflate cannot do better than 1032 to 1.
    if member.method == 8, member.byteCount / 1032 > member.compressedCount {
      return "claims \(member.byteCount) bytes from \(member.compressedCount) compressed ones"
    }
    return nil
  }

  /// All bytes of a small member, inflated where needed.
  func withContents<Result>(
    of member: Member, limit: Int = 1 << 29,
    _ body: (UnsafeRawBufferPointer, _ offsetInFile: Int?) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result {
    let place = "member `\(member.name)`"
    if let obstacle = obstacle(of: member) { throw fault(place, obstacle) }
    let offset = try dataOffset(of: member)
    let source = UnsafeRawBufferPointer(
      rebasing: file.bytes[offset..<offset + member.compressedCount])
    if member.isStored { return try body(source, offset) }
    guard member.byteCount <= limit else {
      throw fault(place, "is too large to inflate (\(member.byteCount) bytes)")
    }
    let target = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(member.byteCount, 1), alignment: 64)
    defer { target.deallocate() }
    guard let decompressor = libdeflate_alloc_decompressor() else {
      throw fault(place, "no memory to inflate it")
    }
    defer { libdeflate_free_decompressor(decompressor) }
    var written = 0
    let result = libdeflate_deflate_decompress(
      decompressor, source.baseAddress, source.count, target.baseAddress, member.byteCount,
      &written)
    guard result == LIBDEFLATE_SUCCESS, written == member.byteCount else {
      throw fault(place, "its compressed data is damaged")
    }
    return try body(UnsafeRawBufferPointer(rebasing: target[0..<written]), nil)
  }
}
