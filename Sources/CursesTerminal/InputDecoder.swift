import Cells

/// Turns what curses reads into events.
///
/// Sequences that nobody knows vanish; they never become keys. A sequence that is torn apart on its way is kept and goes on where it
/// stopped, so that the rest of a late answer is not typed into the page.
struct InputDecoder {
  /// Reads one item; waits at most the given milliseconds for it.
  private let read: (_ waitMilliseconds: Int32) -> Curses.Read
  private let mouse: Bool
  private let now: () -> ContinuousClock.Instant
  /// Gets what the terminal answers; nothing of it becomes a key.
  private let reply: (TerminalReply) -> Void

  /// Characters of a paste that are read at once; what comes behind them is read by the next `drain`, and is no key.
  private let mostPasted: Int

  /// Read ahead, and still to be decoded, the next one last.
  private var unread: [Curses.Read] = []
  /// A paste that was cut is passed over to its end.
  private var isPasting = false
  private var torn: Torn?

  /// A sequence whose rest has not come.
  private struct Torn {
    var sequence: TerminalSequence
    var began: ContinuousClock.Instant
    /// What came of it was no key: it was read where only answers were waited for.
    var isCertain = false
    /// What was read behind an ESC that was taken for the key: keys again, unless an answer comes of it.
    var held: [Curses.Read] = []
  }

  /// How late the rest of a sequence may be; what comes then is keys again.
  static let latePatience = Duration.seconds(2)
  /// Milliseconds to the next part of a sequence, before other things are done meanwhile.
  private static let patience: Int32 = 25
  /// A paste longer than this is cut: a label or a search never needs more.
  private static let pasteLimit = 1 << 20
  private static let pasteEnd: [Unicode.Scalar] = Array("\u{1b}[201~".unicodeScalars)
  private static let mostEvents = 4096

  /// - Parameter begun: what was read of a sequence before there was a decoder.
  init(
    mouse: Bool, begun: TerminalSequence? = nil, mostPasted: Int = 8 << 20,
    read: @escaping (_ waitMilliseconds: Int32) -> Curses.Read,
    now: @escaping () -> ContinuousClock.Instant = { .now },
    reply: @escaping (TerminalReply) -> Void = { _ in }
  ) {
    self.mouse = mouse
    self.mostPasted = mostPasted
    self.read = read
    self.now = now
    self.reply = reply
    torn = begun.map { Torn(sequence: $0, began: now(), isCertain: true) }
  }

  /// When characters that may be the middle of an answer become keys, if nothing comes; nil where there are none.
  ///
  /// Nothing that is read wakes the program then, so its owner calls `drain` at that time.
  var heldUntil: ContinuousClock.Instant? {
    torn.flatMap { $0.held.isEmpty ? nil : $0.began + Self.latePatience }
  }

  private mutating func next(_ wait: Int32) -> Curses.Read {
    unread.popLast() ?? read(wait)
  }

  private mutating func putBack(_ items: [Curses.Read]) { unread += items.reversed() }

  private mutating func putBack(_ scalars: [Unicode.Scalar]) {
    putBack(scalars.map { Curses.Read.character($0) })
  }

  /// All events that wait at the moment.
  ///
  /// - Parameter awaitsReplies: answers of the terminal are on their way, so that the beginning of one is no key with Alt.
  mutating func drain(awaitsReplies: Bool = false) -> [InputEvent] {
    var events: [InputEvent] = []
    if isPasting { _ = readPaste() }
    if isPasting { return [] }
    if let event = resume(awaitsReplies) { events.append(event) }
    // A torn sequence gets what comes next, even what comes at this very moment. What was read ahead wakes nobody up again, so it is
    // decoded now.
    while torn == nil, !isPasting, events.count < Self.mostEvents || !unread.isEmpty {
      switch next(0) {
      case .none: return events
      case .key(let code): if let event = named(code) { events.append(event) }
      case .character("\u{1b}"):
        if let event = escape(awaitsReplies) { events.append(event) }
      case .character(let scalar):
        if let event = character(scalar, alt: false) { events.append(event) }
      }
    }
    return events
  }

  private func character(_ scalar: Unicode.Scalar, alt: Bool) -> InputEvent? {
    let extra: Modifiers = alt ? .alt : []
    switch scalar.value {
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

  private mutating func escape(_ awaitsReplies: Bool) -> InputEvent? {
    // The key alone has nothing behind it; a reply may have been torn apart right there.
    switch next(awaitsReplies ? 2 * Self.patience : 0) {
    case .none:
      torn = Torn(sequence: TerminalSequence(), began: now())
      return .key(.escape, [])
    case .key(let code):
      guard case .key(let key, let modifiers)? = named(code) else { return nil }
      return .key(key, modifiers.union(.alt))
    case .character("\u{1b}"):
      // The key, and then something else.
      putBack(["\u{1b}"])
      return .key(.escape, [])
    case .character("O"):
      guard case .character(let final) = next(Self.patience) else { return nil }
      return Self.cursorKeys[final].map { .key($0, []) }
    case .character(let scalar) where TerminalSequence.begins(with: scalar):
      var sequence = TerminalSequence()
      _ = sequence.take(scalar)
      return readOn(Torn(sequence: sequence, began: now()))
    case .character(let scalar): return character(scalar, alt: true)
    }
  }

  // MARK: Sequences

  /// Reads a sequence to its end, or keeps what there is of it.
  private mutating func readOn(_ begun: Torn) -> InputEvent? {
    var begun = begun
    while now() - begun.began < Self.latePatience {
      switch next(Self.patience) {
      case .none:
        torn = begun
        return nil
      case .key: continue
      case .character(let scalar):
        switch begun.sequence.take(scalar) {
        case .unfinished: continue
        case .complete: return finish(begun.sequence)
        case .abandoned(let scalars):
          putBack(scalars)
          return nil
        }
      }
    }
    return nil
  }

  /// Goes on with the sequence that was torn apart, where what waits is its rest.
  private mutating func resume(_ awaitsReplies: Bool) -> InputEvent? {
    guard let begun = torn else { return nil }
    torn = nil
    // Nobody types a sequence within a few milliseconds. Its first two characters alone may have been a key with Alt.
    let sequence = begun.sequence
    let mayBeKey = sequence.text.isEmpty && (!awaitsReplies || sequence.introducer == nil)
    if begun.held.isEmpty, begun.isCertain || !mayBeKey { return readOn(begun) }
    guard now() - begun.began < Self.latePatience else {
      putBack(begun.held)
      return nil
    }
    skipReply(after: begun, awaitsReplies)
    return nil
  }

  /// Takes a whole answer that waits, where its beginning was taken for a key; everything else stays as it is.
  ///
  /// While answers are on their way, the middle of one may come alone: it is held back for the rest.
  private mutating func skipReply(after begun: Torn, _ awaitsReplies: Bool) {
    var begun = begun
    reading: while true {
      let item = next(0)
      if case .none = item {
        guard begun.held.isEmpty || awaitsReplies else { break }
        torn = begun
        return
      }
      begun.held.append(item)
      guard case .character(let scalar) = item else { break }
      switch begun.sequence.take(scalar) {
      case .unfinished: continue
      case .complete:
        guard begun.sequence.isReply else { break reading }
        _ = finish(begun.sequence)
        return
      case .abandoned: break reading
      }
    }
    putBack(begun.held)
  }

  private mutating func finish(_ sequence: TerminalSequence) -> InputEvent? {
    guard let final = sequence.final else {
      if let introducer = sequence.introducer {
        reply(.string(introducer: Character(introducer), sequence.text))
      }
      return nil
    }
    let parameters = sequence.text
    if final == "c", parameters.hasPrefix("?") {
      reply(.attributes)
      return nil
    }
    if parameters.hasPrefix("<") {
      return mouse ? mouseReport(parameters.dropFirst(), isRelease: final == "m") : nil
    }
    if parameters.isEmpty && final == "M" {
      // The old mouse form has three raw bytes behind it.
      for _ in 0..<3 { _ = next(Self.patience) }
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

  /// Reads a paste to its end; of one that takes very long, a part.
  private mutating func readPaste() -> String {
    isPasting = true
    var text = String.UnicodeScalarView()
    var room = Self.pasteLimit
    var count = 0
    // Characters of the end that have come.
    var matched = 0
    while matched > 0 || count < mostPasted {
      switch next(500) {
      case .none:
        isPasting = false
        return String(text)
      case .key: continue
      case .character(let scalar):
        count += 1
        if scalar == Self.pasteEnd[matched] {
          matched += 1
          guard matched == Self.pasteEnd.count else { continue }
          isPasting = false
          return String(text)
        }
        // Only the first character of the end can begin another one.
        var kept = Self.pasteEnd[..<matched]
        matched = scalar == Self.pasteEnd[0] ? 1 : 0
        if matched == 0 { kept.append(scalar) }
        text.append(contentsOf: kept.prefix(room))
        room -= min(kept.count, room)
      }
    }
    return String(text)
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
