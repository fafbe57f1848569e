/// Pseudo-random numbers that depend on the seed and the number of the input only (SplitMix64).
struct FuzzGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64, input: Int) {
    state =
      seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: input) &* 0xD1B5_4A32_D192_ED03
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int {
    bound <= 0 ? 0 : Int(next() % UInt64(bound))
  }

  mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}

/// Damages bytes the way that broken and hostile files are damaged.
struct Mutator {
  var generator: FuzzGenerator
  let corpus: Corpus

  /// Numbers at which arithmetic goes wrong.
  private static let edges: [UInt64] = [
    0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000,
    0xFFFF_FFFF, 0x1_0000_0000, 0x3FFF_FFFF_FFFF_FFFF, 0x4000_0000_0000_0000,
    0x7FFF_FFFF_FFFF_FFFE, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFF8,
    0xFFFF_FFFF_FFFF_FFFF, 100_000_000, 100_000_001,
  ]

  private static let words = [
    "\"__metadata__\"", "\"dtype\"", "\"shape\"", "\"data_offsets\"", "null", "{}", "[]", "{", "}",
    "[", "]", ",", ":", "\"", "-1", "1e400", "0.5", "NaN", "\\u0000", "\\ud800", "\"F32\"",
    "\"F4\"",
    "\"BOOL\"", "18446744073709551616", "9223372036854775807", "9223372036854775808", "../x", "/",
    "\u{1b}[2J", ".", "(", "t", "R", "cos\nsystem\n", "}q\u{0}", "\u{80}\u{2}",
  ]

  init(generator: FuzzGenerator, corpus: Corpus) {
    self.generator = generator
    self.corpus = corpus
  }

  mutating func mutate(_ seed: [UInt8]) -> [UInt8] {
    var bytes = seed
    // Most inputs get one to three changes; a few get many.
    let rounds = generator.below(10) == 0 ? 4 + generator.below(20) : 1 + generator.below(3)
    for _ in 0..<rounds { change(&bytes) }
    return bytes
  }

  /// A place; often near the front or the end, where headers and directories are.
  private mutating func place(in bytes: [UInt8]) -> Int {
    switch generator.below(4) {
    case 0: return generator.below(min(bytes.count, 64))
    case 1: return generator.below(min(bytes.count, 2_048))
    case 2: return max(0, bytes.count - 1 - generator.below(min(bytes.count, 512)))
    default: return generator.below(bytes.count)
    }
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else {
      bytes = [UInt8](
        repeating: UInt8(truncatingIfNeeded: generator.next()), count: generator.below(32))
      return
    }
    switch generator.below(12) {
    case 0: bytes[place(in: bytes)] ^= 1 << UInt8(generator.below(8))
    case 1: bytes[place(in: bytes)] = UInt8(truncatingIfNeeded: generator.next())
    case 2: bytes.removeLast(generator.below(bytes.count))
    case 3: writeEdge(into: &bytes)
    case 4: replaceNumber(in: &bytes)
    case 5: replaceNumber(in: &bytes, keepingHeaderLength: true)
    case 6: insertWord(into: &bytes)
    case 7: copyRange(within: &bytes)
    case 8: removeRange(from: &bytes)
    case 9: splice(into: &bytes)
    case 10: changeZipRecord(in: &bytes)
    default: fixHeaderLength(of: &bytes)
    }
    if bytes.count > 1 << 20 { bytes.removeLast(bytes.count - 1 << 20) }
  }

  private mutating func writeEdge(into bytes: inout [UInt8]) {
    var value = generator.pick(Self.edges)
    if generator.below(3) == 0 {
      value = UInt64(bytes.count) &+ UInt64(bitPattern: Int64(generator.below(17) - 8))
    }
    let width = generator.pick([1, 2, 4, 8])
    let start = place(in: bytes)
    let isBig = generator.below(8) == 0
    for index in 0..<width where start + index < bytes.count {
      let shift = UInt64(8 * (isBig ? width - 1 - index : index))
      bytes[start + index] = UInt8(truncatingIfNeeded: value >> shift)
    }
  }

  /// Puts another number where digits stand in a text.
  private mutating func replaceNumber(in bytes: inout [UInt8], keepingHeaderLength: Bool = false) {
    func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    let from = place(in: bytes)
    guard let start = bytes[from...].prefix(4_096).firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
    var number = String(generator.pick(Self.edges))
    if generator.below(2) == 0,
      let old = UInt64(String(decoding: bytes[start..<end], as: UTF8.self))
    {
      number = String(old &+ UInt64(bitPattern: Int64(generator.below(9) - 4)))
    }
    bytes.replaceSubrange(start..<end, with: number.utf8)
    if keepingHeaderLength { shiftHeaderLength(of: &bytes, by: number.utf8.count - (end - start)) }
  }

  private mutating func insertWord(into bytes: inout [UInt8]) {
    let word = Array(generator.pick(Self.words).utf8)
    let start = place(in: bytes)
    if generator.below(2) == 0 {
      bytes.insert(contentsOf: word, at: start)
      shiftHeaderLength(of: &bytes, by: word.count)
    } else {
      bytes.replaceSubrange(start..<min(start + word.count, bytes.count), with: word)
    }
  }

  private mutating func copyRange(within bytes: inout [UInt8]) {
    let start = place(in: bytes)
    let piece = Array(bytes[start..<min(start + 1 + generator.below(256), bytes.count)])
    let target = place(in: bytes)
    bytes.insert(contentsOf: piece, at: target)
    if generator.below(2) == 0 { shiftHeaderLength(of: &bytes, by: piece.count) }
  }

  private mutating func removeRange(from bytes: inout [UInt8]) {
    let start = place(in: bytes)
    let end = min(start + 1 + generator.below(64), bytes.count)
    bytes.removeSubrange(start..<end)
    if generator.below(2) == 0 { shiftHeaderLength(of: &bytes, by: start - end) }
  }

  private mutating func splice(into bytes: inout [UInt8]) {
    let other = generator.pick(corpus.seeds).bytes
    guard !other.isEmpty else { return }
    let start = generator.below(other.count)
    let piece = other[start..<min(start + 1 + generator.below(1_024), other.count)]
    let target = place(in: bytes)
    bytes.replaceSubrange(target..<min(target + piece.count, bytes.count), with: piece)
  }

  /// A field of a local header, a directory entry or an end record.
  private mutating func changeZipRecord(in bytes: inout [UInt8]) {
    let from = place(in: bytes)
    guard
      let start = bytes[from...].indices.dropLast().prefix(65_536).first(where: {
        bytes[$0] == 0x50 && bytes[$0 + 1] == 0x4B
      })
    else { return writeEdge(into: &bytes) }
    let value = generator.pick(Self.edges)
    let width = generator.pick([2, 4, 8])
    let field = start + 4 + generator.below(56)
    for index in 0..<width where field + index < bytes.count {
      bytes[field + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
  }

  /// Makes the length prefix of safetensors fit the braces again, so that the damage behind it is reached.
  private func fixHeaderLength(of bytes: inout [UInt8]) {
    guard bytes.count > 9, bytes[8] == 0x7B else { return }
    let end = bytes.prefix(1 << 16).lastIndex(of: 0x7D) ?? bytes.count - 1
    setHeaderLength(of: &bytes, to: UInt64(end - 7))
  }

  private func shiftHeaderLength(of bytes: inout [UInt8], by change: Int) {
    guard bytes.count > 9, bytes[8] == 0x7B else { return }
    var length: UInt64 = 0
    for index in 0..<8 { length |= UInt64(bytes[index]) << UInt64(8 * index) }
    setHeaderLength(of: &bytes, to: length &+ UInt64(bitPattern: Int64(change)))
  }

  private func setHeaderLength(of bytes: inout [UInt8], to length: UInt64) {
    for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: length >> UInt64(8 * index)) }
  }
}
