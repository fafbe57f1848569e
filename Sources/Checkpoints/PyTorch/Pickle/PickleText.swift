/// The two text encodings of pickle protocol 0.
enum PickleText {
  /// A quoted Python string (`'it\'s'`), nil when the quotes do not match.
  static func unquoted(_ raw: UnsafeRawBufferPointer) -> String? {
    let line = raw.last == 0x0D ? raw[0..<raw.count - 1] : raw[...]
    guard line.count >= 2, let quote = line.first, quote == line.last,
      quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { return nil }
    let body = Array(line.dropFirst().dropLast())
    var bytes: [UInt8] = []
    var i = 0
    while i < body.count {
      guard body[i] == UInt8(ascii: "\\"), i + 1 < body.count else {
        bytes.append(body[i])
        i += 1
        continue
      }
      let next = body[i + 1]
      i += 2
      switch next {
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "a"): bytes.append(0x07)
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0C)
      case UInt8(ascii: "v"): bytes.append(0x0B)
      case UInt8(ascii: "x"):
        if i + 2 <= body.count, let value = number(body[i..<i + 2], radix: 16) {
          bytes.append(UInt8(truncatingIfNeeded: value))
          i += 2
        } else {
          bytes += [UInt8(ascii: "\\"), next]
        }
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        var value = UInt32(next - 0x30)
        var digits = 1
        while digits < 3, i < body.count, body[i] >= 0x30, body[i] <= 0x37 {
          value = value * 8 + UInt32(body[i] - 0x30)
          i += 1
          digits += 1
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(next)
      default: bytes += [UInt8(ascii: "\\"), next]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Python's raw-unicode-escape: Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
  static func unescaped(_ raw: UnsafeRawBufferPointer) -> String {
    let body = Array(raw)
    var units: [UInt16] = []
    var i = 0
    while i < body.count {
      if body[i] == UInt8(ascii: "\\"), i + 1 < body.count {
        let width = body[i + 1] == UInt8(ascii: "u") ? 4 : body[i + 1] == UInt8(ascii: "U") ? 8 : 0
        if width > 0, i + 2 + width <= body.count,
          let value = number(body[i + 2..<i + 2 + width], radix: 16)
        {
          if let scalar = Unicode.Scalar(value) {
            units += Array(String(scalar).utf16)
          } else if value <= 0xFFFF {
            units.append(UInt16(value))  // half of a surrogate pair
          } else {
            units.append(0xFFFD)
          }
          i += 2 + width
          continue
        }
      }
      units.append(UInt16(body[i]))
      i += 1
    }
    return String(decoding: units, as: UTF16.self)
  }

  private static func number(_ digits: ArraySlice<UInt8>, radix: Int) -> UInt32? {
    UInt32(String(decoding: digits, as: UTF8.self), radix: radix)
  }
}
