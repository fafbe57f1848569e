import Tensors

/// Header of one `.npy` array (NumPy format versions 1 to 3).
///
/// | bytes | content |
/// |---|---|
/// | 6 | `\x93NUMPY` |
/// | 2 | major and minor version |
/// | 2 or 4 | length of the header text |
/// | n | a Python dictionary: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }` |
struct NumPyHeader: Equatable {
  /// The type text, such as `<f4`.
  ///
  /// For structured types the whole list.
  var typeText: String
  var isFortranOrdered: Bool
  var sizes: [Int]
  /// Bytes before the first element.
  var byteCount: Int
  /// Whether elements are Python objects, or hold some: the data is then a pickle.
  var holdsObjects: Bool

  /// Longest text that is read; NumPy itself refuses a longer one unless it is told to trust the file.
  static let textLimit = 10_000

  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// - Throws: `NumPyFault` with a sentence about what is wrong.
  init(_ bytes: UnsafeRawBufferPointer) throws {
    var reader = ByteReader(bytes)
    do {
      guard try reader.take(6).elementsEqual(Self.magic) else {
        throw NumPyFault("it does not begin as a NumPy array")
      }
      let major = try reader.read(UInt8.self)
      try reader.skip(1)
      guard (1...3).contains(major) else {
        throw NumPyFault("format version \(major) is not known")
      }
      let length =
        major == 1 ? Int(try reader.read(UInt16.self)) : Int(try reader.read(UInt32.self))
      guard length <= Self.textLimit else {
        throw NumPyFault("its header claims \(length) bytes, more than \(Self.textLimit)")
      }
      let text = String(decoding: try reader.take(length), as: UTF8.self)
      byteCount = reader.offset
      var literal = PythonLiteral(text)
      guard case .dictionary(let fields) = try literal.parse() else {
        throw NumPyFault("its header is not a dictionary")
      }
      guard let type = fields["descr"], let order = fields["fortran_order"],
        let shape = fields["shape"]
      else { throw NumPyFault("its header lacks descr, fortran_order or shape") }
      guard case .boolean(let isFortran) = order, case .tuple(let items) = shape else {
        throw NumPyFault("its header has the wrong kinds of values")
      }
      sizes = try items.map { item in
        guard case .integer(let size) = item, size >= 0 else {
          throw NumPyFault("a size in its shape is not a whole number")
        }
        return size
      }
      guard sizes.count <= Shape.rankLimit else {
        throw NumPyFault("it has \(sizes.count) dimensions")
      }
      guard !sizes.contains(0) || Shape(sizes).isPlausible else {
        throw NumPyFault("the sizes of its shape overflow")
      }
      isFortranOrdered = isFortran
      holdsObjects = Self.holdsObjects(type)
      if case .text(let text) = type { typeText = text } else { typeText = "structured" }
    } catch is OutOfBounds {
      throw NumPyFault("its header is cut")
    }
  }

  /// `O` is the type of objects, alone or in a list of fields.
  private static func holdsObjects(_ type: PythonLiteral.Value) -> Bool {
    switch type {
    case .text(let text): text.drop { "<>|=".contains($0) }.hasPrefix("O")
    case .tuple(let parts): parts.contains(where: holdsObjects)
    default: false
    }
  }

  /// Element type and byte order; nil for text, objects and structures.
  var elementType: (type: ElementType, order: ByteOrder, isAssumed: Bool)? {
    guard let first = typeText.first else { return nil }
    var code = typeText
    var order = ByteOrder.little
    if "<>|=".contains(first) {
      if first == ">" { order = .big }
      code.removeFirst()
    }
    switch code {
    case "f8": return (.f64, order, false)
    case "f4": return (.f32, order, false)
    case "f2": return (.f16, order, false)
    case "i8": return (.i64, order, false)
    case "i4": return (.i32, order, false)
    case "i2": return (.i16, order, false)
    case "i1": return (.i8, order, false)
    case "u8": return (.u64, order, false)
    case "u4": return (.u32, order, false)
    case "u2": return (.u16, order, false)
    case "u1": return (.u8, order, false)
    case "b1": return (.bool, order, false)
    case "c8": return (.c64, order, false)
    case "c16": return (.c128, order, false)
    // ml_dtypes arrays lose their name: two raw bytes are bfloat16 in every JAX checkpoint.
    case "V2": return (.bf16, order, true)
    default: return nil
    }
  }
}

struct NumPyFault: Error, Equatable, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// The few Python literals that array headers consist of; nothing is evaluated.
struct PythonLiteral {
  enum Value: Equatable {
    case text(String)
    case integer(Int)
    case boolean(Bool)
    case none
    case tuple([Value])
    case dictionary([String: Value])
  }

  private var scalars: ArraySlice<UInt8>

  init(_ text: String) { scalars = Array(text.utf8)[...] }

  mutating func parse() throws -> Value {
    let value = try value(depth: 0)
    skipSpace()
    guard scalars.isEmpty || scalars.allSatisfy({ $0 == 0 }) else {
      throw NumPyFault("its header goes on behind the dictionary")
    }
    return value
  }

  private mutating func skipSpace() {
    scalars = scalars.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard scalars.first == byte else { return false }
    scalars.removeFirst()
    return true
  }

  private mutating func value(depth: Int) throws -> Value {
    guard depth < 16 else { throw NumPyFault("its header is nested too deeply") }
    skipSpace()
    guard let first = scalars.first else { throw NumPyFault("its header is cut") }
    switch first {
    case UInt8(ascii: "{"): return try dictionary(depth: depth)
    case UInt8(ascii: "("): return .tuple(try items(until: UInt8(ascii: ")"), depth: depth))
    case UInt8(ascii: "["): return .tuple(try items(until: UInt8(ascii: "]"), depth: depth))
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .text(try text())
    default: return try word()
    }
  }

  private mutating func items(until end: UInt8, depth: Int) throws -> [Value] {
    scalars.removeFirst()
    var items: [Value] = []
    while !take(end) {
      items.append(try value(depth: depth + 1))
      if !take(UInt8(ascii: ",")) {
        guard take(end) else { throw NumPyFault("a comma is missing in its header") }
        break
      }
    }
    return items
  }

  private mutating func dictionary(depth: Int) throws -> Value {
    scalars.removeFirst()
    var fields: [String: Value] = [:]
    while !take(UInt8(ascii: "}")) {
      skipSpace()
      let key = try text()
      guard take(UInt8(ascii: ":")) else { throw NumPyFault("a colon is missing in its header") }
      fields[key] = try value(depth: depth + 1)
      if !take(UInt8(ascii: ",")) {
        guard take(UInt8(ascii: "}")) else {
          throw NumPyFault("a comma is missing in its header")
        }
        break
      }
    }
    return .dictionary(fields)
  }

  private mutating func text() throws -> String {
    guard let quote = scalars.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { throw NumPyFault("a text is missing in its header") }
    scalars.removeFirst()
    guard let end = scalars.firstIndex(of: quote) else {
      throw NumPyFault("a text in its header does not end")
    }
    let text = String(decoding: scalars[..<end], as: UTF8.self)
    scalars = scalars[(end + 1)...]
    return text
  }

  private mutating func word() throws -> Value {
    let length = scalars.prefix {
      $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: ")") && $0 != UInt8(ascii: "}")
        && $0 != UInt8(ascii: "]") && $0 > 0x20
    }
    scalars = scalars.dropFirst(length.count)
    let text = String(decoding: length, as: UTF8.self)
    switch text {
    case "True": return .boolean(true)
    case "False": return .boolean(false)
    case "None": return .none
    default:
      // Python 2 wrote long integers with an L.
      let digits = text.hasSuffix("L") ? String(text.dropLast()) : text
      guard let number = Int(digits) else {
        throw NumPyFault("`\(text.prefix(30))` in its header is not understood")
      }
      return .integer(number)
    }
  }
}
