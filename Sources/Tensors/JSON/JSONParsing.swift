extension JSONValue {
  /// Reads a whole text; a byte order mark at its start is passed over.
  ///
  /// - Parameters:
  ///   - depthLimit: brackets that may be open at once. Reading recurses that deep, so keep it small.
  ///   - acceptsNonFinite: also reads the words `NaN`, `Infinity` and `-Infinity`, which Python writes.
  /// - Throws: `JSONError` with the offset of the mistake.
  package init(
    parsing bytes: UnsafeRawBufferPointer, depthLimit: Int = 128, acceptsNonFinite: Bool = true
  ) throws(JSONError) {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var reader = JSONReader(
      scanner: JSONScanner(bytes, at: bytes.starts(with: mark) ? 3 : 0),
      acceptsNonFinite: acceptsNonFinite)
    self = try reader.value(depth: depthLimit)
    try reader.scanner.expectEnd()
  }

  /// Reads a whole text.
  package init(parsing text: String, depthLimit: Int = 128) throws(JSONError) {
    self = try Array(text.utf8).withUnsafeBufferPointer { buffer throws(JSONError) in
      try JSONValue(parsing: UnsafeRawBufferPointer(buffer), depthLimit: depthLimit)
    }
  }
}

private struct JSONReader {
  var scanner: JSONScanner
  let acceptsNonFinite: Bool

  mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard let byte = scanner.peek() else {
      throw scanner.failure("the text ends where a value belongs")
    }
    switch byte {
    case 0x22: return .string(try scanner.string())
    case 0x7B:
      guard depth > 0 else { throw scanner.failure("values are nested too deep") }
      return .object(try object(depth: depth - 1))
    case 0x5B:
      guard depth > 0 else { throw scanner.failure("values are nested too deep") }
      return .array(try array(depth: depth - 1))
    default:
      if scanner.takes(word: "null") { return .null }
      if scanner.takes(word: "true") { return .bool(true) }
      if scanner.takes(word: "false") { return .bool(false) }
      if acceptsNonFinite {
        if scanner.takes(word: "NaN") { return .number(.nan) }
        if scanner.takes(word: "Infinity") { return .number(.infinity) }
        if scanner.takes(word: "-Infinity") { return .number(-.infinity) }
      }
      return try number()
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    try scanner.expect(0x7B)
    var object = JSONObject()
    if scanner.takes(0x7D) { return object }
    repeat {
      let key = try scanner.string()
      try scanner.expect(0x3A)
      object.members.append(JSONObject.Member(key: key, value: try value(depth: depth)))
    } while scanner.takes(0x2C)
    try scanner.expect(0x7D)
    return object
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
    try scanner.expect(0x5B)
    var values: [JSONValue] = []
    if scanner.takes(0x5D) { return values }
    repeat { values.append(try value(depth: depth)) } while scanner.takes(0x2C)
    try scanner.expect(0x5D)
    return values
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let (range, isInteger) = try scanner.number()
    let text = String(decoding: scanner.bytes[range], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    // Too large for a double gives an infinity, as in Python.
    guard let value = Double(text) else {
      throw scanner.failure("the number cannot be read", at: range.lowerBound)
    }
    return .number(value)
  }
}
