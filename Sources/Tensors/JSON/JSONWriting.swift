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
    JSONWriter.text(of: self, order: order, layout: indent.map { .indented($0) } ?? .line)
  }

  /// JSON text for a file that people open, too: a member of the document a line, a row of its tables a line.
  ///
  /// Escapes and numbers are those of `text`. The text ends with a line end.
  package func table() -> String {
    JSONWriter.text(of: self, order: .insertion, layout: .table) + "\n"
  }

  /// A string in quotes, escaped as in `text`.
  package static func quoted(_ string: String) -> String {
    JSONValue.string(string).text()
  }
}

private struct JSONWriter {
  enum Layout: Equatable {
    case line
    /// Everything on lines of its own, with so many spaces a level.
    case indented(Int)
    /// The outermost list, and the lists in it that hold lists, have an element a line.
    case table
  }

  let order: JSONValue.KeyOrder
  let layout: Layout
  private var bytes: [UInt8] = []

  private init(order: JSONValue.KeyOrder, layout: Layout) {
    self.order = order
    self.layout = layout
  }

  static func text(of value: JSONValue, order: JSONValue.KeyOrder, layout: Layout) -> String {
    var writer = JSONWriter(order: order, layout: layout)
    writer.write(value, level: 0)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private mutating func write(_ value: JSONValue, level: Int) {
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
      let indent = indent(of: values, level: level)
      writeList(values, open: 0x5B, close: 0x5D, indent: indent, level: level) { writer, value in
        writer.write(value, level: level + 1)
      }
    case .object(let object):
      let members =
        order == .sorted
        ? object.members.sorted { ExactString($0.key) < ExactString($1.key) } : object.members
      let indent = indent(of: members.lazy.map(\.value), level: level)
      writeList(members, open: 0x7B, close: 0x7D, indent: indent, level: level) { writer, member in
        writer.write(member.key)
        writer.append(writer.layout == .line ? ":" : ": ")
        writer.write(member.value, level: level + 1)
      }
    }
  }

  /// Spaces a level where the elements of a list stand on lines of their own; nil where they share one.
  private func indent(of elements: some Sequence<JSONValue>, level: Int) -> Int? {
    switch layout {
    case .line: nil
    case .indented(let spaces): spaces
    case .table: level == 0 || level == 1 && elements.contains(where: \.isList) ? 2 : nil
    }
  }

  private mutating func writeList<Element>(
    _ list: [Element], open: UInt8, close: UInt8, indent: Int?, level: Int,
    _ writeElement: (inout JSONWriter, Element) -> Void
  ) {
    bytes.append(open)
    for (index, element) in list.enumerated() {
      if index > 0 { bytes.append(0x2C) }
      if let indent {
        startLine(indent * (level + 1))
      } else if index > 0, layout == .table {
        bytes.append(0x20)
      }
      writeElement(&self, element)
    }
    if let indent, !list.isEmpty { startLine(indent * level) }
    bytes.append(close)
  }

  private mutating func startLine(_ spaces: Int) {
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: spaces))
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

extension JSONValue {
  fileprivate var isList: Bool {
    switch self {
    case .array, .object: true
    default: false
    }
  }
}
