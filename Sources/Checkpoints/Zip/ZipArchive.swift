import Tensors

/// One file inside a zip archive.
struct ZipMember: Sendable, Equatable {
  var name: String
  /// True for deflate, false for stored; anything else is refused when the archive is opened.
  var isDeflated: Bool
  var compressedByteCount: Int
  var byteCount: Int
  /// Where the local header stands.
  var headerOffset: Int
  /// Why the bytes of the member cannot be read; nil where they can.
  var fault: String?
  /// Whether its data begins before that of another member ends.
  var isOverlapping = false
}

/// The directory of a zip archive (PKWARE APPNOTE 6.3), with every offset checked against the file.
///
/// | record | signature | used for |
/// |---|---|---|
/// | end of central directory | `PK 05 06` | count and place of the directory |
/// | zip64 locator and end | `PK 06 07`, `PK 06 06` | the same beyond 4 GiB |
/// | central header | `PK 01 02` | name, sizes, place of the local header |
/// | local header | `PK 03 04` | where the data begins |
struct ZipArchive {
  let path: String
  let file: MappedFile
  /// In the order of the directory.
  let members: [ZipMember]
  private let indexByName: [String: Int]

  /// Members beyond this many are refused: the largest models have some ten thousand tensors.
  static let memberLimit = 1 << 19

  /// - Throws: `CheckpointError.malformed` where there is no directory that can be read, `.cancelled`.
  init(
    path: String, file: MappedFile, cancellation: Cancellation = .never
  ) throws(CheckpointError) {
    self.path = path
    self.file = file
    var members = try Self.readDirectory(path: path, bytes: file.bytes, cancellation)
    Self.markOverlaps(of: &members)
    self.members = members
    var index: [String: Int] = [:]
    index.reserveCapacity(members.count)
    for (position, member) in members.enumerated() where index[member.name] == nil {
      index[member.name] = position
    }
    indexByName = index
  }

  func member(named name: String) -> ZipMember? { indexByName[name].map { members[$0] } }

  /// Offset of the first data byte of a member; reads its local header.
  ///
  /// - Throws: `CheckpointError.malformed` where the member has a fault or its data leaves the file.
  func dataOffset(of member: ZipMember) throws(CheckpointError) -> Int {
    if let fault = member.fault { throw malformed(member.name, fault) }
    let bytes = file.bytes
    do {
      var reader = ByteReader(bytes)
      try reader.seek(to: member.headerOffset)
      guard try reader.read(UInt32.self) == 0x0403_4B50 else {
        throw malformed(member.name, "has no local header at offset \(member.headerOffset)")
      }
      try reader.skip(22)
      let nameCount = Int(try reader.read(UInt16.self))
      let extraCount = Int(try reader.read(UInt16.self))
      try reader.skip(nameCount + extraCount)
      let start = reader.offset
      try reader.skip(member.compressedByteCount)
      // Reading one header may map 2 MB around it; with a few hundred members that counts.
      if member.compressedByteCount >= 1 << 16 { file.release(member.headerOffset..<start) }
      return start
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw malformed(
        member.name,
        "claims \(member.compressedByteCount) bytes, more than the file holds; it is incomplete")
    }
  }

  /// The bytes of a member, inflated where needed.
  ///
  /// - Parameter limit: members that inflate to more are refused.
  func withData<Result>(
    of member: ZipMember, limit: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let start = try dataOffset(of: member)
    let stored = UnsafeRawBufferPointer(
      rebasing: file.bytes[start..<start + member.compressedByteCount])
    guard member.byteCount <= limit else {
      throw malformed(member.name, "is \(member.byteCount) bytes long, more than \(limit)")
    }
    guard member.isDeflated else { return try body(stored) }
    do {
      return try Inflation.withInflated(stored, byteCount: member.byteCount, body)
    } catch let fault as InflationFault {
      throw malformed(member.name, fault.reason)
    }
  }

  private func malformed(_ place: String, _ reason: String) -> CheckpointError {
    .malformed(path: path, place: place, reason: reason)
  }
}

// MARK: - Reading the directory

extension ZipArchive {
  private struct Directory {
    var offset: Int
    var byteCount: Int
    var memberCount: Int
  }

  private static func readDirectory(
    path: String, bytes: UnsafeRawBufferPointer, _ cancellation: Cancellation
  ) throws(CheckpointError) -> [ZipMember] {
    let directory = try findDirectory(path: path, bytes: bytes)
    // A central header is at least 46 bytes long.
    guard directory.memberCount <= directory.byteCount / 46 else {
      throw .malformed(
        path: path, place: "zip directory",
        reason: "claims \(directory.memberCount) members in \(directory.byteCount) bytes")
    }
    guard directory.memberCount <= memberLimit else {
      throw .malformed(
        path: path, place: "zip directory",
        reason: "holds \(directory.memberCount) members, more than \(memberLimit)")
    }
    var members: [ZipMember] = []
    members.reserveCapacity(directory.memberCount)
    do {
      var reader = ByteReader(bytes)
      try reader.seek(to: directory.offset)
      for position in 0..<directory.memberCount {
        if position.isMultiple(of: 4096) { try cancellation.check() }
        members.append(try readMember(&reader, path: path, position: position))
      }
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw .malformed(
        path: path, place: "zip directory", reason: "the file is incomplete: its directory is cut")
    }
    return members
  }

  private static func readMember(
    _ reader: inout ByteReader, path: String, position: Int
  ) throws -> ZipMember {
    guard try reader.read(UInt32.self) == 0x0201_4B50 else {
      throw CheckpointError.malformed(
        path: path, place: "zip directory", reason: "entry \(position) has no signature")
    }
    try reader.skip(4)
    let flags = try reader.read(UInt16.self)
    let method = try reader.read(UInt16.self)
    try reader.skip(8)
    var compressed = UInt64(try reader.read(UInt32.self))
    var plain = UInt64(try reader.read(UInt32.self))
    let nameCount = Int(try reader.read(UInt16.self))
    let extraCount = Int(try reader.read(UInt16.self))
    let commentCount = Int(try reader.read(UInt16.self))
    try reader.skip(8)
    var header = UInt64(try reader.read(UInt32.self))
    let name = String(decoding: try reader.take(nameCount), as: UTF8.self)
    var extra = ByteReader(try reader.take(extraCount))
    try reader.skip(commentCount)
    while extra.remaining >= 4 {
      let tag = try extra.read(UInt16.self)
      let count = Int(try extra.read(UInt16.self))
      guard count <= extra.remaining else { break }
      var field = ByteReader(try extra.take(count))
      guard tag == 1 else { continue }
      if plain == 0xFFFF_FFFF { plain = try field.read(UInt64.self) }
      if compressed == 0xFFFF_FFFF { compressed = try field.read(UInt64.self) }
      if header == 0xFFFF_FFFF { header = try field.read(UInt64.self) }
    }
    let fileCount = UInt64(reader.bytes.count)
    // A member that cannot be read does not hide what the others hold.
    var fault: String?
    if flags & 1 != 0 {
      fault = "is encrypted"
    } else if method != 0, method != 8 {
      fault = "uses compression method \(method); only stored and deflate are read"
    } else if compressed > fileCount || header >= fileCount || plain > UInt64(Int.max) {
      fault = "claims \(compressed) bytes at \(header), outside the file"
    } else if method == 0, plain != compressed {
      fault = "is stored with two different sizes, \(plain) and \(compressed)"
    }
    return ZipMember(
      name: name, isDeflated: method == 8, compressedByteCount: Int(clamping: compressed),
      byteCount: Int(clamping: plain), headerOffset: Int(clamping: header), fault: fault)
  }

  /// No writer lets members share bytes; a small archive could otherwise have the same ones inflated for each of its members.
  private static func markOverlaps(of members: inout [ZipMember]) {
    let order = members.indices.filter { members[$0].fault == nil }
      .sorted { (members[$0].headerOffset, $0) < (members[$1].headerOffset, $1) }
    var end = 0
    for index in order {
      if members[index].headerOffset < end {
        members[index].isOverlapping = true
      } else {
        // A local header takes 30 bytes and the name, which is not looked at here.
        end = members[index].headerOffset + 30 + members[index].compressedByteCount
      }
    }
  }

  private static func findDirectory(
    path: String, bytes: UnsafeRawBufferPointer
  ) throws(CheckpointError) -> Directory {
    let incomplete = CheckpointError.malformed(
      path: path, place: "",
      reason: "the file is incomplete: it begins as a zip archive but its directory is missing")
    let endCount = 22
    guard bytes.count >= endCount else { throw incomplete }
    // The end record stands last, before a comment of at most 65,535 bytes.
    let lowest = max(0, bytes.count - endCount - 65_535)
    var position = bytes.count - endCount
    while position >= lowest {
      // The last record counts, as for torch and Python: an earlier one may lead to another directory than they read.
      if bytes[position] == 0x50, bytes[position + 1] == 0x4B, bytes[position + 2] == 5,
        bytes[position + 3] == 6
      {
        guard let found = try? directory(bytes: bytes, endRecord: position),
          found.offset <= bytes.count, found.byteCount <= bytes.count - found.offset
        else { throw incomplete }
        return found
      }
      position -= 1
    }
    throw incomplete
  }

  private static func directory(
    bytes: UnsafeRawBufferPointer, endRecord: Int
  ) throws -> Directory {
    var reader = ByteReader(bytes)
    try reader.seek(to: endRecord + 8)
    try reader.skip(2)
    var count = UInt64(try reader.read(UInt16.self))
    var size = UInt64(try reader.read(UInt32.self))
    var offset = UInt64(try reader.read(UInt32.self))
    // Where there is a larger record it counts, whatever the small one says, as for torch and Python.
    if endRecord >= 20 {
      try reader.seek(to: endRecord - 20)
      if try reader.read(UInt32.self) == 0x0706_4B50 {
        try reader.skip(4)
        let end = try reader.read(UInt64.self)
        guard end <= UInt64(bytes.count) else {
          throw OutOfBounds(offset: endRecord, wanted: 0, available: 0)
        }
        try reader.seek(to: Int(end))
        guard try reader.read(UInt32.self) == 0x0606_4B50 else {
          throw OutOfBounds(offset: Int(end), wanted: 4, available: 0)
        }
        try reader.skip(28)
        count = try reader.read(UInt64.self)
        size = try reader.read(UInt64.self)
        offset = try reader.read(UInt64.self)
      }
    }
    guard count <= UInt64(Int.max), size <= UInt64(Int.max), offset <= UInt64(Int.max) else {
      throw OutOfBounds(offset: endRecord, wanted: 0, available: 0)
    }
    return Directory(offset: Int(offset), byteCount: Int(size), memberCount: Int(count))
  }
}
