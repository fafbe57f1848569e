import Cells

/// Turns what curses reads into events.
///
/// Sequences that nobody knows vanish; they never become keys.
struct InputDecoder {
  /// Reads one item; waits at most the given milliseconds for the rest of a sequence.
  let next: (_ waitMilliseconds: Int32) -> Curses.Read
  let mouse: Bool
  /// Replies of the terminal are on their way: a sequence that arrives in pieces is waited for.
  var awaitsReplies = false
  /// Gets what the terminal answers; nothing of it becomes a key.
  var reply: (TerminalReply) -> Void = { _ in }

  /// Milliseconds to the next part of a sequence.
  private var patience: Int32 { awaitsReplies ? 200 : 25 }

  /// A paste longer than this is cut: a label or a search never needs more.
  private static let pasteLimit = 1 << 20

  /// All events that wait at the moment.
  func drain() -> [InputEvent] {
    var events: [InputEvent] = []
    while events.count < 4096 {
      switch next(0) {
      case .none: return events
      case .key(let code): if let event = named(code) { events.append(event) }
      case .character(let scalar):
        if let event = character(scalar, alt: false) { events.append(event) }
      }
    }
    return events
  }

  private func character(_ scalar: Unicode.Scalar, alt: Bool) -> InputEvent? {
    let extra: Modifiers = alt ? .alt : []
    switch scalar.value {
    case 27: return alt ? .key(.escape, .alt) : escape()
    case 13, 10: return .key(.enter, extra)
    case 9: return .key(.tab, extra)
    case 8, 127: return .key(.backspace, extra)
    case 0: return .key(.character(" "), extra.union(.control))
    case 1...26:
      guard let letter = Unicode.Scalar(scalar.value + 96) else { return nil }
      return .key(.character(Character(letter)), extra.union(.control))
    case 28...31, 0x80..<0xA0: return nil
    default:
      let sign = Character(scalar)
      return alt ? .key(.character(sign), .alt) : .text(String(sign))
    }
  }

  private func escape() -> InputEvent? {
    // The key alone has nothing behind it; a reply may have been torn apart right there.
    switch next(awaitsReplies ? 50 : 0) {
    case .none: return .key(.escape, [])
    case .key(let code):
      guard case .key(let key, let modifiers)? = named(code) else { return nil }
      return .key(key, modifiers.union(.alt))
    case .character("["): return controlSequence()
    case .character("O"):
      guard case .character(let final) = next(patience) else { return nil }
      return Self.cursorKeys[final].map { .key($0, []) }
    case .character(let scalar) where "]P_^X".unicodeScalars.contains(scalar):
      takeString(after: Character(scalar))
      return nil
    case .character(let scalar): return character(scalar, alt: true)
    }
  }

  /// Replies and device strings end with BEL or ESC \.
  private func takeString(after introducer: Character) {
    var text = ""
    for _ in 0..<4096 {
      switch next(patience) {
      case .none: return
      case .key: continue
      case .character(let scalar):
        if scalar.value == 27 { _ = next(patience) }
        if scalar.value == 7 || scalar.value == 27 {
          return reply(.string(introducer: introducer, text))
        }
        text.unicodeScalars.append(scalar)
      }
    }
  }

  private func controlSequence() -> InputEvent? {
    var parameters = ""
    for _ in 0..<64 {
      guard case .character(let scalar) = next(patience) else { return nil }
      switch scalar.value {
      case 0x40...0x7E:
        return finish(parameters, final: scalar)
      case 0x20..<0x40: parameters.unicodeScalars.append(scalar)
      default: return nil
      }
    }
    return nil
  }

  private func finish(_ parameters: String, final: Unicode.Scalar) -> InputEvent? {
    if final == "c", parameters.hasPrefix("?") {
      reply(.attributes)
      return nil
    }
    if parameters.hasPrefix("<") {
      return mouse ? mouseReport(parameters.dropFirst(), isRelease: final == "m") : nil
    }
    if parameters.isEmpty && final == "M" {
      // The old mouse form has three raw bytes behind it.
      for _ in 0..<3 { _ = next(25) }
      return nil
    }
    let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map {
      Int($0) ?? 0
    }
    if final == "~" && numbers.first == 200 { return .paste(readPaste()) }
    let modifiers = Self.modifiers(numbers.count > 1 ? numbers[1] : 1)
    if final == "Z" { return .key(.backTab, []) }
    if final == "~", let key = Self.numberedKeys[numbers.first ?? 0] { return .key(key, modifiers) }
    if parameters.isEmpty || numbers.first == 1, let key = Self.cursorKeys[final] {
      return .key(key, modifiers)
    }
    return nil
  }

  private func readPaste() -> String {
    var text = ""
    var count = 0
    while true {
      switch next(500) {
      case .none: return text
      case .key: continue
      case .character(let scalar):
        count += 1
        if count <= Self.pasteLimit { text.unicodeScalars.append(scalar) }
        if scalar == "~" && text.hasSuffix("\u{1b}[201~") { return String(text.dropLast(6)) }
        if count > 8 * Self.pasteLimit { return text }
      }
    }
  }

  private func mouseReport(_ parameters: Substring, isRelease: Bool) -> InputEvent? {
    let numbers = parameters.split(separator: ";").compactMap { Int($0) }
    guard numbers.count == 3, (1...32768).contains(numbers[1]), (1...32768).contains(numbers[2])
    else { return nil }
    let point = Point(column: numbers[1] - 1, row: numbers[2] - 1)
    let code = numbers[0] & ~0b1_1100
    switch code {
    case 64: return .mouse(MouseEvent(kind: .wheelUp, point: point, button: 0))
    case 65: return .mouse(MouseEvent(kind: .wheelDown, point: point, button: 0))
    case 0...2:
      return .mouse(
        MouseEvent(kind: isRelease ? .release : .press, point: point, button: code + 1))
    case 32...34: return .mouse(MouseEvent(kind: .drag, point: point, button: code - 31))
    default: return nil
    }
  }

  private func named(_ code: Int32) -> InputEvent? {
    if let key = Self.cursesKeys[code] { return .key(key, []) }
    if code == 0o541 { return .key(.backTab, []) }
    if (0o411...0o474).contains(code) { return .key(.function(Int(code) - 0o410), []) }
    // Extended capabilities have names such as kRIT5: the digit holds the modifiers.
    let name = Curses.keyName(code)
    if let shifted = Self.shiftedNames[name] { return .key(shifted, .shift) }
    guard let digit = name.last?.wholeNumberValue, let key = Self.names[String(name.dropLast())]
    else { return nil }
    return .key(key, Self.modifiers(digit))
  }

  private static func modifiers(_ value: Int) -> Modifiers {
    let bits = max(value, 1) - 1
    var result: Modifiers = []
    if bits & 1 != 0 { result.insert(.shift) }
    if bits & 2 != 0 { result.insert(.alt) }
    if bits & 4 != 0 { result.insert(.control) }
    return result
  }

  private static let cursorKeys: [Unicode.Scalar: Key] = [
    "A": .up, "B": .down, "C": .right, "D": .left, "H": .home, "F": .end, "M": .enter,
    "P": .function(1), "Q": .function(2), "R": .function(3), "S": .function(4),
  ]
  private static let numberedKeys: [Int: Key] = [
    1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
    11: .function(1), 12: .function(2), 13: .function(3), 14: .function(4), 15: .function(5),
  ]
  // KEY_* of curses, octal as in <curses.h>.
  private static let cursesKeys: [Int32: Key] = [
    0o402: .down, 0o403: .up, 0o404: .left, 0o405: .right, 0o406: .home, 0o407: .backspace,
    0o512: .delete, 0o513: .insert, 0o522: .pageDown, 0o523: .pageUp, 0o527: .enter, 0o550: .end,
  ]
  private static let names: [String: Key] = [
    "kUP": .up, "kDN": .down, "kLFT": .left, "kRIT": .right, "kHOM": .home, "kEND": .end,
    "kPRV": .pageUp, "kNXT": .pageDown, "kDC": .delete, "kIC": .insert,
  ]
  private static let shiftedNames: [String: Key] = [
    "kUP": .up, "kDN": .down, "KEY_SLEFT": .left, "KEY_SRIGHT": .right, "KEY_SR": .up,
    "KEY_SF": .down, "KEY_SHOME": .home, "KEY_SEND": .end, "KEY_SDC": .delete,
    "KEY_SPREVIOUS": .pageUp, "KEY_SNEXT": .pageDown,
  ]
}
