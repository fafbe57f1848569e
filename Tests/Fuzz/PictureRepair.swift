/// Makes damaged pictures reach the decoders: right checksums, and sizes that a small machine decodes in no time.
///
/// Decoders are free to take as much memory as the largest picture needs, which would look like a leak here.
enum PictureRepair {
  /// High byte of the largest size: pictures stay below 2048 x 2048.
  private static let sizeMask: UInt8 = 0x07

  static func limitSizes(of bytes: inout [UInt8]) {
    if isPNG(bytes), bytes.count > 24 {
      for start in [16, 20] {
        bytes[start] = 0
        bytes[start + 1] = 0
        bytes[start + 2] &= sizeMask
      }
    } else if bytes.starts(with: [0xFF, 0xD8]) {
      limitJPEG(&bytes)
    } else if bytes.starts(with: Array("RIFF".utf8)) {
      limitWebP(&bytes)
    } else if bytes.starts(with: Array("GIF8".utf8)), bytes.count > 10 {
      for index in [7, 9] { bytes[index] &= sizeMask }
    }
  }

  /// The checksum of every chunk of a PNG.
  static func repairChecksums(of bytes: inout [UInt8]) {
    guard isPNG(bytes) else { return }
    var start = 8
    while bytes.count - start >= 12 {
      let length = bytes[start..<start + 4].reduce(0) { sum, byte in sum << 8 | Int(byte) }
      guard length <= bytes.count - start - 12 else { return }
      let end = start + 8 + length
      let checksum = crc(bytes[start + 4..<end])
      for index in 0..<4 {
        bytes[end + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(24 - 8 * index))
      }
      start = end + 4
    }
  }

  private static func isPNG(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x89, 0x50, 0x4E, 0x47])
  }

  /// Height and width in the frame headers (SOF0, SOF1, SOF2).
  private static func limitJPEG(_ bytes: inout [UInt8]) {
    for index in bytes.indices.dropLast(9) where bytes[index] == 0xFF {
      guard (0xC0...0xC2).contains(bytes[index + 1]) else { continue }
      bytes[index + 5] &= sizeMask
      bytes[index + 7] &= sizeMask
    }
  }

  /// Sizes of the canvas, of key frames and of lossless streams.
  private static func limitWebP(_ bytes: inout [UInt8]) {
    for index in bytes.indices.dropLast(18) {
      let rest = bytes[index...]
      if rest.starts(with: Array("VP8X".utf8)) {
        for size in [index + 12, index + 15] {
          bytes[size + 1] &= sizeMask
          bytes[size + 2] = 0
        }
      } else if rest.starts(with: [0x9D, 0x01, 0x2A]) {
        bytes[index + 4] &= sizeMask
        bytes[index + 6] &= sizeMask
      } else if rest.starts(with: Array("VP8L".utf8)) {
        // Fourteen bits of width, then fourteen of height.
        bytes[index + 10] &= 0xC7
        bytes[index + 12] &= 0xF1
      }
    }
  }

  /// CRC-32 as PNG uses it.
  private static func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var sum = ~UInt32(0)
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
    }
    return ~sum
  }
}
