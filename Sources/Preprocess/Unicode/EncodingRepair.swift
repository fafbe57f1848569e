/// Finds text that is UTF-8 read with a code page, and reads it again; the model and the order of the attempts are ftfy's.
enum EncodingRepair {
  /// Layers of wrong decoding that are taken off; a text made to go on for ever ends here.
  private static let layerLimit = 32

  static func repair(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var text = text
    for _ in 0..<layerLimit {
      guard text.contains(where: { $0.value >= 0x80 }) else { return text }
      let better = step(text)
      if better == text { return text }
      text = better
    }
    return text
  }

  private static func step(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    let classified = ClassifiedText(text)
    guard classified.isSuspicious else { return text }
    for page in CodePage.all {
      guard let bytes = page.encode(text) else { continue }
      if let decoded = decode(bytes, from: page) { return decoded }
    }
    let mixed = repairParts(of: classified)
    if mixed != text { return mixed }
    // Latin-1 with control characters was meant to be Windows-1252.
    if CodePage.latin1.encode(text) != nil, let read = windows1252(text), read != text {
      return read
    }
    return text.map(HTMLEntities.assumedWindows1252)
  }

  /// Nil where a byte has no character in Windows-1252.
  private static func windows1252(_ text: [Unicode.Scalar]) -> [Unicode.Scalar]? {
    let read = text.map(HTMLEntities.assumedWindows1252)
    return read.contains { (0x80...0x9F).contains($0.value) } ? nil : read
  }

  /// The characters that bytes of a code page stand for when they are taken as UTF-8; nil where they are not UTF-8.
  private static func decode(_ bytes: [UInt8], from page: CodePage) -> [Unicode.Scalar]? {
    var bytes = bytes
    // In Mac Roman the byte is a dash, which stands before blanks for good reasons.
    if page.name != "macroman" { bytes = LostBytes.withHardBlanks(bytes) }
    if page.isSloppy { bytes = LostBytes.withReplacements(bytes) }
    return LenientUTF8.decode(bytes)
  }

  /// Repairs runs that look like UTF-8 sequences each on its own, for texts that are put together from several sources.
  private static func repairParts(of text: ClassifiedText) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < text.scalars.count {
      let end = sequenceEnd(text, index)
      guard end > index else {
        result.append(text.scalars[index])
        index += 1
        continue
      }
      let part = Array(text.scalars[index..<end])
      // A part that is the whole would be repaired for ever.
      let isRepaired = part.count < text.scalars.count && ClassifiedText(part).isSuspicious
      result += isRepaired ? repair(part) : part
      index = end
    }
    return result
  }

  /// End of the run of what looks like UTF-8 sequences that begins at `start`; `start` itself where none does.
  private static func sequenceEnd(_ text: ClassifiedText, _ start: Int) -> Int {
    // In the middle of a longer garble a few characters would make it worse.
    if start > 0, text.kinds[start - 1].contains(.strictlyFollowing) { return start }
    var end = start
    while end < text.kinds.count {
      let kinds = text.kinds[end]
      let following =
        kinds.contains(.firstOfTwo)
        ? 1 : kinds.contains(.firstOfThree) ? 2 : kinds.contains(.firstOfFour) ? 3 : 0
      guard following > 0, text.kinds.count - end > following,
        text.kinds[(end + 1)...(end + following)].allSatisfy({ $0.contains(.following) })
      else { break }
      end += following + 1
    }
    return end
  }
}

/// An encoding of one byte a character; its lower half is ASCII.
struct CodePage: Sendable {
  let name: String
  /// Bytes by character, for the upper half.
  private let bytes: [Unicode.Scalar: UInt8]

  /// Windows pages have bytes without a character; text from them may hold U+FFFD in such places.
  let isSloppy: Bool

  /// In the order in which they are tried.
  static let all: [CodePage] =
    [latin1]
    + MojibakeTable.pages.split(separator: " ").compactMap { entry in
      let parts = entry.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      let characters = parts[1].split(separator: ",").compactMap {
        UInt32($0, radix: 36).flatMap(Unicode.Scalar.init)
      }
      return CodePage(String(parts[0]), characters, isSloppy: parts[0].hasPrefix("windows-"))
    }

  static let latin1 = CodePage(
    "latin-1", (0x80...0xFF).compactMap { Unicode.Scalar(UInt32($0)) }, isSloppy: false)

  private init(_ name: String, _ characters: [Unicode.Scalar], isSloppy: Bool) {
    self.name = name
    self.isSloppy = isSloppy
    var bytes: [Unicode.Scalar: UInt8] = [:]
    for (index, character) in characters.enumerated() where index < 0x80 {
      bytes[character] = UInt8(0x80 + index)
    }
    self.bytes = bytes
  }

  /// Nil where a character is not in the page.
  func encode(_ text: [Unicode.Scalar]) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for scalar in text {
      if scalar == "\u{FFFD}", isSloppy {
        result.append(LostBytes.substitute)
      } else if scalar.value < 0x80 {
        // In a sloppy page this control character is taken for what was lost.
        if isSloppy, scalar.value == LostBytes.substitute { return nil }
        result.append(UInt8(scalar.value))
      } else if let byte = bytes[scalar] {
        result.append(byte)
      } else {
        return nil
      }
    }
    return result
  }
}

/// Bytes that a program between changed: hard blanks to blanks, bytes without a character to U+FFFD or a question mark.
enum LostBytes {
  /// Stands for a byte that became U+FFFD.
  static let substitute: UInt8 = 0x1A

  /// Makes blanks hard again where that completes a sequence of UTF-8.
  static func withHardBlanks(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.indices.contains(where: { blankSequence(bytes, $0) > 0 }) else { return bytes }
    let words = withGraveWords(bytes)
    var result: [UInt8] = []
    result.reserveCapacity(words.count)
    var index = 0
    while index < words.count {
      let count = max(blankSequence(words, index), 1)
      let part = words[index..<index + count]
      result += count > 1 ? part.map { $0 == 0x20 ? 0xA0 : $0 } : Array(part)
      index += count
    }
    return result
  }

  /// `à` as a word of its own lost its second byte to the blank behind it, which has to stay.
  ///
  /// Portuguese words that begin with it, and a blank that was doubled, are completed by the plain rule.
  private static func withGraveWords(_ bytes: [UInt8]) -> [UInt8] {
    let others = [" ", "quele", "quela", "quilo", "s "].map { Array($0.utf8) }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      result.append(bytes[index])
      index += 1
      guard result.last == 0xC3, index < bytes.count, bytes[index] == 0x20,
        !others.contains(where: { bytes[(index + 1)...].starts(with: $0) })
      else { continue }
      result += [0xA0, 0x20]
      index += 1
    }
    return result
  }

  /// Length of the sequence at `start` that is UTF-8 but for one blank; 0 where there is none.
  private static func blankSequence(_ bytes: [UInt8], _ start: Int) -> Int {
    func byte(_ offset: Int) -> UInt8 {
      start + offset < bytes.count ? bytes[start + offset] : 0
    }
    // 0x85 is an ellipsis in the text that such sequences are found in; 0xA0 needs no repair.
    func isFollowing(_ byte: UInt8) -> Bool {
      (0x80...0xBF).contains(byte) && byte != 0x85 && byte != 0xA0
    }
    func isAnyFollowing(_ byte: UInt8) -> Bool { (0x80...0xBF).contains(byte) }
    let blank: UInt8 = 0x20
    switch byte(0) {
    case 0xC2, 0xC3, 0xC5, 0xCE, 0xD0, 0xD9: return byte(1) == blank ? 2 : 0
    case 0xE0...0xE3:
      if byte(0) >= 0xE2, byte(1) == blank, isFollowing(byte(2)) { return 3 }
      return isFollowing(byte(1)) && byte(2) == blank ? 3 : 0
    case 0xF0:
      let rest = [byte(1), byte(2), byte(3)]
      let blanks = rest.filter { $0 == blank }.count
      return blanks == 1 && rest.allSatisfy { $0 == blank || isAnyFollowing($0) } ? 4 : 0
    default: return 0
    }
  }

  /// Sequences with lost bytes become U+FFFD as a whole.
  static func withReplacements(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(substitute) || bytes.contains(0x3F) else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let count = lossySequence(bytes, index)
      if count > 0 {
        result += [0xEF, 0xBF, 0xBD]
        index += count
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result
  }

  /// Length of the sequence at `start` in which bytes were lost.
  ///
  /// A question mark counts as a lost byte once a sequence.
  private static func lossySequence(_ bytes: [UInt8], _ start: Int) -> Int {
    func byte(_ offset: Int) -> UInt8 {
      start + offset < bytes.count ? bytes[start + offset] : 0
    }
    func isLost(_ byte: UInt8) -> Bool { byte == substitute || byte == 0x3F }
    func isKept(_ byte: UInt8) -> Bool { byte == substitute || (0x80...0xBF).contains(byte) }
    func hasOneLost(_ count: Int) -> Bool {
      (1...count).contains { lost in
        (1...count).allSatisfy { $0 == lost ? isLost(byte($0)) : isKept(byte($0)) }
      }
    }
    func isEither(_ byte: UInt8) -> Bool { isLost(byte) || (0x80...0xBF).contains(byte) }
    switch byte(0) {
    case substitute: return 1
    case 0xC2...0xDF:
      if byte(1) == substitute || (byte(0) <= 0xC3 && byte(1) == 0x3F) { return 2 }
    case 0xED:
      // Two halves of a surrogate pair, each written as three bytes.
      if (0xA0...0xAF).contains(byte(1)), byte(3) == 0xED, (0xB0...0xBF).contains(byte(4)),
        isEither(byte(2)), isEither(byte(5)), isLost(byte(2)) || isLost(byte(5))
      {
        return 6
      }
      return hasOneLost(2) ? 3 : 0
    case 0xE0...0xEF: return hasOneLost(2) ? 3 : 0
    case 0xF0...0xF4: return hasOneLost(3) ? 4 : 0
    default: break
    }
    return 0
  }
}

/// UTF-8 as it is met: also with surrogate pairs of three bytes each (CESU-8) and with `C0 80` for U+0000 (Java).
enum LenientUTF8 {
  /// Nil where the bytes are no UTF-8 even so.
  static func decode(_ bytes: [UInt8]) -> [Unicode.Scalar]? {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] < 0x80 {
        result.append(Unicode.Scalar(bytes[index]))
        index += 1
      } else if bytes[index] == 0xC0, index + 1 < bytes.count, bytes[index + 1] == 0x80 {
        result.append("\0")
        index += 2
      } else if let scalar = pair(bytes, index) {
        result.append(scalar)
        index += 6
      } else {
        guard let (scalar, count) = plain(bytes, index) else { return nil }
        result.append(scalar)
        index += count
      }
    }
    return result
  }

  private static func pair(_ bytes: [UInt8], _ start: Int) -> Unicode.Scalar? {
    guard bytes.count - start >= 6, bytes[start] == 0xED, bytes[start + 3] == 0xED,
      (0xA0...0xAF).contains(bytes[start + 1]), (0xB0...0xBF).contains(bytes[start + 4]),
      bytes[start + 2] & 0xC0 == 0x80, bytes[start + 5] & 0xC0 == 0x80
    else { return nil }
    let high = UInt32(bytes[start + 1] & 0x0F) << 16 | UInt32(bytes[start + 2] & 0x3F) << 10
    let low = UInt32(bytes[start + 4] & 0x0F) << 6 | UInt32(bytes[start + 5] & 0x3F)
    return Unicode.Scalar(0x10000 + high + low)
  }

  private static func plain(
    _ bytes: [UInt8], _ start: Int
  ) -> (scalar: Unicode.Scalar, count: Int)? {
    let first = bytes[start]
    let (count, least): (Int, UInt32)
    switch first {
    case 0xC2...0xDF: (count, least) = (2, 0x80)
    case 0xE0...0xEF: (count, least) = (3, 0x800)
    case 0xF0...0xF4: (count, least) = (4, 0x10000)
    default: return nil
    }
    guard bytes.count - start >= count else { return nil }
    var value = UInt32(first) & (0xFF >> UInt32(count + 1))
    for byte in bytes[(start + 1)..<(start + count)] {
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    guard value >= least, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, count)
  }
}
