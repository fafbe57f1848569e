import Tensors

/// One step of the normaliser of a tokenizer file.
enum TokenNormalizer: Sendable {
  case sequence([TokenNormalizer])
  case nfc
  case nfd
  case nfkc
  case nfkd
  case lowercase
  case strip(left: Bool, right: Bool)
  case stripAccents
  case nmt
  case prepend([Unicode.Scalar])
  case replace(TokenPattern, with: [Unicode.Scalar])
  case precompiled(Precompiled)
  case byteLevel
  case bert(cleans: Bool, spacesChinese: Bool, stripsAccents: Bool, lowercases: Bool)

  init(_ json: JSONValue, path: String, depth: Int = 0) throws(PreprocessError) {
    guard depth < 16 else {
      throw .badTokenizer(path: path, reason: "the normaliser is nested too deep")
    }
    switch json["type"]?.string {
    case "Sequence":
      var steps: [TokenNormalizer] = []
      for step in json["normalizers"]?.array ?? [] {
        steps.append(try TokenNormalizer(step, path: path, depth: depth + 1))
      }
      self = .sequence(steps)
    case "NFC": self = .nfc
    case "NFD": self = .nfd
    case "NFKC": self = .nfkc
    case "NFKD": self = .nfkd
    case "Lowercase": self = .lowercase
    case "Strip":
      self = .strip(
        left: json["strip_left"]?.bool ?? true, right: json["strip_right"]?.bool ?? true)
    case "StripAccents": self = .stripAccents
    case "Nmt": self = .nmt
    case "Prepend": self = .prepend([Unicode.Scalar](json["prepend"]?.string ?? ""))
    case "Replace":
      self = .replace(
        try TokenPattern(json["pattern"], path: path),
        with: [Unicode.Scalar](json["content"]?.string ?? ""))
    case "Precompiled":
      guard let map = Precompiled(base64: json["precompiled_charsmap"]?.string ?? "") else {
        throw .badTokenizer(path: path, reason: "the compiled character map contradicts itself")
      }
      self = .precompiled(map)
    case "ByteLevel": self = .byteLevel
    case "BertNormalizer":
      let lowercases = json["lowercase"]?.bool ?? true
      self = .bert(
        cleans: json["clean_text"]?.bool ?? true,
        spacesChinese: json["handle_chinese_chars"]?.bool ?? true,
        stripsAccents: json["strip_accents"]?.bool ?? lowercases, lowercases: lowercases)
    case let type:
      throw .unsupportedTokenizer(path: path, part: "the normaliser \(type ?? "without a type")")
    }
    guard depth > 0 || stepCount <= Self.stepLimit else {
      throw .unsupportedTokenizer(
        path: path, part: "a normaliser of more than \(Self.stepLimit) steps")
    }
  }

  /// Published normalisers have some ten steps.
  private static let stepLimit = 64

  private var stepCount: Int {
    if case .sequence(let steps) = self { return steps.reduce(0) { $0 + $1.stepCount } }
    return 1
  }

  /// Scalars that a text of `count` may become; one scalar has at most 18 in its compatible form.
  ///
  /// Steps that double a text, one after the other, would fill any memory. What makes it longer is left out.
  static func lengthLimit(for count: Int) -> Int { 4_096 + 32 * count }

  func callAsFunction(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    switch self {
    case .sequence(let steps):
      let limit = Self.lengthLimit(for: text.count)
      return steps.reduce(text) { text, step in
        let next = step(text)
        return next.count <= limit ? next : text
      }
    case .nfc: return Normalization.nfc(text)
    case .nfd: return Normalization.nfd(text)
    case .nfkc: return Normalization.nfkc(text)
    case .nfkd: return Normalization.nfkd(text)
    case .lowercase: return text.lowercasedEach
    case .strip(let left, let right):
      var slice = text[...]
      if left { slice = slice.drop(while: \.isSpace) }
      if right { while let last = slice.last, last.isSpace { slice = slice.dropLast() } }
      return Array(slice)
    case .stripAccents: return text.filter { !$0.isMark }
    case .nmt: return Self.nmt(text)
    case .prepend(let prefix): return text.isEmpty ? text : prefix + text
    case .replace(let pattern, let content):
      var result: [Unicode.Scalar] = []
      var end = 0
      for range in pattern.matches(in: text) {
        guard result.count + content.count <= Self.lengthLimit(for: text.count) else { return text }
        result += text[end..<range.lowerBound] + content
        end = range.upperBound
      }
      return result + text[end...]
    case .precompiled(let map): return map.normalize(text)
    case .byteLevel: return ByteSymbols.encode(text)
    case .bert(let cleans, let spacesChinese, let stripsAccents, let lowercases):
      var text = text
      if cleans { text = Self.cleaned(text) }
      if spacesChinese { text = text.flatMap { Self.isChinese($0) ? [" ", $0, " "] : [$0] } }
      if stripsAccents {
        text = Normalization.nfd(text).filter { $0.properties.generalCategory != .nonspacingMark }
      }
      return lowercases ? text.lowercasedEach : text
    }
  }

  /// Controls removed and odd spaces made plain, as in SentencePiece's "nmt" rule.
  private static func nmt(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    text.compactMap { scalar in
      switch scalar.value {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: nil
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
        " "
      default: scalar
      }
    }
  }

  private static func cleaned(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    text.compactMap { scalar in
      if scalar.value == 0 || scalar.value == 0xFFFD { return nil }
      if scalar == "\t" || scalar == "\n" || scalar == "\r" { return " " }
      switch scalar.properties.generalCategory {
      case .control, .format, .privateUse, .unassigned, .surrogate: return nil
      default: return scalar.isSpace ? " " : scalar
      }
    }
  }

  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
