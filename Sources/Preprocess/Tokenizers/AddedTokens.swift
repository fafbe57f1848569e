import Tensors

/// Tokens that are found in a text before anything else is done to it.
struct AddedTokens: Sendable {
  struct Token: Sendable {
    var id: Int
    var text: [Unicode.Scalar]
    var isSpecial: Bool
    /// Looked for in the normalised text rather than in the raw one.
    var isNormalized: Bool
    var singleWord: Bool
    var stripsLeft: Bool
    var stripsRight: Bool
  }

  /// A part of a text: a token, or what lies between tokens.
  enum Part {
    case token(Int)
    case text([Unicode.Scalar], isFirst: Bool)
  }

  var tokens: [Token] = []

  init() {}

  init(_ json: JSONValue?, path: String) throws(PreprocessError) {
    for entry in json?.array ?? [] {
      guard let id = entry["id"]?.integer, let content = entry["content"]?.string, id >= 0,
        id < 1 << 24
      else { throw .badTokenizer(path: path, reason: "an added token has no id or no content") }
      if content.isEmpty { continue }
      let isSpecial = entry["special"]?.bool ?? false
      tokens.append(
        Token(
          id: id, text: [Unicode.Scalar](content), isSpecial: isSpecial,
          isNormalized: entry["normalized"]?.bool ?? !isSpecial,
          singleWord: entry["single_word"]?.bool ?? false,
          stripsLeft: entry["lstrip"]?.bool ?? false, stripsRight: entry["rstrip"]?.bool ?? false))
    }
    // The longest of those that start at one place wins.
    tokens.sort { $0.text.count > $1.text.count }
  }

  /// Cuts a text at the tokens of one kind.
  func split(_ text: [Unicode.Scalar], normalized: Bool, isFirst: Bool) -> [Part] {
    let wanted = tokens.filter { $0.isNormalized == normalized }
    if wanted.isEmpty { return text.isEmpty ? [] : [.text(text, isFirst: isFirst)] }
    let starts = Set(wanted.compactMap(\.text.first))
    var parts: [Part] = []
    var end = 0
    var index = 0
    while index < text.count {
      guard starts.contains(text[index]),
        let token = wanted.first(where: {
          text[index...].starts(with: $0.text) && isWord($0, text, index)
        })
      else {
        index += 1
        continue
      }
      var left = index
      var right = index + token.text.count
      if token.stripsLeft { while left > end, text[left - 1].isSpace { left -= 1 } }
      if token.stripsRight { while right < text.count, text[right].isSpace { right += 1 } }
      if left > end { parts.append(.text(Array(text[end..<left]), isFirst: isFirst && end == 0)) }
      parts.append(.token(token.id))
      end = right
      index = right
    }
    if end < text.count { parts.append(.text(Array(text[end...]), isFirst: isFirst && end == 0)) }
    return parts
  }

  private func isWord(_ token: Token, _ text: [Unicode.Scalar], _ start: Int) -> Bool {
    guard token.singleWord else { return true }
    func isInner(_ scalar: Unicode.Scalar) -> Bool {
      scalar.isLetter || scalar.isNumber || scalar == "_"
    }
    let end = start + token.text.count
    if start > 0, isInner(text[start - 1]) { return false }
    return end >= text.count || !isInner(text[end])
  }
}
