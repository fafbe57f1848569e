import Tensors

/// One step of the pre-tokeniser of a tokenizer file: cuts pieces of text into smaller ones.
enum PreTokenizer: Sendable {
  /// A piece of text and whether it starts the whole text.
  struct Piece: Sendable {
    var text: [Unicode.Scalar]
    var isFirst: Bool
  }

  /// What becomes of the matches of a split.
  enum Behavior: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  enum PrependScheme: String, Sendable {
    case always
    case first
    case never
  }

  case sequence([PreTokenizer])
  case split(TokenPattern, Behavior, inverts: Bool)
  case byteLevel(addsSpace: Bool, pattern: TokenPattern?)
  case metaspace(Unicode.Scalar, PrependScheme, splits: Bool)
  case whitespaceSplit
  case characterClass(Behavior, @Sendable (Unicode.Scalar) -> Bool)

  /// GPT-2's.
  private static let bytePattern =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  /// `\w+|[^\w\s]+` of the engine behind `Whitespace`, whose words have joiners.
  private static let wordPattern = #"[\w\x{200C}\x{200D}]+|[^\w\s\x{200C}\x{200D}]+"#

  init(_ json: JSONValue, path: String, depth: Int = 0) throws(PreprocessError) {
    guard depth < 16 else {
      throw .badTokenizer(path: path, reason: "the pre-tokeniser is nested too deep")
    }
    func behavior(_ standard: Behavior) throws(PreprocessError) -> Behavior {
      guard let name = json["behavior"]?.string else { return standard }
      guard let value = Behavior(rawValue: name) else {
        throw .unsupportedTokenizer(path: path, part: "the split behaviour \(name)")
      }
      return value
    }
    switch json["type"]?.string {
    case "Sequence":
      var steps: [PreTokenizer] = []
      for step in json["pretokenizers"]?.array ?? [] {
        steps.append(try PreTokenizer(step, path: path, depth: depth + 1))
      }
      self = .sequence(steps)
    case "Split":
      self = .split(
        try TokenPattern(json["pattern"], path: path), try behavior(.isolated),
        inverts: json["invert"]?.bool ?? false)
    case "ByteLevel":
      let usesPattern = json["use_regex"]?.bool ?? true
      self = .byteLevel(
        addsSpace: json["add_prefix_space"]?.bool ?? true,
        pattern: usesPattern ? try TokenPattern.expression(Self.bytePattern, path: path) : nil)
    case "Metaspace":
      let scheme =
        json["prepend_scheme"]?.string
        ?? (json["add_prefix_space"]?.bool == false ? "never" : "always")
      guard let scheme = PrependScheme(rawValue: scheme),
        let mark = (json["replacement"]?.string ?? "\u{2581}").unicodeScalars.first
      else { throw .badTokenizer(path: path, reason: "the Metaspace rule cannot be read") }
      self = .metaspace(mark, scheme, splits: json["split"]?.bool ?? true)
    case "WhitespaceSplit": self = .whitespaceSplit
    case "Whitespace":
      self = .split(
        try TokenPattern.expression(Self.wordPattern, path: path), .removed, inverts: true)
    case "BertPreTokenizer":
      self = .sequence([
        .whitespaceSplit,
        .characterClass(.isolated) { $0.isASCIIPunctuation || $0.isPunctuation },
      ])
    case "Punctuation":
      self = .characterClass(try behavior(.isolated)) { $0.isASCIIPunctuation || $0.isPunctuation }
    case "Digits":
      let isSingle = json["individual_digits"]?.bool ?? false
      self = .characterClass(isSingle ? .isolated : .contiguous) { $0.isNumber }
    case let type:
      throw .unsupportedTokenizer(path: path, part: "the pre-tokeniser \(type ?? "without a type")")
    }
    guard depth > 0 || stepCount <= Self.stepLimit else {
      throw .unsupportedTokenizer(
        path: path, part: "a pre-tokeniser of more than \(Self.stepLimit) steps")
    }
  }

  /// Published pre-tokenisers have three steps; those that spell bytes make a text longer each time.
  private static let stepLimit = 16

  private var stepCount: Int {
    if case .sequence(let steps) = self { return steps.reduce(0) { $0 + $1.stepCount } }
    return 1
  }

  func callAsFunction(_ pieces: [Piece]) -> [Piece] {
    switch self {
    case .sequence(let steps):
      let limit = TokenNormalizer.lengthLimit(for: Self.length(of: pieces))
      return steps.reduce(pieces) { pieces, step in
        let next = step(pieces)
        return Self.length(of: next) <= limit ? next : pieces
      }
    case .split(let pattern, let behavior, let inverts):
      return Self.split(pieces, pattern, behavior, inverts: inverts)
    case .characterClass(let behavior, let test):
      return pieces.flatMap { piece in
        let matches = piece.text.indices.filter { test(piece.text[$0]) }.map { $0..<$0 + 1 }
        return Self.split(piece, matches, behavior, inverts: false)
      }
    case .whitespaceSplit:
      return pieces.flatMap { piece in
        let matches = piece.text.indices.filter { piece.text[$0].isSpace }.map { $0..<$0 + 1 }
        return Self.split(piece, matches, .removed, inverts: false)
      }
    case .byteLevel(let addsSpace, let pattern):
      var parts = pieces
      // Any other blank gets a space before it, too.
      if addsSpace {
        for index in parts.indices where parts[index].text.first.map({ $0 != " " }) ?? false {
          parts[index].text.insert(" ", at: 0)
        }
      }
      if let pattern { parts = Self.split(parts, pattern, .isolated, inverts: false) }
      return parts.map { Piece(text: ByteSymbols.encode($0.text), isFirst: $0.isFirst) }
    case .metaspace(let mark, let scheme, let splits):
      return pieces.flatMap { piece -> [Piece] in
        var text = piece.text.map { $0 == " " ? mark : $0 }
        let prepends = scheme == .always || (scheme == .first && piece.isFirst)
        if prepends, let first = text.first, first != mark { text.insert(mark, at: 0) }
        let whole = Piece(text: text, isFirst: piece.isFirst)
        guard splits else { return [whole] }
        let matches = text.indices.filter { text[$0] == mark }.map { $0..<$0 + 1 }
        return Self.split(whole, matches, .mergedWithNext, inverts: false)
      }
    }
  }

  private static func length(of pieces: [Piece]) -> Int {
    pieces.reduce(0) { $0 + $1.text.count }
  }

  /// Cuts pieces at the matches of a pattern; all of them together have the steps of one text.
  private static func split(
    _ pieces: [Piece], _ pattern: TokenPattern, _ behavior: Behavior, inverts: Bool
  ) -> [Piece] {
    let limit = SmallRegex.stepLimit(for: length(of: pieces))
    var steps = 0
    return pieces.flatMap { piece in
      split(
        piece, pattern.matches(in: piece.text, steps: &steps, limit: limit), behavior,
        inverts: inverts)
    }
  }

  /// Cuts a piece at matches; empty parts vanish.
  private static func split(
    _ piece: Piece, _ matches: [Range<Int>], _ behavior: Behavior, inverts: Bool
  ) -> [Piece] {
    // All parts in order, each with whether it counts as a match.
    var parts: [(range: Range<Int>, isMatch: Bool)] = []
    var end = 0
    for match in matches {
      if match.lowerBound > end { parts.append((end..<match.lowerBound, inverts)) }
      parts.append((match, !inverts))
      end = match.upperBound
    }
    if end < piece.text.count { parts.append((end..<piece.text.count, inverts)) }
    var ranges: [Range<Int>] = []
    switch behavior {
    case .removed: ranges = parts.filter { !$0.isMatch }.map(\.range)
    case .isolated: ranges = parts.map(\.range)
    case .contiguous:
      var last: Bool?
      for part in parts {
        if last == part.isMatch, let previous = ranges.popLast() {
          ranges.append(previous.lowerBound..<part.range.upperBound)
        } else {
          ranges.append(part.range)
        }
        last = part.isMatch
      }
    case .mergedWithPrevious:
      var lastIsMatch = false
      for part in parts {
        if part.isMatch, !lastIsMatch, let previous = ranges.popLast() {
          ranges.append(previous.lowerBound..<part.range.upperBound)
        } else {
          ranges.append(part.range)
        }
        lastIsMatch = part.isMatch
      }
    case .mergedWithNext:
      var lastIsMatch = false
      for part in parts.reversed() {
        if part.isMatch, !lastIsMatch, let next = ranges.popLast() {
          ranges.append(part.range.lowerBound..<next.upperBound)
        } else {
          ranges.append(part.range)
        }
        lastIsMatch = part.isMatch
      }
      ranges.reverse()
    }
    return ranges.filter { !$0.isEmpty }.map {
      Piece(text: Array(piece.text[$0]), isFirst: piece.isFirst && $0.lowerBound == 0)
    }
  }
}
