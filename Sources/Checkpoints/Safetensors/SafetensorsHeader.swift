import Tensors

/// The header of a safetensors file, checked: what every tensor is and which bytes it has.
///
/// Layout of the file: 8 bytes little-endian header length N, N bytes of JSON, then the data. The JSON is an object from
/// tensor names to `{"dtype", "shape", "data_offsets": [begin, end]}`, and optionally `__metadata__`, an object of strings.
/// The byte ranges must tile the data: no holes, no overlap, nothing left over.
struct SafetensorsHeader {
  struct Tensor {
    var name: String
    /// Spelling in the file.
    var type: SafetensorsType
    var shape: Shape
    /// Range of bytes, counted from the start of the data.
    var begin: Int
    var end: Int
  }

  static let lengthLimit = 100_000_000
  static let prefixLength = 8

  private(set) var tensors: [Tensor] = []
  private(set) var metadata: [MetadataPair] = []
  /// Offset of the data in the file.
  private(set) var dataOffset = 0

  /// - Throws: `CheckpointError.malformed` that names the offset or the tensor.
  init(_ file: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
    func malformed(_ place: String, _ reason: String) -> CheckpointError {
      .malformed(path: path, place: place, reason: reason)
    }
    guard file.count >= Self.prefixLength else {
      throw malformed(
        "", "the file ends after \(file.count) bytes, a safetensors header length takes 8")
    }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    let available = file.count - Self.prefixLength
    guard length >= 2 else {
      throw malformed("offset 0", "the header length is \(length), so there is no header")
    }
    guard length <= UInt64(Self.lengthLimit) else {
      throw malformed(
        "offset 0",
        "the header length is \(length) bytes, more than the \(Self.lengthLimit) that are allowed")
    }
    guard length <= UInt64(available) else {
      throw malformed(
        "offset 0", "the header should take \(length) bytes but only \(available) follow")
    }
    dataOffset = Self.prefixLength + Int(length)
    let text = UnsafeRawBufferPointer(rebasing: file[Self.prefixLength..<dataOffset])
    guard text.first == 0x7B else {
      throw malformed("offset 8", "the header does not start with `{`")
    }
    do {
      try read(text)
    } catch {
      throw malformed("header, offset \(error.offset + Self.prefixLength)", error.reason)
    }
    try checkTiling(dataByteCount: file.count - dataOffset, path: path)
  }

  // MARK: JSON

  private mutating func read(_ text: UnsafeRawBufferPointer) throws(JSONError) {
    var scanner = JSONScanner(text)
    // A hundred bytes or more for each tensor, so this does not allocate more than the header itself.
    tensors.reserveCapacity(text.count / 128)
    var names = Set<ExactString>(minimumCapacity: text.count / 128)
    try scanner.expect(0x7B)
    if !scanner.takes(0x7D) {
      repeat {
        _ = scanner.peek()
        let start = scanner.offset
        let name = try scanner.string()
        guard names.insert(ExactString(name)).inserted else {
          throw scanner.failure("duplicate name \(JSONValue.quoted(name))", at: start)
        }
        try scanner.expect(0x3A)
        if name == "__metadata__" {
          try readMetadata(&scanner)
        } else {
          try readTensor(name, &scanner)
        }
      } while scanner.takes(0x2C)
      try scanner.expect(0x7D)
    }
    try scanner.expectEnd()
  }

  private mutating func readMetadata(_ scanner: inout JSONScanner) throws(JSONError) {
    if scanner.takes(word: "null") { return }
    guard scanner.peek() == 0x7B else {
      throw scanner.failure("`__metadata__` is not an object of strings")
    }
    try scanner.expect(0x7B)
    if scanner.takes(0x7D) { return }
    var keys = Set<ExactString>()
    repeat {
      let key = try scanner.string()
      guard keys.insert(ExactString(key)).inserted else {
        throw scanner.failure("duplicate key \(JSONValue.quoted(key)) in `__metadata__`")
      }
      try scanner.expect(0x3A)
      guard scanner.peek() == 0x22 else {
        throw scanner.failure(
          "the value of \(JSONValue.quoted(key)) in `__metadata__` is not a string")
      }
      metadata.append(MetadataPair(key: key, value: try scanner.string()))
    } while scanner.takes(0x2C)
    try scanner.expect(0x7D)
  }

  private mutating func readTensor(
    _ name: String, _ scanner: inout JSONScanner
  ) throws(JSONError) {
    guard scanner.peek() == 0x7B else {
      throw scanner.failure("tensor \(JSONValue.quoted(name)) is not described by an object")
    }
    let start = scanner.offset
    try scanner.expect(0x7B)
    var fields = TensorFields(tensor: name)
    if !scanner.takes(0x7D) {
      repeat {
        let key = try scanner.string()
        try scanner.expect(0x3A)
        try fields.read(key, &scanner)
      } while scanner.takes(0x2C)
      try scanner.expect(0x7D)
    }
    // Neighbours mostly have the same type, and finding one by its spelling takes a while.
    tensors.append(try fields.tensor(scanner, start: start, neighbour: tensors.last?.type))
  }

  /// The fields of a tensor as far as they were read.
  private struct TensorFields {
    private let name: String
    private var type: String?
    private var shape: [Int]?
    private var range: [Int]?
    private var unknown = Set<ExactString>()

    init(tensor name: String) { self.name = name }

    /// Reads the value of `key`.
    mutating func read(_ key: String, _ scanner: inout JSONScanner) throws(JSONError) {
      switch key {
      case "dtype":
        guard type == nil else { throw duplicate("`\(key)`", scanner) }
        guard scanner.peek() == 0x22 else {
          throw scanner.failure("`dtype` of tensor \(JSONValue.quoted(name)) is not a string")
        }
        type = try scanner.string()
      case "shape":
        guard shape == nil else { throw duplicate("`\(key)`", scanner) }
        shape = try SafetensorsHeader.counts(&scanner)
      case "data_offsets":
        guard range == nil else { throw duplicate("`\(key)`", scanner) }
        range = try SafetensorsHeader.counts(&scanner)
      default:
        guard unknown.insert(ExactString(key)).inserted else {
          throw duplicate(JSONValue.quoted(key), scanner)
        }
        try scanner.skipValue()
      }
    }

    private func duplicate(_ key: String, _ scanner: JSONScanner) -> JSONError {
      scanner.failure("duplicate field \(key) of tensor \(JSONValue.quoted(name))")
    }

    /// - Parameters:
    ///   - start: Where its object begins, for errors.
    ///   - neighbour: A type that it may have.
    func tensor(
      _ scanner: JSONScanner, start: Int, neighbour: SafetensorsType?
    ) throws(JSONError) -> Tensor {
      guard let type, let shape, let range else {
        let missing = type == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
        throw scanner.failure("tensor \(JSONValue.quoted(name)) has no `\(missing)`", at: start)
      }
      guard range.count == 2 else {
        throw scanner.failure(
          "`data_offsets` of tensor \(JSONValue.quoted(name)) does not hold two numbers", at: start)
      }
      guard range[0] <= range[1] else {
        throw scanner.failure(
          "`data_offsets` of tensor \(JSONValue.quoted(name)) end before they begin", at: start)
      }
      return Tensor(
        name: name,
        type: neighbour.flatMap { $0.spelling == type ? $0 : nil }
          ?? SafetensorsType(spelling: type),
        shape: Shape(shape), begin: range[0], end: range[1])
    }
  }

  /// A short list of whole numbers: a header may hold millions of them, which no sentence about a tensor should repeat.
  fileprivate static func counts(_ scanner: inout JSONScanner) throws(JSONError) -> [Int] {
    try scanner.expect(0x5B)
    if scanner.takes(0x5D) { return [] }
    var counts: [Int] = []
    counts.reserveCapacity(4)
    repeat {
      guard counts.count < Shape.rankLimit else {
        throw scanner.failure("a list of more than \(Shape.rankLimit) numbers")
      }
      counts.append(try scanner.count())
    } while scanner.takes(0x2C)
    try scanner.expect(0x5D)
    return counts
  }

  // MARK: Byte ranges

  private func checkTiling(dataByteCount: Int, path: String) throws(CheckpointError) {
    func malformed(_ tensor: Tensor, _ reason: String) -> CheckpointError {
      .malformed(path: path, place: "tensor \(JSONValue.quoted(tensor.name))", reason: reason)
    }
    // Places in `tensors`, by position in the data. Numbers only: copying whole tensors costs more than the rest.
    var order: [(begin: Int, end: Int, index: Int)] = []
    order.reserveCapacity(tensors.count)
    var isSorted = true
    for index in tensors.indices {
      let (begin, end) = (tensors[index].begin, tensors[index].end)
      if let last = order.last, (begin, end) < (last.begin, last.end) { isSorted = false }
      order.append((begin, end, index))
      guard tensors[index].shape.isPlausible, let count = tensors[index].shape.elementCount else {
        throw malformed(
          tensors[index],
          "the shape \(tensors[index].shape) has more elements than can be counted")
      }
      guard let bits = tensors[index].type.bitCount else { continue }
      let (total, overflow) = count.multipliedReportingOverflow(by: bits)
      guard !overflow, total % 8 == 0, total / 8 == end - begin else {
        throw malformed(
          tensors[index],
          "\(tensors[index].type.spelling) \(tensors[index].shape) does not take the "
            + "\(end - begin) bytes that `data_offsets` gives it")
      }
    }
    if !isSorted { order.sort { ($0.begin, $0.end) < ($1.begin, $1.end) } }
    var end = 0
    for place in order {
      if place.begin > end {
        throw malformed(
          tensors[place.index],
          "its bytes start at \(place.begin) of the data, which leaves a hole of "
            + "\(place.begin - end) bytes before it")
      }
      if place.begin < end {
        throw malformed(
          tensors[place.index],
          "its bytes \(place.begin)..<\(place.end) overlap those of another tensor")
      }
      end = place.end
    }
    if end > dataByteCount {
      throw .malformed(
        path: path, place: "",
        reason: "the file is incomplete: \(end - dataByteCount) bytes are missing of the \(end) "
          + "bytes of data that the header describes")
    }
    if end < dataByteCount {
      throw .malformed(
        path: path, place: "offset \(dataOffset + end)",
        reason: "\(dataByteCount - end) bytes are left over after the last tensor")
    }
  }
}

/// What a safetensors header calls an element type, whether it can be read here or not.
struct SafetensorsType: Sendable, Equatable {
  var spelling: String
  /// Nil for types that are listed only.
  var elementType: ElementType?
  /// Bits of one element; nil where the spelling is unknown.
  var bitCount: Int?

  init(spelling: String) {
    self.spelling = spelling
    elementType = ElementType(rawValue: spelling)
    bitCount = elementType.map { $0.byteCount * 8 } ?? Self.unreadable[spelling]
  }

  /// Types of the format that have no meaning for one element alone, or that nothing here computes with.
  private static let unreadable = [
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
  ]
}
