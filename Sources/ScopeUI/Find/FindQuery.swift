/// What the user typed into a find line, cut into terms that must all hold.
///
/// A plain term matches fuzzily: its characters in order, not necessarily side by side. `'term` wants the characters side
/// by side, `!term` wants them absent. A term with a capital letter minds case, others do not.
struct FindQuery: Sendable, Equatable {
  struct Term: Sendable, Equatable {
    enum Kind: Sendable, Equatable { case fuzzy, exact, absent }
    var kind: Kind
    /// UTF-8 bytes; ASCII letters lowered unless `mindsCase`.
    var bytes: [UInt8]
    /// End of each character within `bytes`: the bytes of one character must stand side by side.
    var ends: [Int]
    var mindsCase: Bool
    var mask: UInt64
  }

  let text: String
  let terms: [Term]
  /// The bits that every match must have.
  let mask: UInt64

  init(_ text: String) {
    self.text = text
    var terms: [Term] = []
    for part in text.split(separator: " ") {
      var kind = Term.Kind.fuzzy
      var body = part
      if body.first == "'" {
        kind = .exact
        body = body.dropFirst()
      } else if body.first == "!" {
        kind = .absent
        body = body.dropFirst()
      }
      guard !body.isEmpty else { continue }
      let mindsCase = body.utf8.contains { $0 >= 0x41 && $0 <= 0x5A }
      var bytes: [UInt8] = []
      var ends: [Int] = []
      for scalar in body.unicodeScalars {
        for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
          bytes.append(mindsCase ? unit : FindIndex.lowered(unit))
        }
        ends.append(bytes.count)
      }
      let mask = bytes.reduce(0) { $0 | FindIndex.bit(of: $1) }
      terms.append(Term(kind: kind, bytes: bytes, ends: ends, mindsCase: mindsCase, mask: mask))
    }
    self.terms = terms
    mask = terms.reduce(0) { $1.kind == .absent ? $0 : $0 | $1.mask }
  }

  var isEmpty: Bool { terms.isEmpty }

  /// True when everything that matches this query also matches `other`: then only `other`'s matches need a look.
  func narrows(_ other: FindQuery) -> Bool {
    guard text.hasPrefix(other.text), !other.isEmpty else { return false }
    // Growing an absent term lets more through; so does a sign that changes what the last term is.
    if terms.contains(where: { $0.kind == .absent }) { return false }
    guard terms.count >= other.terms.count else { return false }
    for (term, old) in zip(terms, other.terms) {
      guard term.kind == old.kind else { return false }
    }
    return true
  }
}
