/// The four Unicode normalisation forms, from a table, since the standard library offers none in public.
enum Normalization {
  /// Canonical composition.
  static func nfc(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    // Nothing below U+0300 decomposes into anything that would not compose again.
    if text.allSatisfy({ $0.value < 0x300 }) { return text }
    return compose(decompose(text, compatibility: false))
  }

  /// Canonical decomposition.
  static func nfd(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    if text.allSatisfy({ $0.value < 0xC0 }) { return text }
    return decompose(text, compatibility: false)
  }

  /// Compatibility decomposition, then canonical composition.
  static func nfkc(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    if text.allSatisfy({ $0.value < 0xA0 }) { return text }
    return compose(decompose(text, compatibility: true))
  }

  /// Compatibility decomposition.
  static func nfkd(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    if text.allSatisfy({ $0.value < 0xA0 }) { return text }
    return decompose(text, compatibility: true)
  }

  private struct Tables {
    var canonical: [UInt32: [UInt32]] = [:]
    var compatible: [UInt32: [UInt32]] = [:]
    var pairs: [UInt64: UInt32] = [:]

    init() {
      canonical.reserveCapacity(2100)
      compatible.reserveCapacity(3700)
      pairs.reserveCapacity(1000)
      var key: UInt32 = 0
      var value: UInt32 = 0
      var kind: UInt8 = 0
      var parts: [UInt32] = []
      func finish() {
        parts.append(value)
        if kind == UInt8(ascii: "~") {
          compatible[key] = parts
        } else {
          canonical[key] = parts
          if kind == UInt8(ascii: "="), parts.count == 2 {
            pairs[UInt64(parts[0]) << 32 | UInt64(parts[1])] = key
          }
        }
        parts = []
        value = 0
      }
      for byte in DecompositionTable.text.utf8 {
        switch byte {
        case 0x30...0x39: value = value &* 36 &+ UInt32(byte - 0x30)
        case 0x61...0x7A: value = value &* 36 &+ UInt32(byte - 0x61 + 10)
        case UInt8(ascii: ","):
          parts.append(value)
          value = 0
        case UInt8(ascii: " "): finish()
        default:
          kind = byte
          key = value
          value = 0
        }
      }
      finish()
    }
  }

  private static let tables = Tables()

  private static func decompose(
    _ text: [Unicode.Scalar], compatibility: Bool
  ) -> [Unicode.Scalar] {
    let tables = tables
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count + text.count / 4)
    func add(_ code: UInt32) {
      if (0xAC00..<0xAC00 + 11172).contains(code) {
        let index = code - 0xAC00
        add(0x1100 + index / 588)
        add(0x1161 + index % 588 / 28)
        if index % 28 != 0 { add(0x11A7 + index % 28) }
      } else if let parts = tables.canonical[code]
        ?? (compatibility ? tables.compatible[code] : nil)
      {
        for part in parts { add(part) }
      } else if let scalar = Unicode.Scalar(code) {
        result.append(scalar)
      }
    }
    for scalar in text {
      if scalar.value < 0xA0 { result.append(scalar) } else { add(scalar.value) }
    }
    reorder(&result)
    return result
  }

  private static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
    scalar.value < 0x300 ? 0 : scalar.properties.canonicalCombiningClass.rawValue
  }

  /// Sorts each run of combining marks by class, keeping the order of equals.
  private static func reorder(_ text: inout [Unicode.Scalar]) {
    var start = 0
    while start < text.count {
      if combiningClass(text[start]) == 0 {
        start += 1
        continue
      }
      var end = start
      while end < text.count, combiningClass(text[end]) != 0 { end += 1 }
      if end - start > 1 {
        let sorted = text[start..<end].enumerated().sorted {
          let left = combiningClass($0.element)
          let right = combiningClass($1.element)
          return left == right ? $0.offset < $1.offset : left < right
        }
        text.replaceSubrange(start..<end, with: sorted.map(\.element))
      }
      start = end
    }
  }

  private static func compose(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    var starter = -1
    var lastClass: UInt8 = 0
    for scalar in text {
      let combining = combiningClass(scalar)
      if starter >= 0 {
        let isAdjacent = starter == result.count - 1
        if isAdjacent || (lastClass < combining && lastClass != 0),
          let joined = pair(result[starter], scalar)
        {
          result[starter] = joined
          continue
        }
      }
      result.append(scalar)
      lastClass = combining
      if combining == 0 { starter = result.count - 1 }
    }
    return result
  }

  private static func pair(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    let a = first.value
    let b = second.value
    if (0x1100..<0x1113).contains(a), (0x1161..<0x1176).contains(b) {
      return Unicode.Scalar(0xAC00 + ((a - 0x1100) * 21 + (b - 0x1161)) * 28)
    }
    if (0xAC00..<0xAC00 + 11172).contains(a), (a - 0xAC00) % 28 == 0, (0x11A8..<0x11C3).contains(b)
    {
      return Unicode.Scalar(a + b - 0x11A7)
    }
    return tables.pairs[UInt64(a) << 32 | UInt64(b)].flatMap(Unicode.Scalar.init)
  }
}
