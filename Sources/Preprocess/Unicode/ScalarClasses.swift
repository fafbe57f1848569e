extension Unicode.Scalar {
  /// `\p{L}`.
  var isLetter: Bool {
    value < 0x80
      ? (0x41...0x5A).contains(value) || (0x61...0x7A).contains(value)
      : CategorySet.letter.contains(CategorySet(of: self))
  }

  /// `\p{M}`.
  var isMark: Bool { value >= 0x80 && CategorySet.mark.contains(CategorySet(of: self)) }

  /// `\p{N}`.
  var isNumber: Bool {
    value < 0x80
      ? (0x30...0x39).contains(value) : CategorySet.number.contains(CategorySet(of: self))
  }

  /// `\p{P}`.
  var isPunctuation: Bool { CategorySet.punctuation.contains(CategorySet(of: self)) }

  /// `\w` of Unicode: letters and what counts as such, marks, decimal digits, connectors.
  var isWord: Bool {
    if value < 0x80 { return isLetter || isNumber || value == 0x5F }
    return properties.isAlphabetic || CategorySet.otherWord.contains(CategorySet(of: self))
  }

  /// The zero-width joiner and non-joiner, which stand inside words.
  var isJoiner: Bool { value == 0x200C || value == 0x200D }

  /// The Unicode property White_Space.
  var isSpace: Bool {
    value < 0x80 ? value == 0x20 || (0x09...0x0D).contains(value) : properties.isWhitespace
  }

  /// What Python's `str.split` splits at: White_Space and the four separators U+001C to U+001F.
  var isPythonSpace: Bool { isSpace || (0x1C...0x1F).contains(value) }

  /// The 32 punctuation marks of ASCII.
  var isASCIIPunctuation: Bool {
    (0x21...0x2F).contains(value) || (0x3A...0x40).contains(value)
      || (0x5B...0x60).contains(value) || (0x7B...0x7E).contains(value)
  }
}

extension [Unicode.Scalar] {
  init(_ text: String) { self = Array(text.unicodeScalars) }

  var text: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: self)
    return String(view)
  }

  /// Full lowercase mapping of each scalar on its own.
  var lowercasedEach: [Unicode.Scalar] {
    flatMap { scalar -> [Unicode.Scalar] in
      if scalar.value < 0x80 {
        return (0x41...0x5A).contains(scalar.value)
          ? [Unicode.Scalar(UInt8(scalar.value + 32))] : [scalar]
      }
      return Array(scalar.properties.lowercaseMapping.unicodeScalars)
    }
  }

  /// Full lowercase mapping with the rule for the final sigma, as Python's `str.lower`.
  var lowercased: [Unicode.Scalar] {
    guard contains("\u{3A3}") else { return lowercasedEach }
    var result: [Unicode.Scalar] = []
    for (index, scalar) in enumerated() {
      if scalar == "\u{3A3}" {
        let before = self[..<index].last { !$0.properties.isCaseIgnorable }
        let after = self[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        let isFinal = (before?.properties.isCased ?? false) && !(after?.properties.isCased ?? false)
        result.append(isFinal ? "\u{3C2}" : "\u{3C3}")
      } else {
        result += [scalar].lowercasedEach
      }
    }
    return result
  }

  /// Words joined by single spaces, none at the ends.
  var whitespaceCollapsed: [Unicode.Scalar] {
    Array(split(whereSeparator: \.isPythonSpace).joined(separator: [" "]))
  }
}
