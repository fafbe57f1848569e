import Tensors

/// Why a pickle cannot be read.
struct PickleFault: Error, Equatable {
  var offset: Int
  var reason: String
}

/// Interprets the opcodes of a pickle, protocols 0 to 5, without running anything.
///
/// A call (`REDUCE`, `NEWOBJ`, ...) makes an inert node that remembers what would have been called and with which
/// arguments. Every opcode makes at most one node and copies no container, so time and memory stay
/// proportional to the bytes that were read.
struct PickleMachine {
  private(set) var graph = PickleGraph()
  private var reader: ByteReader
  private let place: String
  private var stack: [PickleGraph.Index] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleGraph.Index] = [:]
  private var globalNodes: [String: PickleGraph.Index] = [:]
  private var opcodeOffset = 0

  static let nodeLimit = 4_000_000

  /// `place` names the pickle in reports.
  init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0, place: String) {
    reader = ByteReader(bytes, at: offset)
    self.place = place
  }

  /// Offset behind the `STOP` opcode.
  var endOffset: Int { reader.offset }

  /// Reads one pickle. After a fault `graph` still holds what was named before it.
  mutating func run() throws(PickleFault) {
    do {
      while true {
        opcodeOffset = reader.offset
        let opcode: UInt8 = try reader.read()
        if opcode == UInt8(ascii: ".") {
          graph.root = try pop()
          return
        }
        try step(opcode)
      }
    } catch let fault as PickleFault {
      throw fault
    } catch let error as OutOfBounds {
      throw PickleFault(
        offset: opcodeOffset,
        reason: error.available <= 0
          ? "the pickle ends without STOP"
          : "wants \(error.wanted) bytes where \(error.available) are left")
    } catch {
      throw PickleFault(offset: opcodeOffset, reason: "cannot be read")
    }
  }

  // MARK: - Stack

  private func fault(_ reason: String) -> PickleFault {
    PickleFault(offset: opcodeOffset, reason: reason)
  }

  private mutating func node(_ value: PickleGraph.Node) throws -> PickleGraph.Index {
    guard graph.nodes.count < Self.nodeLimit else {
      throw fault("more than \(Self.nodeLimit) values")
    }
    graph.nodes.append(value)
    return PickleGraph.Index(graph.nodes.count - 1)
  }

  private mutating func push(_ value: PickleGraph.Node) throws { stack.append(try node(value)) }

  private mutating func pop() throws -> PickleGraph.Index {
    guard stack.count > (marks.last ?? 0), let top = stack.popLast() else {
      throw fault("takes a value from an empty stack")
    }
    return top
  }

  private func top() throws -> PickleGraph.Index {
    guard stack.count > (marks.last ?? 0), let top = stack.last else {
      throw fault("needs a value on an empty stack")
    }
    return top
  }

  private mutating func popToMark() throws -> [PickleGraph.Index] {
    guard let mark = marks.popLast() else { throw fault("there is no MARK") }
    let items = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return items
  }

  private mutating func collection(_ items: [PickleGraph.Index]) -> Int {
    graph.collections.append(items)
    return graph.collections.count - 1
  }

  private mutating func pushSequence(
    _ items: [PickleGraph.Index], _ kind: (Int) -> PickleGraph.Node
  ) throws {
    try push(kind(collection(items)))
  }

  // MARK: - Arguments

  private mutating func length<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Int {
    let raw = try reader.read(type)
    guard let count = Int(exactly: raw), count >= 0, count <= reader.remaining else {
      throw fault("claims \(raw) bytes where \(reader.remaining) are left")
    }
    return count
  }

  private mutating func byteRange(_ count: Int) throws -> Range<Int> {
    let start = reader.offset
    try reader.skip(count)
    return start..<start + count
  }

  private mutating func string(_ count: Int) throws -> PickleGraph.Node {
    .text(String(decoding: try reader.take(count), as: UTF8.self))
  }

  private mutating func line() throws -> UnsafeRawBufferPointer {
    let start = reader.offset
    var end = start
    while end < reader.bytes.count, reader.bytes[end] != 0x0A { end += 1 }
    guard end < reader.bytes.count else { throw fault("a text argument has no end") }
    let content = try reader.take(end - start)
    try reader.skip(1)
    return content
  }

  private mutating func lineText() throws -> String { String(decoding: try line(), as: UTF8.self) }

  private mutating func lineNumber() throws -> Int {
    let text = try lineText()
    guard let number = Int(text), number >= 0 else { throw fault("`\(text.prefix(40))` is no number") }
    return number
  }

  // MARK: - Opcodes

  private mutating func step(_ opcode: UInt8) throws {
    switch opcode {
    case 0x80:  // PROTO
      let version: UInt8 = try reader.read()
      guard version <= 5 else { throw fault("pickle protocol \(version) is not known") }
    case 0x95:  // FRAME
      _ = try length(UInt64.self)
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"):  // POP: takes a MARK away if that is on top
      if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: "N"): try push(.none)
    case 0x88: try push(.boolean(true))
    case 0x89: try push(.boolean(false))
    case UInt8(ascii: "p"), UInt8(ascii: "q"), UInt8(ascii: "r"), 0x94,
      UInt8(ascii: "g"), UInt8(ascii: "h"), UInt8(ascii: "j"):
      try stepMemo(opcode)
    case UInt8(ascii: "I"), UInt8(ascii: "L"), UInt8(ascii: "J"), UInt8(ascii: "K"),
      UInt8(ascii: "M"), 0x8A, 0x8B, UInt8(ascii: "F"), UInt8(ascii: "G"):
      try stepNumber(opcode)
    case UInt8(ascii: "S"), UInt8(ascii: "T"), UInt8(ascii: "U"), UInt8(ascii: "V"),
      UInt8(ascii: "X"), 0x8C, 0x8D, UInt8(ascii: "B"), UInt8(ascii: "C"), 0x8E, 0x96:
      try stepText(opcode)
    case 0x97: try push(.buffer)
    case 0x98: _ = try top()  // READONLY_BUFFER changes nothing here
    case UInt8(ascii: "c"), UInt8(ascii: "i"), 0x93, UInt8(ascii: "R"), UInt8(ascii: "o"),
      0x81, 0x92, UInt8(ascii: "b"), 0x82, 0x83, 0x84, UInt8(ascii: "P"), UInt8(ascii: "Q"):
      try stepCall(opcode)
    default: try stepContainer(opcode)
    }
  }

  private mutating func stepMemo(_ opcode: UInt8) throws {
    switch opcode {
    case UInt8(ascii: "p"): memo[try lineNumber()] = try top()
    case UInt8(ascii: "q"): memo[Int(try reader.read(UInt8.self))] = try top()
    case UInt8(ascii: "r"): memo[Int(try reader.read(UInt32.self))] = try top()
    // Python stores at the current size of the memo, whatever numbers were used before.
    case 0x94: memo[memo.count] = try top()
    default:
      let key: Int =
        switch opcode {
        case UInt8(ascii: "g"): try lineNumber()
        case UInt8(ascii: "h"): Int(try reader.read(UInt8.self))
        default: Int(try reader.read(UInt32.self))
        }
      guard let value = memo[key] else { throw fault("memo \(key) was never stored") }
      stack.append(value)
    }
  }

  private mutating func stepNumber(_ opcode: UInt8) throws {
    switch opcode {
    case UInt8(ascii: "I"):
      let text = try lineText()
      if text == "00" || text == "01" { return try push(.boolean(text == "01")) }
      try pushInteger(text)
    case UInt8(ascii: "L"):
      var text = try lineText()
      if text.hasSuffix("L") { text.removeLast() }
      try pushInteger(text)
    case UInt8(ascii: "J"): try push(.integer(Int(try reader.read(Int32.self))))
    case UInt8(ascii: "K"): try push(.integer(Int(try reader.read(UInt8.self))))
    case UInt8(ascii: "M"): try push(.integer(Int(try reader.read(UInt16.self))))
    case 0x8A: try pushLong(try length(UInt8.self))
    case 0x8B: try pushLong(try length(Int32.self))
    case UInt8(ascii: "F"):
      let text = try lineText()
      guard let value = Double(text) else { throw fault("`\(text.prefix(40))` is no number") }
      try push(.real(value))
    default:
      try push(.real(Double(bitPattern: try reader.read(UInt64.self, order: .big))))
    }
  }

  private mutating func pushInteger(_ raw: String) throws {
    let text = String(raw.drop { $0 == " " })
    if let value = Int(text) { return try push(.integer(value)) }
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
      throw fault("`\(text.prefix(40))` is no number")
    }
    try push(.wideInteger(String(text.prefix(200))))
  }

  /// Little-endian two's complement of any length; zero bytes are 0.
  private mutating func pushLong(_ count: Int) throws {
    let bytes = try reader.take(count)
    guard count <= 8 else {
      var digits = ""
      for byte in bytes.suffix(80).reversed() {
        digits += byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
      }
      return try push(.wideInteger("0x" + digits))
    }
    var value: UInt64 = bytes.last.map { $0 & 0x80 != 0 ? .max : 0 } ?? 0
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    try push(.integer(Int(Int64(bitPattern: value))))
  }

  private mutating func stepText(_ opcode: UInt8) throws {
    switch opcode {
    case UInt8(ascii: "S"):
      let quoted = try line()
      guard let text = PickleText.unquoted(quoted) else { throw fault("a string is not quoted") }
      try push(.text(text))
    case UInt8(ascii: "T"): try push(try string(try length(Int32.self)))
    case UInt8(ascii: "U"): try push(try string(try length(UInt8.self)))
    case UInt8(ascii: "V"): try push(.text(PickleText.unescaped(try line())))
    case UInt8(ascii: "X"): try push(try string(try length(UInt32.self)))
    case 0x8C: try push(try string(try length(UInt8.self)))
    case 0x8D: try push(try string(try length(UInt64.self)))
    case UInt8(ascii: "B"): try push(.bytes(try byteRange(try length(UInt32.self))))
    case UInt8(ascii: "C"): try push(.bytes(try byteRange(try length(UInt8.self))))
    default: try push(.bytes(try byteRange(try length(UInt64.self))))
    }
  }

  private mutating func stepContainer(_ opcode: UInt8) throws {
    switch opcode {
    case UInt8(ascii: ")"): try pushSequence([]) { .tuple($0) }
    case UInt8(ascii: "]"): try pushSequence([]) { .list($0) }
    case UInt8(ascii: "}"): try pushSequence([]) { .map($0) }
    case 0x8F: try pushSequence([]) { .set($0) }
    case UInt8(ascii: "t"): try pushSequence(try popToMark()) { .tuple($0) }
    case UInt8(ascii: "l"): try pushSequence(try popToMark()) { .list($0) }
    case 0x91: try pushSequence(try popToMark()) { .set($0) }
    case UInt8(ascii: "d"):
      let items = try popToMark()
      guard items.count.isMultiple(of: 2) else { throw fault("a key has no value") }
      try pushSequence(items) { .map($0) }
    case 0x85, 0x86, 0x87:
      var items: [PickleGraph.Index] = []
      for _ in 0..<(opcode - 0x84) { items.append(try pop()) }
      try pushSequence(items.reversed()) { .tuple($0) }
    case UInt8(ascii: "a"):
      let item = try pop()
      try add([item], to: try top())
    case UInt8(ascii: "e"), 0x90:
      let items = try popToMark()
      try add(items, to: try top())
    case UInt8(ascii: "s"):
      let value = try pop()
      let key = try pop()
      try set([key, value], in: try top())
    case UInt8(ascii: "u"):
      let items = try popToMark()
      guard items.count.isMultiple(of: 2) else { throw fault("a key has no value") }
      try set(items, in: try top())
    default:
      throw fault("opcode 0x\(String(opcode, radix: 16)) is not known")
    }
  }

  private mutating func add(_ items: [PickleGraph.Index], to target: PickleGraph.Index) throws {
    switch graph[target] {
    case .list(let index), .set(let index): graph.collections[index] += items
    case .object(let index): graph.objects[index].items += items
    default: throw fault("appends to something that is no list")
    }
  }

  private mutating func set(_ pairs: [PickleGraph.Index], in target: PickleGraph.Index) throws {
    switch graph[target] {
    case .map(let index): graph.collections[index] += pairs
    case .object(let index): graph.objects[index].pairs += pairs
    default: throw fault("sets an item of something that is no map")
    }
  }

  // MARK: - Names and calls

  private mutating func global(module: String, name: String) throws -> PickleGraph.Index {
    let key = "\(module)\n\(name)"
    if let known = globalNodes[key] { return known }
    graph.globals.append(
      PickleGlobal(
        module: module, name: name, opcodeOffset: opcodeOffset, isCalled: false,
        standing: PickleGlobalTable.standing(module: module, name: name), place: place))
    let index = try node(.global(graph.globals.count - 1))
    globalNodes[key] = index
    return index
  }

  private mutating func call(
    _ callee: PickleGraph.Index, _ arguments: PickleGraph.Index?
  ) throws -> PickleGraph.Index {
    if case .global(let index) = graph[callee] { graph.globals[index].isCalled = true }
    graph.objects.append(PickleGraph.Object(callee: callee, arguments: arguments))
    return try node(.object(graph.objects.count - 1))
  }

  private mutating func stepCall(_ opcode: UInt8) throws {
    switch opcode {
    case UInt8(ascii: "c"):
      let module = try lineText()
      stack.append(try global(module: module, name: try lineText()))
    case 0x93:
      let name = try pop()
      let module = try pop()
      guard let moduleText = graph.text(module), let nameText = graph.text(name) else {
        throw fault("STACK_GLOBAL needs two strings")
      }
      stack.append(try global(module: moduleText, name: nameText))
    case UInt8(ascii: "i"):
      let module = try lineText()
      let callee = try global(module: module, name: try lineText())
      let arguments = try popToMark()
      stack.append(try call(callee, try node(.tuple(collection(arguments)))))
    case UInt8(ascii: "o"):
      var arguments = try popToMark()
      guard !arguments.isEmpty else { throw fault("OBJ names no class") }
      let callee = arguments.removeFirst()
      stack.append(try call(callee, try node(.tuple(collection(arguments)))))
    case UInt8(ascii: "R"), 0x81:
      let arguments = try pop()
      let callee = try pop()
      stack.append(try call(callee, arguments))
    case 0x92:
      _ = try pop()
      let arguments = try pop()
      let callee = try pop()
      stack.append(try call(callee, arguments))
    case UInt8(ascii: "b"):
      let state = try pop()
      let target = try top()
      if case .object(let index) = graph[target] {
        graph.objects[index].state = state
      } else if case .global(let index) = graph[target] {
        // Python would call `__setstate__` of the class itself.
        graph.globals[index].isCalled = true
      }
    case 0x82, 0x83, 0x84:
      let code: Int =
        switch opcode {
        case 0x82: Int(try reader.read(UInt8.self))
        case 0x83: Int(try reader.read(UInt16.self))
        default: Int(try reader.read(Int32.self))
        }
      stack.append(try global(module: "copyreg", name: "extension \(code)"))
    case UInt8(ascii: "P"):
      let key = try node(.text(try lineText()))
      try push(.persistent(key))
    default: try push(.persistent(try pop()))
    }
  }
}
