/// Pictures that no encoder writes: large sizes in few bytes.
enum HandMadePictures {
  static func big<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
    withUnsafeBytes(of: word.bigEndian) { Array($0) }
  }

  static func little<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
    withUnsafeBytes(of: word.littleEndian) { Array($0) }
  }

  // MARK: WebP

  /// A lossless stream of one black colour: five codes of one symbol each, so that pixels take no bits.
  static func losslessStream(width: Int, height: Int) -> [UInt8] {
    var bits = BitWriter()
    bits.append(UInt64(width - 1), count: 14)
    bits.append(UInt64(height - 1), count: 14)
    bits.append(0, count: 4)  // no alpha, version 0
    bits.append(0, count: 3)  // no transform, no colour cache, no groups of codes
    for _ in 0..<5 { bits.append(1, count: 4) }  // simple, one symbol, of one bit, 0
    let data = [0x2F] + bits.bytes
    return chunk("VP8L", data)
  }

  static func lossless(width: Int, height: Int) -> [UInt8] {
    riff(losslessStream(width: width, height: height))
  }

  /// A canvas with a first frame of one pixel.
  static func animation(width: Int, height: Int) -> [UInt8] {
    func size(_ width: Int, _ height: Int) -> [UInt8] {
      Array(little(UInt32(width - 1)).prefix(3)) + Array(little(UInt32(height - 1)).prefix(3))
    }
    let frame = [UInt8](repeating: 0, count: 6) + size(1, 1) + [0, 0, 0, 0]
    return riff(
      chunk("VP8X", [2, 0, 0, 0] + size(width, height))
        + chunk("ANIM", [0, 0, 0, 0, 0, 0])
        + chunk("ANMF", frame + losslessStream(width: 1, height: 1)))
  }

  private static func riff(_ chunks: [UInt8]) -> [UInt8] {
    let body = Array("WEBP".utf8) + chunks
    return Array("RIFF".utf8) + little(UInt32(body.count)) + body
  }

  private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    Array(name.utf8) + little(UInt32(data.count)) + data
      + (data.count.isMultiple(of: 2) ? [] : [0])
  }

  // MARK: PNG

  /// - Parameter extra: chunks before the data.
  static func png(
    width: Int, height: Int, depth: UInt8, colorType: UInt8, extra: [UInt8] = [], data: [UInt8]
  ) -> [UInt8] {
    let header = big(UInt32(width)) + big(UInt32(height)) + [depth, colorType, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + pngChunk("IHDR", header) + extra
      + pngChunk("IDAT", data) + pngChunk("IEND", [])
  }

  static func pngChunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    return big(UInt32(data.count)) + body + big(checksum(body))
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = ~UInt32(0)
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 {
        let low = sum & 1
        sum >>= 1
        if low == 1 { sum ^= 0xEDB8_8320 }
      }
    }
    return ~sum
  }

  /// A zlib stream of zeros: one literal, then copies of 258 bytes.
  static func zeros(_ count: Int) -> [UInt8] {
    var bits = BitWriter()
    bits.append(0b011, count: 3)  // last block, fixed codes
    bits.append(0b0000_1100, count: 8)  // literal 0: 00110000, high bit first
    for _ in 0..<(count - 1) / 258 {
      bits.append(0b1010_0011, count: 8)  // length 258: 11000101, high bit first
      bits.append(0, count: 5)  // distance 1
    }
    for _ in 0..<(count - 1) % 258 { bits.append(0b0000_1100, count: 8) }
    bits.append(0, count: 7)  // end of block
    let sum = UInt32(count % 65521) << 16 | 1
    return [0x78, 0x01] + bits.bytes + big(sum)
  }

  // MARK: JPEG

  /// A gray progressive picture of one colour, whose scan of the other coefficients is repeated.
  static func progressive(width: Int, height: Int, scans: Int) -> [UInt8] {
    let blocks = (width + 7) / 8 * ((height + 7) / 8)
    var bytes: [UInt8] = [0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
    bytes += [0xFF, 0xC2, 0, 11, 8] + big(UInt16(height)) + big(UInt16(width)) + [1, 1, 0x11, 0]
    // One code of one bit each: no difference, and an end of up to 32767 blocks.
    for (table, symbol) in [(UInt8(0), UInt8(0)), (0x10, 0xE0)] {
      bytes += [0xFF, 0xC4, 0, 20, table, 1] + [UInt8](repeating: 0, count: 15) + [symbol]
    }
    bytes += [0xFF, 0xDA, 0, 8, 1, 1, 0x00, 0, 0, 0] + [UInt8](repeating: 0, count: blocks / 8 + 1)
    var ends = BitWriter()
    for _ in 0..<(blocks + 32766) / 32767 { ends.append(0xFFFE, count: 15) }
    // High bit first, and a marker's first byte is followed by a zero.
    var data: [UInt8] = []
    for byte in ends.bytes {
      var reversed: UInt8 = 0
      for bit in 0..<8 where byte >> UInt8(bit) & 1 == 1 { reversed |= 0x80 >> UInt8(bit) }
      data += reversed == 0xFF ? [0xFF, 0] : [reversed]
    }
    for _ in 1..<scans { bytes += [0xFF, 0xDA, 0, 8, 1, 1, 0x00, 1, 63, 0] + data }
    return bytes + [0xFF, 0xD9]
  }

  /// Bits, the lowest of a byte first.
  struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var used = 8

    mutating func append(_ value: UInt64, count: Int) {
      for index in 0..<count {
        if used == 8 {
          bytes.append(0)
          used = 0
        }
        bytes[bytes.count - 1] |= UInt8(value >> UInt64(index) & 1) << UInt8(used)
        used += 1
      }
    }
  }
}
