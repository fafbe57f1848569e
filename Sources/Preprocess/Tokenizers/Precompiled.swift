/// SentencePiece's compiled character map: a double-array trie of byte strings, then their replacements.
///
/// ```
/// u32 size of the trie in bytes | u32 units of the trie | replacements, each ended by NUL
/// ```
struct Precompiled: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  /// - Returns: nil when the data contradicts itself.
  init?(_ data: [UInt8]) {
    if data.isEmpty {
      units = []
      replacements = []
      return
    }
    func word(_ at: Int) -> UInt32 {
      UInt32(data[at]) | UInt32(data[at + 1]) << 8 | UInt32(data[at + 2]) << 16
        | UInt32(data[at + 3]) << 24
    }
    guard data.count >= 4 else { return nil }
    let size = Int(word(0))
    guard size % 4 == 0, size <= data.count - 4 else { return nil }
    units = stride(from: 4, to: 4 + size, by: 4).map(word)
    replacements = Array(data[(4 + size)...])
  }

  /// Base64 as `tokenizer.json` has it.
  init?(base64 text: String) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 4 * 3)
    var bits: UInt32 = 0
    var count = 0
    for scalar in text.utf8 {
      let value: UInt8
      switch scalar {
      case 0x41...0x5A: value = scalar - 0x41
      case 0x61...0x7A: value = scalar - 0x61 + 26
      case 0x30...0x39: value = scalar - 0x30 + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      case UInt8(ascii: "="): continue
      default: return nil
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    self.init(bytes)
  }

  /// The replacement of the shortest known start of `bytes`; nil when none is known.
  private func replacement(_ bytes: [UInt8]) -> [UInt8]? {
    guard let root = units.first else { return nil }
    func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & (1 << 9)) >> 6)) }
    var position = offset(root)
    for byte in bytes {
      if byte == 0 { return nil }
      position ^= Int(byte)
      guard position < units.count else { return nil }
      let unit = units[position]
      if unit & (1 << 31 | 0xFF) != UInt32(byte) { return nil }
      position ^= offset(unit)
      guard position < units.count else { return nil }
      if unit >> 8 & 1 == 1 {
        let start = Int(units[position] & 0x7FFF_FFFF)
        guard start <= replacements.count else { return nil }
        return Array(replacements[start...].prefix { $0 != 0 })
      }
    }
    return nil
  }

  /// Replaces whole short grapheme clusters where they are known, else their characters one by one.
  ///
  /// A text that would become much longer stays as it is.
  func normalize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    if units.isEmpty { return text }
    let limit = TokenNormalizer.lengthLimit(for: text.count)
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    for cluster in text.text {
      let bytes = Array(String(cluster).utf8)
      if bytes.count < 6, let replaced = replacement(bytes) {
        result += String(decoding: replaced, as: UTF8.self).unicodeScalars
      } else {
        for scalar in cluster.unicodeScalars {
          let replaced = replacement(Array(String(scalar).utf8))
          result +=
            replaced.map { Array(String(decoding: $0, as: UTF8.self).unicodeScalars) } ?? [scalar]
          if result.count > limit { return text }
        }
      }
      if result.count > limit { return text }
    }
    return result
  }
}
