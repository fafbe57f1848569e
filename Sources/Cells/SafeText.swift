/// Text that a terminal can show without acting on it, cut into glyphs of known width.
///
/// Names, metadata and file paths are data from strangers. This is the only door from a `String` to a cell: whatever could
/// move the cursor, change direction, hide or join is written out as `\u{1b}`. Joiners and variation selectors are
/// written out as well, since terminals disagree about the width of what they join.
package struct SafeText: Sendable, Equatable {
  package struct Glyph: Sendable, Equatable {
    /// One spacing code point with up to four marks.
    package var text: String
    /// 1 or 2.
    package var columns: Int
  }

  package private(set) var glyphs: [Glyph]
  package private(set) var columns: Int

  /// Cleans `text`; with `asciiOnly` everything outside ASCII is spelled out too.
  package init(_ text: String, asciiOnly: Bool = false) {
    glyphs = []
    columns = 0
    glyphs.reserveCapacity(text.utf8.count)
    var marks = 0
    for scalar in text.unicodeScalars {
      let value = scalar.value
      if value >= 0x20 && value < 0x7F {
        append(Self.ascii[Int(value) - 0x20], 1)
        marks = 1
        continue
      }
      if !Self.isShown(scalar) {
        appendEscape(scalar)
        marks = 0
      } else if asciiOnly {
        if let spelling = Self.spelling[scalar] {
          for unit in spelling.unicodeScalars { append(Self.ascii[Int(unit.value) - 0x20], 1) }
        } else {
          appendEscape(scalar)
        }
        marks = 0
      } else {
        let width = GlyphWidth.columns(of: scalar)
        if width > 0 {
          append(String(scalar), width)
          marks = 1
        } else if marks > 0 && marks < GlyphWidth.maximumCodePoints {
          glyphs[glyphs.count - 1].text.unicodeScalars.append(scalar)
          marks += 1
        } else {
          // A mark without a letter, or one too many for a cell.
          appendEscape(scalar)
          marks = 0
        }
      }
    }
  }

  private init(glyphs: [Glyph]) {
    self.glyphs = glyphs
    columns = glyphs.reduce(0) { $0 + $1.columns }
  }

  package var string: String {
    var result = ""
    for glyph in glyphs { result += glyph.text }
    return result
  }

  /// The cleaned form of `text` as one string, for lines that are printed rather than drawn.
  package static func clean(_ text: String, asciiOnly: Bool = false) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    return SafeText(text, asciiOnly: asciiOnly).string
  }

  package static func columns(of text: String, asciiOnly: Bool = false) -> Int {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
    return SafeText(text, asciiOnly: asciiOnly).columns
  }

  /// At most `limit` columns of the text; what is left out is replaced by `mark`.
  ///
  /// Wide glyphs are kept or dropped whole.
  package func truncated(to limit: Int, _ truncation: Truncation, mark: SafeText) -> SafeText {
    guard columns > limit else { return self }
    guard limit > 0 else { return SafeText(glyphs: []) }
    guard mark.columns <= limit else {
      return SafeText(glyphs: Self.prefix(glyphs[...], columns: limit))
    }
    let room = limit - mark.columns
    switch truncation {
    case .end:
      return SafeText(glyphs: Self.prefix(glyphs[...], columns: room) + mark.glyphs)
    case .start:
      return SafeText(glyphs: mark.glyphs + Self.suffix(glyphs[...], columns: room))
    case .middle:
      let front = Self.prefix(glyphs[...], columns: room / 2)
      let used = front.reduce(0) { $0 + $1.columns }
      return SafeText(
        glyphs: front + mark.glyphs
          + Self.suffix(glyphs[front.count...], columns: room - used))
    case .none:
      return SafeText(glyphs: Self.prefix(glyphs[...], columns: limit))
    }
  }

  private static func prefix(_ glyphs: ArraySlice<Glyph>, columns: Int) -> [Glyph] {
    var left = columns
    var end = glyphs.startIndex
    while end < glyphs.endIndex && glyphs[end].columns <= left {
      left -= glyphs[end].columns
      end += 1
    }
    return Array(glyphs[glyphs.startIndex..<end])
  }

  private static func suffix(_ glyphs: ArraySlice<Glyph>, columns: Int) -> [Glyph] {
    var left = columns
    var start = glyphs.endIndex
    while start > glyphs.startIndex && glyphs[start - 1].columns <= left {
      start -= 1
      left -= glyphs[start].columns
    }
    return Array(glyphs[start...])
  }

  private mutating func append(_ text: String, _ width: Int) {
    glyphs.append(Glyph(text: text, columns: width))
    columns += width
  }

  private mutating func appendEscape(_ scalar: Unicode.Scalar) {
    let hex = String(scalar.value, radix: 16)
    let padded = hex.utf8.count < 2 ? "0" + hex : hex
    for unit in "\\u{\(padded)}".utf8 { append(Self.ascii[Int(unit) - 0x20], 1) }
  }

  private static let ascii: [String] = (0x20..<0x7F).map {
    String(Unicode.Scalar(UInt8($0)))
  }

  /// Whether a code point may reach the terminal as itself.
  static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    if value < 0x7F { return value >= 0x20 }
    if value < 0xA1 { return false }
    if value < 0x300 { return value != 0xAD }
    // The ideographic space shows as a gap of two columns; the other special spaces look like a plain one.
    if value == 0x3000 { return true }
    let properties = scalar.properties
    if properties.isDefaultIgnorableCodePoint || properties.isBidiControl { return false }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  /// Spellings for the few marks that the program itself writes, so that labels stay readable in ASCII.
  private static let spelling: [Unicode.Scalar: String] = [
    "·": "-", "…": "...", "×": "x", "→": "->", "←": "<-", "↑": "^", "↓": "v", "–": "-", "—": "-",
    "θ": "theta", "λ": "lambda", "σ": "sigma", "Δ": "d", "±": "+-", "≤": "<=", "≥": ">=",
    "°": "deg",
    "✓": "+", "✗": "x", "○": "o", "•": "*", "µ": "u", "μ": "u", "¹": "1", "²": "2", "³": "3",
    "‹": "<", "›": ">", "⟨": "<", "⟩": ">", "≈": "~", "−": "-", "₉": "9", "₀": "0", "₁": "1",
    "▾": "-", "▸": "+", "│": "|", "─": "-",
  ]
}

/// Where text that is too long loses its middle, start or end.
package enum Truncation: Sendable {
  case end
  case middle
  case start
  /// Cut at the edge without a mark.
  case none
}
