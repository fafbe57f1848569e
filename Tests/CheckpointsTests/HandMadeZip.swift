/// Zip archives that no writer makes.
struct HandMadeZip {
  struct Member {
    var name: String
    var data: [UInt8]
    /// Whether `data` is a deflate stream; `byteCount` is what it inflates to.
    var isDeflated = false
    var byteCount: Int?
    var flags: UInt16 = 0
    /// Directory entries that lead to the one local header.
    var entryCount = 1
  }

  /// Local headers with their data, and the directory.
  private(set) var body: [UInt8] = []
  private(set) var directory: [UInt8] = []
  private(set) var entryCount = 0

  /// - Parameter start: bytes that stand before the archive in its file.
  init(_ members: [Member], start: Int = 0) {
    for member in members {
      let offset = start + body.count
      let method: UInt16 = member.isDeflated ? 8 : 0
      let sizes =
        Self.bytes(UInt32(member.data.count))
        + Self.bytes(UInt32(member.byteCount ?? member.data.count))
      let name = Array(member.name.utf8)
      body += Self.bytes(UInt32(0x0403_4B50)) + Self.bytes(UInt16(20)) + Self.bytes(member.flags)
      body += Self.bytes(method) + [UInt8](repeating: 0, count: 8) + sizes
      body += Self.bytes(UInt16(name.count)) + [0, 0] + name + member.data
      for _ in 0..<member.entryCount {
        directory += Self.bytes(UInt32(0x0201_4B50)) + [20, 0, 20, 0] + Self.bytes(member.flags)
        directory += Self.bytes(method) + [UInt8](repeating: 0, count: 8) + sizes
        directory += Self.bytes(UInt16(name.count)) + [UInt8](repeating: 0, count: 12)
        directory += Self.bytes(UInt32(offset)) + name
        entryCount += 1
      }
    }
  }

  /// The whole archive.
  var bytes: [UInt8] { body + directory + end(directoryOffset: body.count) }

  /// - Parameter comment: length that the record claims, with nothing behind it.
  func end(directoryOffset: Int, comment: Int = 0) -> [UInt8] {
    Self.bytes(UInt32(0x0605_4B50)) + [0, 0, 0, 0] + Self.bytes(UInt16(entryCount))
      + Self.bytes(UInt16(entryCount)) + Self.bytes(UInt32(directory.count))
      + Self.bytes(UInt32(directoryOffset)) + Self.bytes(UInt16(comment))
  }

  /// The record of archives beyond 4 GiB, and what leads to it, in front of the small record.
  func largeEnd(directoryOffset: Int, at offset: Int) -> [UInt8] {
    Self.bytes(UInt32(0x0606_4B50)) + Self.bytes(UInt64(44)) + [45, 0, 45, 0]
      + [UInt8](repeating: 0, count: 8) + Self.bytes(UInt64(entryCount))
      + Self.bytes(UInt64(entryCount)) + Self.bytes(UInt64(directory.count))
      + Self.bytes(UInt64(directoryOffset)) + Self.bytes(UInt32(0x0706_4B50)) + [0, 0, 0, 0]
      + Self.bytes(UInt64(offset)) + [1, 0, 0, 0]
  }

  /// A deflate stream of stored blocks.
  ///
  /// - Parameter isComplete: false leaves out the mark of the last block.
  static func deflated(_ data: [UInt8], isComplete: Bool = true) -> [UInt8] {
    var result: [UInt8] = []
    for start in stride(from: 0, to: data.count, by: 0xFFFF) {
      let part = data[start..<min(start + 0xFFFF, data.count)]
      let isLast = isComplete && part.endIndex == data.count
      result += [isLast ? 1 : 0] + bytes(UInt16(part.count)) + bytes(~UInt16(part.count)) + part
    }
    return result
  }

  static func bytes<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
    withUnsafeBytes(of: word.littleEndian) { Array($0) }
  }
}
