/// Undoes HTML character references, as Python's `html.unescape` and as ftfy do.
enum HTMLEntities {
  private static let names: [String: [Unicode.Scalar]] = {
    var table: [String: [Unicode.Scalar]] = [:]
    table.reserveCapacity(2300)
    for entry in HTMLEntityTable.text.split(separator: " ") {
      guard let equals = entry.firstIndex(of: "=") else { continue }
      let name = String(entry[..<equals])
      let scalars = entry[entry.index(after: equals)...].split(separator: ",").compactMap {
        UInt32($0, radix: 36).flatMap(Unicode.Scalar.init)
      }
      table[name] = scalars
      // Names that are known bare are known with a semicolon too.
      if !name.hasSuffix(";") { table[name + ";"] = scalars }
    }
    return table
  }()

  /// Lower-case names whose all-capitals form means nothing in HTML; ftfy reads `&EACUTE;` as a capital.
  private static let shouted: [String: [Unicode.Scalar]] = {
    var table: [String: [Unicode.Scalar]] = [:]
    for (name, scalars) in names where name.hasSuffix(";") && name == name.lowercased() {
      let upper = name.uppercased()
      let written = [Unicode.Scalar]("&" + upper)
      if unescape(written) == written {
        table[upper] = scalars.flatMap { Array($0.properties.uppercaseMapping.unicodeScalars) }
      }
    }
    return table
  }()

  /// Python's `html.unescape`.
  static func unescape(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    replacingReferences(in: text) { number(text, at: $0) ?? name(text, at: $0) }
  }

  /// The stricter form that ftfy uses: only whole references with a semicolon, and shouted names too.
  static func unescapeWhole(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    replacingReferences(in: text) { wholeReference(text, at: $0) }
  }

  private typealias Reference = (scalars: [Unicode.Scalar], end: Int)

  /// Puts what `read` gives in the place of each reference.
  ///
  /// - Parameter read: What stands for the reference that begins at an `&`, and the place behind it; nil where none does.
  private static func replacingReferences(
    in text: [Unicode.Scalar], _ read: (Int) -> Reference?
  ) -> [Unicode.Scalar] {
    guard text.contains("&") else { return text }
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] == "&", let reference = read(index) {
        result += reference.scalars
        index = reference.end
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  /// A reference by name at `index` (which holds `&`); names need no semicolon and may go on with other letters.
  private static func name(_ text: [Unicode.Scalar], at index: Int) -> Reference? {
    var end = index + 1
    while end < text.count, end - index <= 32, !isNameBreak(text[end]) { end += 1 }
    if end == index + 1 { return nil }
    if end < text.count, text[end] == ";" { end += 1 }
    return (named(Array(text[(index + 1)..<end])), end)
  }

  /// A reference with its semicolon at `index` (which holds `&`); it stays where its name or number means nothing.
  private static func wholeReference(_ text: [Unicode.Scalar], at index: Int) -> Reference? {
    var end = index + 1
    let isNumber = end < text.count && text[end] == "#"
    if isNumber { end += 1 }
    let start = end
    while end < text.count, end - start < 24, text[end].isASCII,
      text[end].isLetter || text[end].isNumber
    { end += 1 }
    guard end > start, end < text.count, text[end] == ";" else { return nil }
    let reference = Array(text[index...end])
    if isNumber {
      let plain = unescape(reference)
      return (plain.contains(";") ? reference : plain, end + 1)
    }
    let name = Array(reference.dropFirst()).text
    return (names[name] ?? shouted[name] ?? reference, end + 1)
  }

  private static func named(_ name: [Unicode.Scalar]) -> [Unicode.Scalar] {
    // Only ASCII names exist; comparing strings of other scalars would call different spellings equal.
    let ascii = name.prefix { $0.isASCII }
    if ascii.count == name.count, let found = names[name.text] { return found }
    for length in stride(from: min(ascii.count, name.count - 1), to: 1, by: -1) {
      if let found = names[Array(ascii[..<length]).text] { return found + name[length...] }
    }
    return ["&"] + name
  }

  private static func isNameBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\t", "\n", "\u{C}", " ", "<", "&", "#", ";": true
    default: false
    }
  }

  /// A numeric reference at `index` (which holds `&`), and the place after it.
  private static func number(_ text: [Unicode.Scalar], at index: Int) -> Reference? {
    var at = index + 1
    guard at < text.count, text[at] == "#" else { return nil }
    at += 1
    let isHex = at < text.count && (text[at] == "x" || text[at] == "X")
    if isHex { at += 1 }
    var value = 0
    let first = at
    while at < text.count, let digit = digit(text[at], isHex) {
      value = min(value * (isHex ? 16 : 10) + digit, 0x11_0000)
      at += 1
    }
    if at == first { return nil }
    if at < text.count, text[at] == ";" { at += 1 }
    return (scalars(value), at)
  }

  private static func digit(_ scalar: Unicode.Scalar, _ isHex: Bool) -> Int? {
    switch scalar.value {
    case 0x30...0x39: Int(scalar.value) - 0x30
    case 0x61...0x66 where isHex: Int(scalar.value) - 0x61 + 10
    case 0x41...0x46 where isHex: Int(scalar.value) - 0x41 + 10
    default: nil
    }
  }

  private static func scalars(_ value: Int) -> [Unicode.Scalar] {
    if value == 0 { return ["\u{FFFD}"] }
    if value == 0x0D { return ["\r"] }
    if (0x80...0x9F).contains(value) { return [windows1252(UInt8(value))] }
    guard let scalar = Unicode.Scalar(UInt32(value)) else { return ["\u{FFFD}"] }
    let isInvalid =
      (1...8).contains(value) || value == 0x0B || (0x0E...0x1F).contains(value) || value == 0x7F
      || (0xFDD0...0xFDEF).contains(value) || value & 0xFFFE == 0xFFFE
    return isInvalid ? [] : [scalar]
  }

  /// A byte 0x80...0x9F in Windows-1252; the five undefined ones stay control characters.
  static func windows1252(_ byte: UInt8) -> Unicode.Scalar {
    let table: [UInt16] = [
      0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
      0x0152, 0x8D, 0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
      0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
    ]
    guard (0x80...0x9F).contains(byte), let scalar = Unicode.Scalar(table[Int(byte) - 0x80]) else {
      return Unicode.Scalar(byte)
    }
    return scalar
  }

  /// A control character that was never meant as one, as the character that Windows-1252 has in its place.
  static func assumedWindows1252(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    (0x80...0x9F).contains(scalar.value) ? windows1252(UInt8(scalar.value)) : scalar
  }
}
