import Tensors

/// A fault of a pickle stream.
struct PickleFault: Error, Equatable {
  var offset: Int
  var reason: String
}

/// Reads one pickle, protocols 0 to 5, and calls nothing.
///
/// The opcodes are those of Python's `pickletools`. Only `KnownGlobals` have a meaning; every other callable becomes an inert node.
/// Each opcode makes at most a few nodes, so memory grows with the stream and not with what it pretends to hold.
struct PickleMachine {
  var graph = PickleGraph()
  private(set) var reader: ByteReader
  /// File or member, for reports.
  let place: String
  let cancellation: Cancellation
  private var stack: [PickleGraph.Reference] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleGraph.Reference] = [:]
  private var globalIndex: [String: Int] = [:]
  /// Global of a module and a name that stand on the stack; the same two are often fetched from the memo again.
  private var globalOfNames: [[PickleGraph.Reference]: PickleGraph.Reference] = [:]
  private var opcodeOffset = 0
  /// Items and bytes that known calls copied.
  ///
  /// A short stream could otherwise have one long list copied over and over.
  private var copiedCount = 0
  private var opcodeCount = 0

  /// Opcodes that are run before a stream is given up: each may keep some eighty bytes, and the state dict of half a million
  /// tensors takes fewer.
  private static let opcodeLimit = 16 << 20

  /// - Parameters:
  ///   - bytes: the stream; may go on behind the pickle.
  ///   - place: file or member, for reports.
  init(
    _ bytes: UnsafeRawBufferPointer, at offset: Int = 0, place: String,
    _ cancellation: Cancellation = .never
  ) {
    reader = ByteReader(bytes, at: offset)
    self.place = place
    self.cancellation = cancellation
  }

  /// Runs to the `STOP` opcode, or until it is cancelled, which is a fault like others.
  ///
  /// - Returns: the pickled value; `reader.offset` then stands behind it.
  mutating func run() throws(PickleFault) -> PickleGraph.Reference {
    do {
      while true {
        opcodeOffset = reader.offset
        opcodeCount += 1
        guard opcodeCount <= Self.opcodeLimit else {
          throw fault("it holds more than \(Self.opcodeLimit) opcodes")
        }
        if opcodeCount.isMultiple(of: 1 << 16) { try cancellation.check() }
        let opcode = try reader.read(UInt8.self)
        if opcode == UInt8(ascii: ".") { return try pop() }
        try execute(opcode)
      }
    } catch let fault as PickleFault {
      throw fault
    } catch let error as OutOfBounds {
      let reason =
        error.wanted <= 1
        ? "the pickle ends without its STOP"
        : "a value claims \(error.wanted) bytes, \(max(error.available, 0)) are left"
      throw PickleFault(offset: opcodeOffset, reason: reason)
    } catch {
      throw PickleFault(offset: opcodeOffset, reason: "\(error)")
    }
  }

  private func fault(_ reason: String) -> PickleFault {
    PickleFault(offset: opcodeOffset, reason: reason)
  }

  // MARK: Stack

  private mutating func push(_ node: PickleGraph.Node) { stack.append(graph.add(node)) }

  private mutating func pop() throws -> PickleGraph.Reference {
    guard stack.count > (marks.last ?? 0), let top = stack.popLast() else {
      throw fault("the stack is empty")
    }
    return top
  }

  /// The last `count` values, in the order in which they were pushed.
  private mutating func pop(_ count: Int) throws -> [PickleGraph.Reference] {
    guard stack.count - (marks.last ?? 0) >= count else { throw fault("the stack is empty") }
    let items = Array(stack.suffix(count))
    stack.removeLast(count)
    return items
  }

  private func top() throws -> PickleGraph.Reference {
    guard stack.count > (marks.last ?? 0), let top = stack.last else {
      throw fault("the stack is empty")
    }
    return top
  }

  private mutating func popToMark() throws -> [PickleGraph.Reference] {
    guard let mark = marks.popLast() else { throw fault("there is no mark on the stack") }
    let items = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return items
  }

  // MARK: Operands

  private mutating func count<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Int {
    let value = try reader.read(type)
    guard let count = Int(exactly: value), count >= 0 else {
      throw fault("a length of \(value) is impossible")
    }
    return count
  }

  private mutating func line() throws -> String {
    let start = reader.offset
    var length = 0
    while length < reader.remaining, reader.bytes[start + length] != 0x0A { length += 1 }
    guard length < reader.remaining else { throw fault("a line of text does not end") }
    let text = String(decoding: try reader.take(length), as: UTF8.self)
    try reader.skip(1)
    return text.hasSuffix("\r") ? String(text.dropLast()) : text
  }

  private mutating func string(_ count: Int) throws -> String {
    String(decoding: try reader.take(count), as: UTF8.self)
  }

  private mutating func pushBytes(_ count: Int) throws {
    let start = reader.offset
    try reader.skip(count)
    push(.bytes(start..<start + count))
  }

  private mutating func pushLong(_ count: Int) throws {
    let bytes = try reader.take(count)
    guard count <= 8 else { return push(.longInteger(byteCount: count)) }
    var value: UInt64 = 0
    for (index, byte) in bytes.enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
    if count > 0, count < 8, bytes[count - 1] & 0x80 != 0 {
      value |= ~UInt64(0) << UInt64(8 * count)
    }
    push(.integer(Int(Int64(bitPattern: value))))
  }

  private mutating func pushText(integer text: String) throws {
    let digits = text.hasSuffix("L") ? String(text.dropLast()) : text
    if text == "01" { return push(.boolean(true)) }
    if text == "00" { return push(.boolean(false)) }
    if let value = Int(digits) { return push(.integer(value)) }
    guard digits.utf8.dropFirst().allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), digits.count > 18
    else { throw fault("`\(digits.prefix(40))` is not a whole number") }
    push(.longInteger(byteCount: digits.utf8.count * 5 / 12 + 1))
  }

  private mutating func pushText(real text: String) throws {
    guard let value = Double(text) else { throw fault("`\(text.prefix(40))` is not a number") }
    push(.real(value))
  }

  private mutating func pushText(quoted text: String) throws {
    guard let text = Self.unquoted(text) else { throw fault("a string is not quoted") }
    push(.text(text))
  }

  // MARK: Opcodes

  /// One opcode a line, with its operands still to be read.
  private mutating func execute(_ opcode: UInt8) throws {
    switch opcode {
    // Framing
    case 0x80: try readProtocol()
    case 0x95: try readFrame()
    // Constants
    case UInt8(ascii: "N"): push(.none)
    case 0x88: push(.boolean(true))
    case 0x89: push(.boolean(false))
    case UInt8(ascii: "I"), UInt8(ascii: "L"): try pushText(integer: line())
    case UInt8(ascii: "J"): push(.integer(Int(try reader.read(Int32.self))))
    case UInt8(ascii: "K"): push(.integer(Int(try reader.read(UInt8.self))))
    case UInt8(ascii: "M"): push(.integer(Int(try reader.read(UInt16.self))))
    case 0x8A: try pushLong(count(UInt8.self))
    case 0x8B: try pushLong(count(Int32.self))
    case UInt8(ascii: "F"): try pushText(real: line())
    case UInt8(ascii: "G"):
      push(.real(Double(bitPattern: try reader.read(UInt64.self, order: .big))))
    // Text and bytes
    case UInt8(ascii: "S"): try pushText(quoted: line())
    case UInt8(ascii: "V"): push(.text(Self.unescaped(try line())))
    case UInt8(ascii: "T"): push(.text(try string(count(Int32.self))))
    case UInt8(ascii: "U"), 0x8C: push(.text(try string(count(UInt8.self))))
    case UInt8(ascii: "X"): push(.text(try string(count(UInt32.self))))
    case 0x8D: push(.text(try string(count(UInt64.self))))
    case UInt8(ascii: "B"): try pushBytes(count(UInt32.self))
    case UInt8(ascii: "C"): try pushBytes(count(UInt8.self))
    case 0x8E, 0x96: try pushBytes(count(UInt64.self))
    case 0x97: push(.none)  // a buffer that was sent beside the stream
    case 0x98: break
    // Containers
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "]"): pushSequence([]) { .list($0) }
    case UInt8(ascii: ")"): pushSequence([]) { .tuple($0) }
    case UInt8(ascii: "}"): pushDictionary([])
    case 0x8F: pushSequence([]) { .set($0) }
    case UInt8(ascii: "l"): pushSequence(try popToMark()) { .list($0) }
    case UInt8(ascii: "t"): pushSequence(try popToMark()) { .tuple($0) }
    case 0x91: pushSequence(try popToMark()) { .set($0) }
    case UInt8(ascii: "d"): pushDictionary(try Self.paired(popToMark(), fault))
    case 0x85: pushSequence(try pop(1)) { .tuple($0) }
    case 0x86: pushSequence(try pop(2)) { .tuple($0) }
    case 0x87: pushSequence(try pop(3)) { .tuple($0) }
    case UInt8(ascii: "a"): try extend(with: pop(1))
    case UInt8(ascii: "e"), 0x90: try extend(with: popToMark())
    case UInt8(ascii: "s"): try extend(with: Self.paired(pop(2), fault))
    case UInt8(ascii: "u"): try extend(with: Self.paired(popToMark(), fault))
    // Stack
    case UInt8(ascii: "0"): try dropTop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())
    // Memo
    case UInt8(ascii: "p"): memo[try memoIndex(line())] = try top()
    case UInt8(ascii: "q"): memo[try count(UInt8.self)] = try top()
    case UInt8(ascii: "r"): memo[try count(UInt32.self)] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "g"): try fetch(memoIndex(line()))
    case UInt8(ascii: "h"): try fetch(count(UInt8.self))
    case UInt8(ascii: "j"): try fetch(count(UInt32.self))
    // Globals and calls
    case UInt8(ascii: "c"): try pushGlobal(module: line(), name: line())
    case 0x93: try pushGlobalOfStack()
    case 0x82: pushExtension(Int(try reader.read(UInt8.self)))
    case 0x83: pushExtension(Int(try reader.read(UInt16.self)))
    case 0x84: pushExtension(Int(try reader.read(Int32.self)))
    case UInt8(ascii: "R"), 0x81: try callTop()
    case 0x92: try callWithNames()
    case UInt8(ascii: "i"): try callNamedClass()
    case UInt8(ascii: "o"): try callClassBehindMark()
    case UInt8(ascii: "b"): try setState()
    case UInt8(ascii: "P"): try pushPersistent(named: line())
    case UInt8(ascii: "Q"): try pushPersistent(pop())
    default: throw fault("byte 0x\(String(opcode, radix: 16)) is not an opcode")
    }
  }

  private mutating func readProtocol() throws {
    let version = try reader.read(UInt8.self)
    guard version <= 5 else { throw fault("pickle protocol \(version) is not known") }
  }

  private mutating func readFrame() throws {
    let frame = try count(UInt64.self)
    guard frame <= reader.remaining else {
      throw fault("a frame claims \(frame) bytes, \(reader.remaining) are left")
    }
  }

  /// `POP` takes a mark where it is on top.
  private mutating func dropTop() throws {
    if let mark = marks.last, stack.count == mark { marks.removeLast() } else { _ = try pop() }
  }

  private mutating func pushSequence(
    _ items: [PickleGraph.Reference], _ node: (Int) -> PickleGraph.Node
  ) {
    graph.sequences.append(items)
    push(node(graph.sequences.count - 1))
  }

  private mutating func pushDictionary(_ pairs: [PickleGraph.Pair]) {
    graph.dictionaries.append(pairs)
    push(.dictionary(graph.dictionaries.count - 1))
  }

  private static func paired(
    _ items: [PickleGraph.Reference], _ fault: (String) -> PickleFault
  ) throws -> [PickleGraph.Pair] {
    guard items.count.isMultiple(of: 2) else { throw fault("a key has no value") }
    return stride(from: 0, to: items.count, by: 2).map {
      PickleGraph.Pair(key: items[$0], value: items[$0 + 1])
    }
  }

  /// Appends to the container on top.
  private mutating func extend(with items: [PickleGraph.Reference]) throws {
    switch graph[try top()] {
    case .list(let index), .set(let index), .tuple(let index):
      graph.sequences[index].append(contentsOf: items)
    case .object(let index): graph.inert[index].elements.append(contentsOf: items)
    default: throw fault("items are appended to something that is no list")
    }
  }

  /// Sets items of the dictionary on top.
  private mutating func extend(with pairs: [PickleGraph.Pair]) throws {
    switch graph[try top()] {
    case .dictionary(let index): graph.dictionaries[index].append(contentsOf: pairs)
    case .object(let index): graph.inert[index].pairs.append(contentsOf: pairs)
    default: throw fault("items are set on something that is no dictionary")
    }
  }

  private func memoIndex(_ text: String) throws -> Int {
    guard let index = Int(text), index >= 0 else {
      throw fault("`\(text.prefix(40))` is no memo index")
    }
    return index
  }

  private mutating func fetch(_ index: Int) throws {
    guard let reference = memo[index] else { throw fault("memo entry \(index) was never stored") }
    stack.append(reference)
  }

  // MARK: Globals and calls

  /// The module and the name on the stack may come from the memo, where a few long ones make any number of longer pairs.
  private mutating func pushGlobalOfStack() throws {
    let name = try pop()
    let module = try pop()
    if let known = globalOfNames[[module, name]] { return stack.append(known) }
    guard let moduleText = graph.text(module), let nameText = graph.text(name) else {
      throw fault("a global is not named by text")
    }
    guard mayCopy(moduleText.utf8.count + nameText.utf8.count) else {
      throw fault("it puts together longer names than it holds")
    }
    pushGlobal(module: moduleText, name: nameText)
    globalOfNames[[module, name]] = stack.last
  }

  private mutating func pushGlobal(module: String, name: String) {
    let key = "\(module)\n\(name)"
    if let index = globalIndex[key] { return push(.global(index)) }
    graph.globals.append(
      PickleGlobal(
        module: module, name: name, opcodeOffset: opcodeOffset, isCalled: false,
        standing: KnownGlobals.standing(module: module, name: name), place: place))
    globalIndex[key] = graph.globals.count - 1
    push(.global(graph.globals.count - 1))
  }

  private mutating func pushExtension(_ code: Int) {
    pushGlobal(module: "copyreg", name: "extension_\(code)")
  }

  /// The callable below its arguments.
  private mutating func callTop() throws {
    let arguments = try pop()
    try call(pop(), arguments)
  }

  /// The same with arguments by name on top, which no known call takes.
  private mutating func callWithNames() throws {
    _ = try pop()
    try callTop()
  }

  /// A class by its names in the stream, its arguments behind the mark.
  private mutating func callNamedClass() throws {
    let module = try line()
    let name = try line()
    let arguments = try popToMark()
    pushGlobal(module: module, name: name)
    pushSequence(arguments) { .tuple($0) }
    try callTop()
  }

  /// A class and its arguments behind the mark.
  private mutating func callClassBehindMark() throws {
    let items = try popToMark()
    guard let callable = items.first else { throw fault("an instance has no class") }
    pushSequence(Array(items.dropFirst())) { .tuple($0) }
    try call(callable, pop())
  }

  private mutating func setState() throws {
    let state = try pop()
    if case .object(let index) = graph[try top()] { graph.inert[index].state = state }
  }

  /// What a call gives: a tensor, a plain container, or an inert node.
  ///
  /// Nothing is called.
  private mutating func call(
    _ callable: PickleGraph.Reference, _ arguments: PickleGraph.Reference
  ) throws {
    if case .global(let index) = graph[callable] { graph.globals[index].isCalled = true }
    if let global = graph.global(callable),
      let meaning = KnownGlobals.meaning(module: global.module, name: global.name),
      let items = graph.elements(arguments),
      let result = known(meaning, items)
    {
      stack.append(result)
      return
    }
    graph.inert.append(PickleGraph.Inert(callable: callable, arguments: arguments))
    push(.object(graph.inert.count - 1))
  }

  private mutating func mayCopy(_ count: Int) -> Bool {
    copiedCount += count
    return copiedCount <= reader.bytes.count
  }

  /// Sizes or strides of a tensor; a list that is fetched from the memo counts as a copy each time.
  private mutating func integers(_ reference: PickleGraph.Reference) -> [Int]? {
    guard let elements = graph.elements(reference), mayCopy(elements.count) else { return nil }
    return graph.integers(reference)
  }

  private mutating func known(
    _ meaning: KnownGlobals.Meaning, _ items: [PickleGraph.Reference]
  ) -> PickleGraph.Reference? {
    switch meaning {
    case .rebuildTensor, .rebuildQuantised, .rebuildTensorUntyped: tensor(meaning, items)
    case .rebuildParameter: parameter(items)
    case .rebuildFromType: rebuilt(items)
    case .orderedDictionary: dictionary(of: items)
    case .defaultDictionary: dictionary([])
    case .sequence, .set: sequence(of: items, isSet: meaning == .set)
    case .encodeText: encoded(items)
    case .numpyScalar: numpyScalar(items).map { graph.add($0) }
    case .storageClass, .elementType, .plainClass: nil
    }
  }

  /// `(storage, offset, sizes, strides, ...)`; the element type is the seventh where the storage has none.
  private mutating func tensor(
    _ meaning: KnownGlobals.Meaning, _ items: [PickleGraph.Reference]
  ) -> PickleGraph.Reference? {
    guard items.count >= 4, case .storage(let storage) = graph[items[0]],
      let offset = graph.integer(items[1]), let sizes = integers(items[2]),
      let strides = integers(items[3])
    else { return nil }
    var typeName: String?
    if meaning == .rebuildTensorUntyped {
      guard items.count >= 7, let type = graph.global(items[6]) else { return nil }
      typeName = type.name
    }
    graph.tensors.append(
      PickleGraph.TensorView(
        storage: storage, offset: offset, sizes: sizes, strides: strides, typeName: typeName,
        isQuantised: meaning == .rebuildQuantised))
    return graph.add(.tensor(graph.tensors.count - 1))
  }

  /// `(tensor, ...)`: the tensor.
  private func parameter(_ items: [PickleGraph.Reference]) -> PickleGraph.Reference? {
    guard let first = items.first, case .tensor = graph[first] else { return nil }
    return first
  }

  /// `(function, type, arguments, state)`: what the function would give.
  private mutating func rebuilt(_ items: [PickleGraph.Reference]) -> PickleGraph.Reference? {
    guard items.count >= 3, let function = graph.global(items[0]),
      let inner = KnownGlobals.meaning(module: function.module, name: function.name),
      inner != .rebuildFromType, let arguments = graph.elements(items[2])
    else { return nil }
    return known(inner, arguments)
  }

  /// `()`, `(dictionary)` or `(list of pairs)`.
  private mutating func dictionary(of items: [PickleGraph.Reference]) -> PickleGraph.Reference? {
    guard let first = items.first else { return dictionary([]) }
    if let own = graph.pairs(first) { return mayCopy(own.count) ? dictionary(own) : nil }
    guard let list = graph.elements(first) else { return dictionary([]) }
    guard mayCopy(list.count) else { return nil }
    var pairs: [PickleGraph.Pair] = []
    for item in list {
      guard let pair = graph.elements(item), pair.count == 2 else { return nil }
      pairs.append(PickleGraph.Pair(key: pair[0], value: pair[1]))
    }
    return dictionary(pairs)
  }

  private mutating func dictionary(_ pairs: [PickleGraph.Pair]) -> PickleGraph.Reference {
    graph.dictionaries.append(pairs)
    return graph.add(.dictionary(graph.dictionaries.count - 1))
  }

  /// `()` or `(items)`.
  private mutating func sequence(
    of items: [PickleGraph.Reference], isSet: Bool
  ) -> PickleGraph.Reference? {
    let list = items.first.flatMap { graph.elements($0) } ?? []
    guard mayCopy(list.count) else { return nil }
    graph.sequences.append(list)
    let place = graph.sequences.count - 1
    return graph.add(isSet ? .set(place) : .tuple(place))
  }

  /// `(text, encoding)`: bytes that Python 2 wrote as text in Latin-1.
  private mutating func encoded(_ items: [PickleGraph.Reference]) -> PickleGraph.Reference? {
    guard let first = items.first, let text = graph.text(first), mayCopy(text.utf8.count)
    else { return nil }
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard scalar.value < 256 else { return nil }
      bytes.append(UInt8(scalar.value))
    }
    return graph.add(.madeBytes(bytes))
  }

  /// `scalar(dtype, bytes)`: the number, where the type is one of the plain ones.
  private func numpyScalar(_ items: [PickleGraph.Reference]) -> PickleGraph.Node? {
    guard items.count == 2, case .object(let index) = graph[items[0]],
      let arguments = graph.inert[index].arguments.flatMap({ graph.elements($0) }),
      let first = arguments.first, let code = graph.text(first)
    else { return nil }
    let raw: [UInt8]
    switch graph[items[1]] {
    case .madeBytes(let bytes): raw = bytes
    // The same bytes can be fetched from the memo any number of times.
    case .bytes(let range) where range.count <= 16: raw = Array(reader.bytes[range])
    default: return nil
    }
    let types: [String: ElementType] = [
      "f8": .f64, "f4": .f32, "f2": .f16, "i8": .i64, "i4": .i32, "i2": .i16, "i1": .i8,
      "u8": .u64, "u4": .u32, "u2": .u16, "u1": .u8, "b1": .bool,
    ]
    guard let type = types[code], raw.count == type.byteCount else { return nil }
    var order = ByteOrder.little
    if let state = graph.inert[index].state, let fields = graph.elements(state), fields.count > 1,
      graph.text(fields[1]) == ">"
    {
      order = .big
    }
    return raw.withUnsafeBytes { bytes in
      let value = ElementDecoder(type: type, order: order).value(at: 0, in: bytes)
      switch type {
      case .f64, .f32, .f16: return .real(value)
      case .bool: return .boolean(value != 0)
      default: return Int(exactly: value).map { .integer($0) } ?? .real(value)
      }
    }
  }

  /// The identifier of protocol 0 is a line of text.
  private mutating func pushPersistent(named name: String) throws {
    push(.text(name))
    try pushPersistent(pop())
  }

  /// `("storage", class, key, location, count)`; anything else stays an inert node.
  private mutating func pushPersistent(_ identifier: PickleGraph.Reference) throws {
    if let items = graph.elements(identifier), items.count >= 5,
      graph.text(items[0]) == "storage", let kind = graph.global(items[1]),
      let key = graph.text(items[2]) ?? graph.integer(items[2]).map(String.init),
      let count = graph.integer(items[4])
    {
      graph.storages.append(
        PickleGraph.Storage(key: key, className: kind.name, elementCount: count))
      return push(.storage(graph.storages.count - 1))
    }
    graph.inert.append(PickleGraph.Inert(callable: identifier, arguments: nil))
    push(.object(graph.inert.count - 1))
  }

  // MARK: Text of protocol 0

  /// A Python 2 string literal: quotes removed, backslash escapes undone.
  private static func unquoted(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 2, let quote = bytes.first, quote == bytes.last,
      quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { return nil }
    return unescaped(String(decoding: bytes[1..<bytes.count - 1], as: UTF8.self))
  }

  /// Undoes `\n`, `\x41`, `\u6743` and the like; what is not an escape stays as it is.
  private static func unescaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
    var result = String.UnicodeScalarView()
    var scalars = Array(text.unicodeScalars)[...]
    while let scalar = scalars.popFirst() {
      guard scalar == "\\", let kind = scalars.first else {
        result.append(scalar)
        continue
      }
      let widths: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]
      if let width = widths[kind], scalars.count > width,
        let value = UInt32(
          String(String.UnicodeScalarView(scalars.dropFirst().prefix(width))), radix: 16),
        let made = Unicode.Scalar(value)
      {
        result.append(made)
        scalars = scalars.dropFirst(1 + width)
        continue
      }
      let simple: [Unicode.Scalar: Unicode.Scalar] = [
        "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", "\"": "\"",
      ]
      if let made = simple[kind] {
        result.append(made)
        scalars = scalars.dropFirst()
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}
