/// Base64 with padding (RFC 4648), as terminals take it.
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    let count = (bytes.count + 2) / 3 * 4
    return [UInt8](unsafeUninitializedCapacity: count) { result, written in
      bytes.withUnsafeBufferPointer { bytes in
        alphabet.withUnsafeBufferPointer { alphabet in
          var target = 0
          for start in stride(from: 0, to: bytes.count, by: 3) {
            let left = min(bytes.count - start, 3)
            var word = Int(bytes[start]) << 16
            if left > 1 { word |= Int(bytes[start + 1]) << 8 }
            if left > 2 { word |= Int(bytes[start + 2]) }
            result.initializeElement(at: target, to: alphabet[word >> 18])
            result.initializeElement(at: target + 1, to: alphabet[word >> 12 & 63])
            result.initializeElement(
              at: target + 2, to: left > 1 ? alphabet[word >> 6 & 63] : UInt8(ascii: "="))
            result.initializeElement(
              at: target + 3, to: left > 2 ? alphabet[word & 63] : UInt8(ascii: "="))
            target += 4
          }
        }
      }
      written = count
    }
  }

  static func text(_ bytes: [UInt8]) -> String {
    String(decoding: encode(bytes[...]), as: UTF8.self)
  }
}
