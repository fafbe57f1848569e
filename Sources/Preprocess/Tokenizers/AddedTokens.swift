import Tensors

/// Tokens that are found in a text before anything else is done to it.
struct AddedTokens: Sendable {
  struct Token: Sendable {
    var id: Int
    var text: [Unicode.Scalar]
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

  /// As the file writes them.
  let tokens: [Token]
  private let raw: Finder
  private let normalized: Finder

  init() {
    tokens = []
    raw = Finder([])
    normalized = Finder([])
  }

  /// - Parameters:
  ///   - json: `added_tokens` of a `tokenizer.json`; nil: none.
  ///   - path: The file, for errors.
  ///   - normalize: What is done to a text before tokens are looked for in it; it is done to those tokens, too.
  /// - Throws: `PreprocessError.badTokenizer` for a token without id or content.
  init(
    _ json: JSONValue?, path: String,
    normalize: ([Unicode.Scalar]) -> [Unicode.Scalar] = { $0 }
  ) throws(PreprocessError) {
    var tokens: [Token] = []
    for entry in json?.array ?? [] {
      guard let id = entry["id"]?.integer, let content = entry["content"]?.string,
        CLIPVocabulary.idRange.contains(id)
      else { throw .badTokenizer(path: path, reason: "an added token has no id or no content") }
      if content.isEmpty { continue }
      let isSpecial = entry["special"]?.bool ?? false
      tokens.append(
        Token(
          id: id, text: [Unicode.Scalar](content),
          isNormalized: entry["normalized"]?.bool ?? !isSpecial,
          singleWord: entry["single_word"]?.bool ?? false,
          stripsLeft: entry["lstrip"]?.bool ?? false, stripsRight: entry["rstrip"]?.bool ?? false))
    }
    self.tokens = tokens
    raw = Finder(tokens.filter { !$0.isNormalized })
    normalized = Finder(
      tokens.filter(\.isNormalized).map { token in
        var token = token
        token.text = normalize(token.text)
        return token
      })
  }

  /// Cuts a text at the tokens of one kind.
  ///
  /// The longest of those that start at one place wins.
  func split(_ text: [Unicode.Scalar], normalized: Bool, isFirst: Bool) -> [Part] {
    let finder = normalized ? self.normalized : raw
    var parts: [Part] = []
    var end = 0
    var index = 0
    while index < text.count {
      guard let token = finder.token(in: text, at: index) else {
        index += 1
        continue
      }
      guard !token.singleWord || Self.isAlone(token, text, index) else {
        // As in the library, no other token is looked for in the same place.
        index += token.text.count
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

  /// Whether no word goes on before or behind a token that stands at `start`.
  private static func isAlone(_ token: Token, _ text: [Unicode.Scalar], _ start: Int) -> Bool {
    func isInner(_ scalar: Unicode.Scalar) -> Bool { scalar.isWord || scalar.isJoiner }
    let end = start + token.text.count
    return (start == 0 || !isInner(text[start - 1])) && (end >= text.count || !isInner(text[end]))
  }
}

extension AddedTokens {
  /// Looks for any of many tokens at once: a place costs as many steps as the longest token has scalars, however many tokens there are.
  private struct Finder: Sendable {
    private let tokens: [Token]
    /// Numbers of `tokens` by the hash of their scalars; different tokens may share one.
    private let places: [UInt64: [Int]]
    private let starts: Set<Unicode.Scalar>
    private let longest: Int

    /// Longer ones would cost time at each place of every text; published ones have less than a hundred scalars.
    private static let lengthLimit = 512

    init(_ all: [Token]) {
      var seen: Set<[Unicode.Scalar]> = []
      let tokens = all.filter {
        (1...Self.lengthLimit).contains($0.text.count) && seen.insert($0.text).inserted
      }
      var places: [UInt64: [Int]] = [:]
      for (place, token) in tokens.enumerated() {
        places[token.text.reduce(FNVHash.basis, Self.step), default: []].append(place)
      }
      self.tokens = tokens
      self.places = places
      starts = Set(tokens.compactMap(\.text.first))
      longest = tokens.map(\.text.count).max() ?? 0
    }

    private static func step(_ hash: UInt64, _ scalar: Unicode.Scalar) -> UInt64 {
      FNVHash.step(hash, UInt64(scalar.value))
    }

    /// The longest token that stands at `start`.
    func token(in text: [Unicode.Scalar], at start: Int) -> Token? {
      guard starts.contains(text[start]) else { return nil }
      var found: Token?
      var hash = FNVHash.basis
      for end in start..<min(start + longest, text.count) {
        hash = Self.step(hash, text[end])
        for place in places[hash] ?? [] where tokens[place].text.elementsEqual(text[start...end]) {
          found = tokens[place]
        }
      }
      return found
    }
  }
}
