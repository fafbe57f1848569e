extension JSONValue {
  package enum KeyOrder: Sendable {
    /// As the members stand.
    case insertion
    /// By the bytes of the keys.
    case sorted
  }

  /// JSON text of the value.
  ///
  /// Numbers are written with the fewest digits that read back as the same number. What JSON cannot hold becomes
  /// the strings `"NaN"`, `"Infinity"` and `"-Infinity"`. Control and direction-changing characters are escaped, so the
  /// text may be shown in a terminal.
  /// - Parameter indent: spaces per level; nil for one line.
  package func text(order: KeyOrder = .insertion, indent: Int? = nil) -> String {
    var writer = JSONWriter(order: order, indent: indent)
    writer.write(self, level: 0)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// A string in quotes, escaped as in `text`.
  package static func quoted(_ string: String) -> String {
    JSONValue.string(string).text()
  }
}

private struct JSONWriter {
  let order: JSONValue.KeyOrder
  let indent: Int?
  var bytes: [UInt8] = []

  init(order: JSONValue.KeyOrder, indent: Int?) {
    self.order = order
    self.indent = indent
  }

  mutating func write(_ value: JSONValue, level: Int) {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .integer(let value): append(String(value))
    case .number(let value):
      if value.isNaN {
        append("\"NaN\"")
      } else if value.isInfinite {
        append(value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
      } else {
        append(value.description)
      }
    case .string(let text): write(text)
    case .array(let values):
      writeList(values, open: 0x5B, close: 0x5D, level: level) { writer, value in
        writer.write(value, level: level + 1)
      }
    case .object(let object):
      let members =
        order == .sorted
        ? object.members.sorted { ExactString($0.key) < ExactString($1.key) } : object.members
      writeList(members, open: 0x7B, close: 0x7D, level: level) { writer, member in
        writer.write(member.key)
        writer.append(writer.indent == nil ? ":" : ": ")
        writer.write(member.value, level: level + 1)
      }
    }
  }

  private mutating func writeList<Element>(
    _ list: [Element], open: UInt8, close: UInt8, level: Int,
    _ writeElement: (inout JSONWriter, Element) -> Void
  ) {
    bytes.append(open)
    for (index, element) in list.enumerated() {
      if index > 0 { bytes.append(0x2C) }
      startLine(level + 1)
      writeElement(&self, element)
    }
    if !list.isEmpty { startLine(level) }
    bytes.append(close)
  }

  private mutating func startLine(_ level: Int) {
    guard let indent else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: indent * level))
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func write(_ text: String) {
    bytes.append(0x22)
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: append("\\\"")
      case 0x5C: append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069:
        append("\\u")
        for shift in [12, 8, 4, 0] as [UInt32] {
          let digit = UInt8(truncatingIfNeeded: scalar.value >> shift & 0xF)
          bytes.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
        }
      default: bytes.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
      }
    }
    bytes.append(0x22)
  }
}
