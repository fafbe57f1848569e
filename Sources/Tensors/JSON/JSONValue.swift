import Glibc

/// A JSON value.
///
/// Objects keep the order of their members and may hold a key twice, as the text had it.
///
/// ```swift
/// let config = try JSONValue(parsing: bytes)
/// let width = config["vision_cfg"]?["width"]?.integer
/// ```
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// Written without point or exponent, and fits `Int`.
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// The members of a JSON object, in order.
package struct JSONObject: Sendable, Equatable {
  package struct Member: Sendable, Equatable {
    package var key: String
    package var value: JSONValue

    package init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  package var members: [Member]

  package init(_ members: [Member] = []) { self.members = members }

  /// The value of the last member called `key`, as Python reads it; walks the members, so iterate `members` of large objects.
  ///
  /// Setting replaces the first member of that name or appends one; setting nil removes all of them.
  package subscript(key: String) -> JSONValue? {
    get { members.last { $0.key == key }?.value }
    set {
      guard let newValue else { return members.removeAll { $0.key == key } }
      if let index = members.firstIndex(where: { $0.key == key }) {
        members[index].value = newValue
      } else {
        members.append(Member(key: key, value: newValue))
      }
    }
  }

  package var isEmpty: Bool { members.isEmpty }

  /// The first key that stands twice.
  ///
  /// Nil where all are different. Keys are compared byte for byte.
  package var duplicateKey: String? {
    var seen = Set<ExactString>(minimumCapacity: members.count)
    return members.first { !seen.insert(ExactString($0.key)).inserted }?.key
  }
}

/// A string that equals another only byte for byte. (`String` calls composed and decomposed letters equal.)
package struct ExactString: Hashable, Sendable, Comparable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (left: Self, right: Self) -> Bool {
    var (first, second) = (left.text, right.text)
    return first.withUTF8 { a in
      second.withUTF8 { b in
        guard a.count == b.count, let p = a.baseAddress, let q = b.baseAddress else {
          return a.count == b.count
        }
        return memcmp(p, q, a.count) == 0
      }
    }
  }

  package static func < (left: Self, right: Self) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    var copy = text
    copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension JSONValue {
  package subscript(key: String) -> JSONValue? { object?[key] }

  package subscript(index: Int) -> JSONValue? {
    guard let array, array.indices.contains(index) else { return nil }
    return array[index]
  }

  package var isNull: Bool { self == .null }

  package var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// Also a number with a point that is whole, such as `512.0`.
  package var integer: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  package var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  package var array: [JSONValue]? {
    if case .array(let values) = self { values } else { nil }
  }

  package var object: JSONObject? {
    if case .object(let object) = self { object } else { nil }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(nilLiteral: ()) { self = .null }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
  }
}
