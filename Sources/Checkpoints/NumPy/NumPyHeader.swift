import Tensors

/// The header of a `.npy` array: type, order of axes, shape.
///
/// ```
/// 93 'NUMPY'  major minor  UInt16 (version 1) or UInt32 length  Python dict literal  data
/// ```
struct NumPyHeader: Equatable {
  var descriptor: String
  var isFortranOrder: Bool
  var sizes: [Int]
  /// Where the data begins.
  var byteCount: Int

  static let lengthLimit = 1 << 20

  /// - Throws: `PickleFault` with the offset and the reason.
  init(_ bytes: UnsafeRawBufferPointer) throws(PickleFault) {
    guard bytes.count >= 10, bytes[0] == 0x93, bytes[1...5].elementsEqual("NUMPY".utf8) else {
      throw PickleFault(offset: 0, reason: "does not begin like an npy array")
    }
    let major = bytes[6]
    guard major >= 1, major <= 3 else {
      throw PickleFault(offset: 6, reason: "npy version \(major) is not known")
    }
    var length = Int(bytes[8]) | Int(bytes[9]) << 8
    var start = 10
    if major > 1 {
      guard bytes.count >= 12 else { throw PickleFault(offset: 8, reason: "the header is cut short") }
      length |= Int(bytes[10]) << 16 | Int(bytes[11]) << 24
      start = 12
    }
    guard length <= Self.lengthLimit, length <= bytes.count - start else {
      throw PickleFault(offset: 8, reason: "claims a header of \(length) bytes")
    }
    byteCount = start + length
    var parser = PythonLiteral(Array(bytes[start..<start + length]))
    guard case .map(let pairs)? = parser.value(depth: 0) else {
      throw PickleFault(offset: start, reason: "the header is no Python dictionary")
    }
    descriptor = ""
    isFortranOrder = false
    sizes = []
    var found = Set<String>()
    for (key, value) in pairs {
      guard found.insert(key).inserted else {
        throw PickleFault(offset: start, reason: "the header has `\(key)` twice")
      }
      switch (key, value) {
      case ("descr", .text(let text)): descriptor = text
      case ("descr", .sequence): descriptor = value.wording
      case ("fortran_order", .boolean(let flag)): isFortranOrder = flag
      case ("shape", .sequence(let items)):
        for item in items {
          guard case .integer(let size) = item, size >= 0 else {
            throw PickleFault(offset: start, reason: "`shape` holds something that is no size")
          }
          sizes.append(size)
        }
      default: throw PickleFault(offset: start, reason: "the header's `\(key)` is not as it should be")
      }
    }
    guard found == ["descr", "fortran_order", "shape"] else {
      throw PickleFault(offset: start, reason: "the header lacks `descr`, `fortran_order` or `shape`")
    }
  }
}

/// Parses the Python literals that occur in npy headers: strings, integers, booleans, tuples, lists, dictionaries.
struct PythonLiteral {
  indirect enum Value: Equatable {
    case text(String)
    case integer(Int)
    case boolean(Bool)
    case none
    case sequence([Value])
    case map([(String, Value)])

    static func == (left: Value, right: Value) -> Bool { left.wording == right.wording }

    /// As Python would print it, for types that are shown but not read.
    var wording: String {
      switch self {
      case .text(let text): "'\(text)'"
      case .integer(let number): String(number)
      case .boolean(let flag): flag ? "True" : "False"
      case .none: "None"
      case .sequence(let items): "(" + items.map(\.wording).joined(separator: ", ") + ")"
      case .map(let pairs):
        "{" + pairs.map { "'\($0.0)': \($0.1.wording)" }.joined(separator: ", ") + "}"
      }
    }
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private mutating func skipBlanks() {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0A {
      position += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func value(depth: Int) -> Value? {
    skipBlanks()
    guard depth < 16, position < bytes.count else { return nil }
    switch bytes[position] {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return text().map { .text($0) }
    case UInt8(ascii: "("): return sequence(closing: ")", depth: depth)
    case UInt8(ascii: "["): return sequence(closing: "]", depth: depth)
    case UInt8(ascii: "{"): return map(depth: depth)
    default: return word()
    }
  }

  private mutating func text() -> String? {
    let quote = bytes[position]
    position += 1
    let start = position
    while position < bytes.count, bytes[position] != quote {
      if bytes[position] == UInt8(ascii: "\\") { return nil }
      position += 1
    }
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func sequence(closing: Unicode.Scalar, depth: Int) -> Value? {
    position += 1
    var items: [Value] = []
    while !take(closing) {
      guard items.count < 4096, let item = value(depth: depth + 1) else { return nil }
      items.append(item)
      if !take(",") { return take(closing) ? .sequence(items) : nil }
    }
    return .sequence(items)
  }

  private mutating func map(depth: Int) -> Value? {
    position += 1
    var pairs: [(String, Value)] = []
    while !take("}") {
      guard pairs.count < 4096, case .text(let key)? = value(depth: depth + 1), take(":"),
        let item = value(depth: depth + 1)
      else { return nil }
      pairs.append((key, item))
      if !take(",") { return take("}") ? .map(pairs) : nil }
    }
    return .map(pairs)
  }

  private mutating func word() -> Value? {
    let start = position
    while position < bytes.count {
      let byte = bytes[position] | 0x20
      let isWord =
        byte >= 0x61 && byte <= 0x7A || bytes[position] >= 0x30 && bytes[position] <= 0x39
        || bytes[position] == UInt8(ascii: "-")
      if !isWord { break }
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    switch text {
    case "True": return .boolean(true)
    case "False": return .boolean(false)
    case "None": return PythonLiteral.Value.none
    // Python 2 wrote long integers with a letter behind them.
    default: return Int(text.hasSuffix("L") ? String(text.dropLast()) : text).map { .integer($0) }
    }
  }
}
