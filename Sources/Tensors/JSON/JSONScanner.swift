/// Reads JSON (RFC 8259) token by token from bytes that nobody has checked yet.
///
/// Shared by `JSONValue` and by readers with large headers that want no tree. Strings must be UTF-8 and
/// may not hold lone surrogates; every error names the offset of the byte that is wrong.
package struct JSONScanner {
  package let bytes: UnsafeRawBufferPointer
  package private(set) var offset: Int

  package init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  package func failure(_ reason: String, at position: Int? = nil) -> JSONError {
    JSONError(offset: position ?? offset, reason: reason)
  }

  package mutating func skipWhitespace() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      default: return
      }
    }
  }

  /// The next byte that is not white space, left in place; nil at the end.
  package mutating func peek() -> UInt8? {
    skipWhitespace()
    return offset < bytes.count ? bytes[offset] : nil
  }

  /// Takes `byte` if it comes next.
  package mutating func takes(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    offset += 1
    return true
  }

  package mutating func expect(_ byte: UInt8) throws(JSONError) {
    guard let next = peek() else {
      throw failure("the text ends where `\(Character(UnicodeScalar(byte)))` belongs")
    }
    guard next == byte else {
      throw failure("`\(Character(UnicodeScalar(byte)))` belongs here, not \(Self.shown(next))")
    }
    offset += 1
  }

  package mutating func expectEnd() throws(JSONError) {
    guard peek() == nil else { throw failure("more text after the end of the value") }
  }

  static func shown(_ byte: UInt8) -> String {
    byte > 0x20 && byte < 0x7F
      ? "`\(Character(UnicodeScalar(byte)))`" : "the byte 0x" + String(byte, radix: 16)
  }

  // MARK: Strings

  /// The next string, unescaped.
  package mutating func string() throws(JSONError) -> String {
    try expect(0x22)
    let start = offset
    // Most strings hold no escape and only ASCII: find the quote and copy once.
    var place = offset
    var seen: UInt8 = 0
    while place < bytes.count {
      let byte = bytes[place]
      if byte == 0x22 {
        let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<place])
        offset = place + 1
        return seen < 0x80
          ? String(decoding: slice, as: UTF8.self) : try text(of: slice, at: start)
      }
      if byte == 0x5C || byte < 0x20 { break }
      seen |= byte
      place += 1
    }
    offset = place
    var unescaped = [UInt8](bytes[start..<offset])
    while offset < bytes.count {
      let byte = bytes[offset]
      switch byte {
      case 0x22:
        offset += 1
        return try text(of: unescaped, at: start)
      case 0x5C:
        offset += 1
        try unescape(into: &unescaped)
      case 0..<0x20:
        throw failure("a control character stands unescaped in a string")
      default:
        unescaped.append(byte)
        offset += 1
      }
    }
    throw failure("a string does not end", at: start)
  }

  private func text(of slice: some Collection<UInt8>, at start: Int) throws(JSONError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw failure("a string is not UTF-8", at: start)
    }
    return text
  }

  private mutating func unescape(into target: inout [UInt8]) throws(JSONError) {
    guard offset < bytes.count else { throw failure("the text ends inside an escape") }
    let letter = bytes[offset]
    offset += 1
    switch letter {
    case 0x22, 0x5C, 0x2F: target.append(letter)
    case 0x62: target.append(0x08)
    case 0x66: target.append(0x0C)
    case 0x6E: target.append(0x0A)
    case 0x72: target.append(0x0D)
    case 0x74: target.append(0x09)
    case 0x75:
      let start = offset
      var code = UInt32(try fourHexDigits())
      if code >= 0xD800, code < 0xDC00 {
        guard offset + 1 < bytes.count, bytes[offset] == 0x5C, bytes[offset + 1] == 0x75 else {
          throw failure("half a surrogate pair in a string", at: start)
        }
        offset += 2
        let low = UInt32(try fourHexDigits())
        guard low >= 0xDC00, low < 0xE000 else {
          throw failure("half a surrogate pair in a string", at: start)
        }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = UnicodeScalar(code) else {
        throw failure("half a surrogate pair in a string", at: start)
      }
      target.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
    default: throw failure("an unknown escape in a string", at: offset - 1)
    }
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt16 {
    guard bytes.count - offset >= 4 else { throw failure("the text ends inside an escape") }
    var code: UInt16 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch bytes[offset] {
      case let byte where byte >= 0x30 && byte <= 0x39: digit = byte - 0x30
      case let byte where byte >= 0x41 && byte <= 0x46: digit = byte - 0x41 + 10
      case let byte where byte >= 0x61 && byte <= 0x66: digit = byte - 0x61 + 10
      default: throw failure("an escape needs four hexadecimal digits")
      }
      code = code << 4 | UInt16(digit)
      offset += 1
    }
    return code
  }

  // MARK: Numbers

  /// The next number, which must be an integer of 0 or more that fits `Int`.
  package mutating func count() throws(JSONError) -> Int {
    guard let first = peek() else { throw failure("the text ends where a number belongs") }
    let start = offset
    guard first >= 0x30, first <= 0x39 else {
      throw failure("a whole number of 0 or more belongs here, not \(Self.shown(first))")
    }
    var value = 0
    var place = offset
    while place < bytes.count, bytes[place] >= 0x30, bytes[place] <= 0x39 {
      let (tens, o1) = value.multipliedReportingOverflow(by: 10)
      let (next, o2) = tens.addingReportingOverflow(Int(bytes[place] - 0x30))
      guard !o1, !o2 else { throw failure("the number is too large", at: start) }
      value = next
      place += 1
    }
    offset = place
    if first == 0x30, offset - start > 1 { throw failure("a number starts with 0", at: start) }
    if offset < bytes.count, bytes[offset] == 0x2E || bytes[offset] | 0x20 == 0x65 {
      throw failure("the number is not a whole number", at: start)
    }
    return value
  }

  /// Passes over the next number and says where it stands and whether it is written as an integer.
  package mutating func number() throws(JSONError) -> (range: Range<Int>, isInteger: Bool) {
    skipWhitespace()
    let start = offset
    if offset < bytes.count, bytes[offset] == 0x2D { offset += 1 }
    let whole = digits()
    guard whole > 0 else { throw failure("a value belongs here", at: start) }
    if whole > 1, bytes[offset - whole] == 0x30 {
      throw failure("a number starts with 0", at: start)
    }
    var isInteger = true
    if offset < bytes.count, bytes[offset] == 0x2E {
      isInteger = false
      offset += 1
      guard digits() > 0 else { throw failure("a number ends in its decimal point") }
    }
    if offset < bytes.count, bytes[offset] | 0x20 == 0x65 {
      isInteger = false
      offset += 1
      if offset < bytes.count, bytes[offset] == 0x2B || bytes[offset] == 0x2D { offset += 1 }
      guard digits() > 0 else { throw failure("a number has no digits in its exponent") }
    }
    return (start..<offset, isInteger)
  }

  private mutating func digits() -> Int {
    let start = offset
    while offset < bytes.count, bytes[offset] >= 0x30, bytes[offset] <= 0x39 { offset += 1 }
    return offset - start
  }

  /// Takes a word such as `null` if it comes next.
  package mutating func takes(word: StaticString) -> Bool {
    skipWhitespace()
    let count = word.utf8CodeUnitCount
    guard bytes.count - offset >= count else { return false }
    for i in 0..<count where bytes[offset + i] != word.utf8Start[i] { return false }
    offset += count
    return true
  }

  /// Passes over the next value, whatever it is.
  ///
  /// Not recursive: `depthLimit` bounds brackets, not the stack.
  package mutating func skipValue(depthLimit: Int = 128) throws(JSONError) {
    var open: [UInt8] = []
    repeat {
      guard let byte = peek() else { throw failure("the text ends inside a value") }
      var isComplete = true
      switch byte {
      case 0x22: _ = try string()
      case 0x7B, 0x5B:
        guard open.count < depthLimit else {
          throw failure("values are nested deeper than \(depthLimit)")
        }
        offset += 1
        open.append(byte)
        if takes(byte == 0x7B ? 0x7D : 0x5D) {
          open.removeLast()
        } else {
          isComplete = false
          if byte == 0x7B { try skipKey() }
        }
      default:
        if !takes(word: "null"), !takes(word: "true"), !takes(word: "false") { _ = try number() }
      }
      // A complete value closes as many brackets as follow it.
      while isComplete, let bracket = open.last {
        if takes(0x2C) {
          if bracket == 0x7B { try skipKey() }
          isComplete = false
        } else {
          try expect(bracket == 0x7B ? 0x7D : 0x5D)
          open.removeLast()
        }
      }
    } while !open.isEmpty
  }

  private mutating func skipKey() throws(JSONError) {
    _ = try string()
    try expect(0x3A)
  }
}

/// Why a JSON text cannot be read.
///
/// `offset` counts bytes from the start of the text.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  package var offset: Int
  package var reason: String

  package init(offset: Int, reason: String) {
    self.offset = offset
    self.reason = reason
  }

  package var description: String { "offset \(offset): \(reason)" }
}
