/// Kinds of characters by the part that they play in wrongly decoded text; a character may be of several.
struct MojibakeKinds: OptionSet, Sendable, Hashable {
  var rawValue: UInt32

  // The order of the first nineteen is that of the generated table.
  static let common = Self(bit: 0)
  static let control = Self(bit: 1)
  static let bad = Self(bit: 2)
  static let law = Self(bit: 3)
  static let currency = Self(bit: 4)
  static let opening = Self(bit: 5)
  static let closing = Self(bit: 6)
  static let numeric = Self(bit: 7)
  static let kaomoji = Self(bit: 8)
  static let upperAccented = Self(bit: 9)
  static let lowerAccented = Self(bit: 10)
  static let upperCommon = Self(bit: 11)
  static let lowerCommon = Self(bit: 12)
  static let box = Self(bit: 13)
  /// What the first byte of a two-, three- or four-byte sequence of UTF-8 looks like in a code page.
  static let firstOfTwo = Self(bit: 14)
  static let firstOfThree = Self(bit: 15)
  static let firstOfFour = Self(bit: 16)
  /// What the bytes behind it look like; `strict` leaves out what also stands for itself: blanks, dashes, quotes.
  static let following = Self(bit: 17)
  static let strictlyFollowing = Self(bit: 18)
  static let asciiLower = Self(bit: 19)
  static let asciiUpper = Self(bit: 20)
  static let blank = Self(bit: 21)
  static let word = Self(bit: 22)
  static let lineFeed = Self(bit: 23)

  static let accented: Self = [.upperAccented, .lowerAccented]
  static let asciiLetter: Self = [.asciiLower, .asciiUpper]

  private init(bit: Int) { rawValue = 1 << UInt32(bit) }

  init(rawValue: UInt32) { self.rawValue = rawValue }

  init(of scalar: Unicode.Scalar) {
    var kinds = Self.table[scalar.value] ?? []
    switch scalar.value {
    case 0x61...0x7A: kinds.insert([.asciiLower, .word])
    case 0x41...0x5A: kinds.insert([.asciiUpper, .word])
    case 0x0A: kinds.insert([.blank, .lineFeed])
    default:
      if scalar.isPythonSpace {
        kinds.insert(.blank)
      } else if scalar == "_" || scalar.isLetter || scalar.isNumber {
        kinds.insert(.word)
      }
    }
    self = kinds
  }

  private static let table: [UInt32: Self] = {
    var table: [UInt32: Self] = [:]
    for entry in MojibakeTable.kinds.split(separator: " ") {
      let parts = entry.split(separator: "=").compactMap { UInt32($0, radix: 36) }
      if parts.count == 2 { table[parts[0]] = Self(rawValue: parts[1]) }
    }
    return table
  }()
}

/// A text with the kinds of its characters.
struct ClassifiedText {
  let scalars: [Unicode.Scalar]
  let kinds: [MojibakeKinds]

  init(_ scalars: [Unicode.Scalar]) {
    self.scalars = scalars
    kinds = scalars.map(MojibakeKinds.init(of:))
  }

  /// Whether some neighbours in the text are much likelier to be wrongly decoded than meant.
  var isSuspicious: Bool {
    for start in scalars.indices
    where Self.signs.contains(where: { $0.matches(self, at: start) }) {
      return true
    }
    return false
  }

  /// One character of a sign: of one of the kinds, or one of the characters.
  private struct Step {
    var kinds: MojibakeKinds = []
    var others: [Unicode.Scalar] = []
    var isOpposite = false

    static func any(_ kinds: MojibakeKinds, _ others: String = "") -> Step {
      Step(kinds: kinds, others: Array(others.unicodeScalars))
    }
    static func one(_ others: String) -> Step { any([], others) }
    static func but(_ kinds: MojibakeKinds) -> Step { Step(kinds: kinds, isOpposite: true) }
  }

  /// Neighbouring characters that show a wrong decoding.
  private struct Sign {
    var steps: [Step]
    var isAtStart = false

    init(_ steps: Step..., atStart: Bool = false) {
      self.steps = steps
      isAtStart = atStart
    }

    /// The characters themselves.
    init(exactly text: String) { steps = text.unicodeScalars.map { Step(others: [$0]) } }

    func matches(_ text: ClassifiedText, at start: Int) -> Bool {
      guard text.scalars.count - start >= steps.count, !isAtStart || start == 0 else {
        return false
      }
      for (offset, step) in steps.enumerated() {
        let isOne =
          !text.kinds[start + offset].isDisjoint(with: step.kinds)
          || step.others.contains(text.scalars[start + offset])
        if isOne == step.isOpposite { return false }
      }
      return true
    }
  }

  // What the signs say is ftfy's model of badness: any one of them makes a text suspicious.
  private static let signs: [Sign] = general + windows1252 + otherPages

  private static let general: [Sign] = {
    let symbols: MojibakeKinds = [.box, .opening, .closing, .currency, .numeric, .law]
    return [
      Sign(.any(.control)),
      Sign(.any(symbols.union(.accented).union(.bad)), .any(.bad)),
      Sign(.any(.asciiLetter), .any([.lowerCommon, .upperCommon]), .any(.bad)),
      Sign(.any(.bad), .any(symbols.union(.accented))),
      Sign(
        .any([.lowerAccented, .lowerCommon, .box, .closing, .currency, .numeric]),
        .any(.upperAccented)),
      Sign(.any([.box, .closing, .currency, .numeric]), .any(.lowerAccented)),
      Sign(.any([.lowerAccented, .box, .closing]), .any(.currency)),
      Sign(.any(.blank), .any(.upperAccented), .any(.currency)),
      Sign(.any([.upperAccented, .box]), .any([.numeric, .law])),
      Sign(
        .any([.upperAccented, .lowerAccented, .box, .currency, .closing]), .any(.opening),
        .any(.numeric)),
      Sign(
        .any([.upperAccented, .lowerAccented, .currency, .numeric, .box, .law]), .any(.closing),
        .any(.opening)),
      Sign(.any([.currency, .numeric, .box]), .any(.opening)),
      Sign(.any(.asciiLower), .any(.upperAccented), .any([.opening, .currency])),
      Sign(.any(.box), .any(.kaomoji)),
      Sign(
        .any([.upperAccented, .lowerAccented, .currency, .numeric, .opening, .closing, .law]),
        .any(.box)),
      Sign(.any(.box), .any(.closing)),
      Sign(.any(.accented), .any([.opening, .closing]), .any(.word)),
      // The ligature of o and e stands before a plain letter where it is meant.
      Sign(.one("Œœ"), .but(.asciiLetter)),
      Sign(.any(.upperAccented), .one("°")),
    ]
  }()

  private static let windows1252: [Sign] = {
    // Arabic: its first bytes are so common that two pairs are asked for.
    let first = Step.one("ØÙ")
    let second = Step.any(
      [.common, .currency, .bad, .numeric, .opening], "\u{178}\u{160}®°µ»")
    return [
      Sign(
        .one("ÂÃÎÐ"),
        .any([.opening, .closing], "€œŠš¢£Ÿž\u{A0}\u{AD}®©°·»–—´")),
      Sign(.one("×"), .one("²³")),
      Sign(first, second, first, second),
      Sign(.one("à"), .one("²µ¹¼½¾")),
      Sign(.one("Ã"), .one("\u{A0}¡")),
      Sign(.any(.asciiLower), .one("ÃÂ"), .one(" ")),
      Sign(.any(.asciiLower), .any(.blank), .one("ÃÂ"), .one(" ")),
      Sign(.one("ÃÂ"), .one(" "), atStart: true),
      Sign(.any([.asciiLower, .closing], ".,?!"), .one("Â"), .any([.opening, .closing], " ")),
    ]
  }()

  private static let otherPages: [Sign] = {
    let cyrillic = Step.one("ВГРС")
    let greek = Step.one("ΒΓΞΟ")
    let between: MojibakeKinds = [.control, .bad, .opening, .closing, .currency]
    return [
      // Mac Roman.
      Sign(.one("√"), .one("±∂†≠®™´≤≥¥µø")),
      Sign(.one("≈"), .one("°¢")),
      Sign(.one("‚"), .one("Ä"), .one("ìîïòôúùû†°¢π")),
      Sign(.one("‚"), .one("âó"), .one("àä°ê")),
      // Windows-1251, then that on top of Latin-1.
      Sign(exactly: "вЂ"),
      Sign(cyrillic, .any(between, "°µ"), cyrillic),
      Sign(
        .one("Г"), .one("ў"), .one("В"), .one("Ђ"), .one("В"), .but(.lineFeed),
        .any(.asciiLetter, " ")),
      // Windows-1253 and 1257.
      Sign(.one("β"), .one("€"), .one("™\u{A0}Ά\u{AD}®°")),
      Sign(greek, .any(between, "°"), greek),
      Sign(exactly: "ā€"),
    ]
  }()
}
