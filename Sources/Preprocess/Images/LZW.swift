import Tensors

/// The variable-width LZW of GIF: codes of `minimum + 1` to 12 bits, low bits first, in blocks of at most 255 bytes.
enum LZW {
  /// - Parameters:
  ///   - reader: Stands at the code size; it is left somewhere in the data.
  ///   - count: Bytes that are wanted.
  ///   - path: The file, for errors.
  /// - Returns: `count` bytes.
  static func decode(
    _ reader: inout ByteReader, count: Int, _ path: String
  ) throws -> [UInt8] {
    let minimum = Int(try reader.read(UInt8.self))
    guard (1...11).contains(minimum) else {
      throw PreprocessError.brokenPicture(
        path: path, format: "GIF", reason: "code size \(minimum) is not in 1...11")
    }
    var table = Table(minimum: minimum)
    var bits = Bits()
    var output = [UInt8]()
    // Grows with the data, since a short file may declare any size.
    output.reserveCapacity(min(count, reader.remaining * 64))
    while output.count < count {
      guard let code = try bits.next(table.width, from: &reader), code != table.clear + 1 else {
        throw PreprocessError.incompletePicture(path: path, format: "GIF")
      }
      if code == table.clear {
        table.reset()
        continue
      }
      guard table.append(code, to: &output) else {
        throw PreprocessError.brokenPicture(
          path: path, format: "GIF", reason: "code \(code) is not defined yet")
      }
    }
    output.removeLast(output.count - count)
    return output
  }

  /// Codes out of blocks.
  private struct Bits {
    private var bits: UInt64 = 0
    private var count = 0
    private var block = UnsafeRawBufferPointer(start: nil, count: 0)
    private var position = 0

    /// The next code of `width` bits; nil where the blocks have ended.
    @inline(__always)
    mutating func next(_ width: Int, from reader: inout ByteReader) throws(OutOfBounds) -> Int? {
      while count < width {
        if position == block.count {
          block = try reader.take(Int(try reader.read(UInt8.self)))
          position = 0
          if block.isEmpty { return nil }
        }
        bits |= UInt64(block[position]) << UInt64(count)
        count += 8
        position += 1
      }
      defer {
        bits >>= UInt64(width)
        count -= width
      }
      return Int(bits & ((1 << UInt64(width)) - 1))
    }
  }

  /// What the codes stand for: each one beyond the bytes is another code with one byte behind it.
  private struct Table {
    /// The code that empties the table; the one behind it ends the data.
    let clear: Int
    /// Bits of the next code.
    private(set) var width: Int
    private var prefix = [Int](repeating: 0, count: 4096)
    private var suffix = [UInt8](repeating: 0, count: 4096)
    private var next = 0
    private var previous = -1
    private var stack = [UInt8]()

    init(minimum: Int) {
      clear = 1 << minimum
      width = 0
      for code in 0..<clear { suffix[code] = UInt8(truncatingIfNeeded: code) }
      reset()
    }

    mutating func reset() {
      next = clear + 2
      width = clear.trailingZeroBitCount + 1
      previous = -1
    }

    /// Appends what `code` stands for, and learns the code that follows from it.
    ///
    /// - Returns: false where the code is not defined yet.
    @inline(__always)
    mutating func append(_ code: Int, to output: inout [UInt8]) -> Bool {
      let isNew = code == next
      guard code < next || (isNew && previous >= 0), previous >= 0 || code < clear else {
        return false
      }
      stack.removeAll(keepingCapacity: true)
      var walk = isNew ? previous : code
      while walk >= clear {
        stack.append(suffix[walk])
        walk = prefix[walk]
      }
      let first = suffix[walk]
      output.append(first)
      output.append(contentsOf: stack.reversed())
      if isNew { output.append(first) }
      if previous >= 0, next < 4096 {
        prefix[next] = previous
        suffix[next] = first
        next += 1
        if next == 1 << width, width < 12 { width += 1 }
      }
      previous = code
      return true
    }
  }
}
