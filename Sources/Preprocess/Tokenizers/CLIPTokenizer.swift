package import Tensors

/// CLIP's byte-level BPE, with the cleaning of OpenCLIP or of Transformers.
package final class CLIPTokenizer: Tokenizer {
  /// Whose rules are followed before the merges, which are the same.
  package enum Style: Sendable, Equatable {
    /// Repair, HTML, blanks, case; specials are spelled `<start_of_text>`; pads with 0.
    case openCLIP(TextCleaning)
    /// NFC, blanks, case of each character; specials are spelled `<|startoftext|>`; pads with the end token.
    case transformers
  }

  package let contextLength: Int
  package let padId: Int
  package let summary: String
  package let style: Style
  package let startId: Int
  package let endId: Int
  private let model: BPEModel
  private let names: [String]
  /// Special tokens as they are written in texts.
  private let specials: [(text: [Unicode.Scalar], id: Int)]

  package var vocabularySize: Int { names.count }

  /// OpenAI's `bpe_simple_vocab_16e6.txt.gz` or a table of the same form.
  package convenience init(
    table path: String, cleaning: TextCleaning = .lower, contextLength: Int = 77, padId: Int = 0
  ) throws(PreprocessError) {
    let vocabulary = try CLIPVocabulary.table(path: path)
    self.init(
      vocabulary, style: .openCLIP(cleaning), start: vocabulary.names.count - 2,
      end: vocabulary.names.count - 1, contextLength: contextLength, padId: padId,
      summary: "CLIP BPE, \(vocabulary.names.count) tokens, \(path)")
  }

  /// `vocab.json` with `merges.txt`.
  package convenience init(
    vocabulary path: String, merges: String, style: Style, contextLength: Int = 77,
    padId: Int? = nil
  ) throws(PreprocessError) {
    try self.init(
      CLIPVocabulary.files(vocabulary: path, merges: merges), style: style, path: path,
      contextLength: contextLength, padId: padId)
  }

  /// A `tokenizer.json` that holds CLIP's BPE; nil when it holds another model.
  package convenience init?(
    document json: JSONValue, path: String, style: Style, contextLength: Int = 77,
    padId: Int? = nil
  ) throws(PreprocessError) {
    guard let vocabulary = try CLIPVocabulary.document(json, path: path) else { return nil }
    try self.init(
      vocabulary, style: style, path: path, contextLength: contextLength, padId: padId)
  }

  private convenience init(
    _ vocabulary: CLIPVocabulary, style: Style, path: String, contextLength: Int, padId: Int?
  ) throws(PreprocessError) {
    func special(_ names: [String]) -> Int? {
      names.lazy.compactMap { vocabulary.ids[ExactString($0)] }.first
    }
    guard let start = special(["<|startoftext|>", "<start_of_text>"]),
      let end = special(["<|endoftext|>", "<end_of_text>"])
    else { throw .badTokenizer(path: path, reason: "the start or end token is missing") }
    let pad = style == .transformers ? end : 0
    self.init(
      vocabulary, style: style, start: start, end: end, contextLength: contextLength,
      padId: padId ?? pad, summary: "CLIP BPE, \(vocabulary.names.count) tokens, \(path)")
  }

  private init(
    _ vocabulary: CLIPVocabulary, style: Style, start: Int, end: Int, contextLength: Int,
    padId: Int, summary: String
  ) {
    self.style = style
    self.contextLength = contextLength
    self.padId = padId
    self.summary = summary
    startId = start
    endId = end
    names = vocabulary.names
    var options = BPEModel.Options()
    options.endSuffix = CLIPVocabulary.endOfWord
    options.unknownId = style == .transformers ? end : nil
    model = BPEModel(ids: vocabulary.ids, merges: vocabulary.merges, options: options)
    let spelled =
      style == .transformers
      ? ["<|startoftext|>", "<|endoftext|>"] : ["<start_of_text>", "<end_of_text>"]
    specials = [([Unicode.Scalar](spelled[0]), start), ([Unicode.Scalar](spelled[1]), end)]
  }

  package func fullIds(of text: String) -> [Int] { [startId] + textIds(of: text) + [endId] }

  package func truncated(_ ids: [Int], to length: Int) -> [Int] {
    Array(ids.prefix(length - 1)) + [endId]
  }

  package func label(of id: Int) -> String {
    guard names.indices.contains(id) else { return "#\(id)" }
    if id == startId || id == endId { return names[id] }
    let name = names[id]
    let suffix = CLIPVocabulary.endOfWord
    return ByteSymbols.readable(name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name)
  }

  /// Ids of the text alone.
  package func textIds(of text: String) -> [Int] {
    pieces(of: text).flatMap { piece -> [Int] in
      if let special = specials.first(where: { $0.text == piece }) { return [special.id] }
      return model.encode(ByteSymbols.encode(piece))
    }
  }

  /// The cleaned text cut into the words that are merged on their own.
  func pieces(of text: String) -> [[Unicode.Scalar]] {
    switch style {
    case .openCLIP(let cleaning):
      return cut(cleaning.clean([Unicode.Scalar](text)), ignoringCase: true)
    case .transformers:
      // Special tokens are taken out of the raw text, before anything is normalised.
      return splitSpecials([Unicode.Scalar](text)).flatMap { part, isSpecial in
        isSpecial ? [part] : cut(normalized(part), ignoringCase: false)
      }
    }
  }

  private func normalized(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    Normalization.nfc(text).lowercasedEach
  }

  private func splitSpecials(
    _ text: [Unicode.Scalar]
  ) -> [(text: [Unicode.Scalar], isSpecial: Bool)] {
    var result: [(text: [Unicode.Scalar], isSpecial: Bool)] = []
    var start = 0
    var index = 0
    while index < text.count {
      if text[index] == "<",
        let special = specials.first(where: { text[index...].starts(with: $0.text) })
      {
        if index > start { result.append((Array(text[start..<index]), false)) }
        result.append((special.text, true))
        index += special.text.count
        start = index
      } else {
        index += 1
      }
    }
    if start < text.count { result.append((Array(text[start...]), false)) }
    return result
  }

  // MARK: Words

  private static let contractions: [[Unicode.Scalar]] =
    ["s", "t", "re", "ve", "m", "ll", "d"].map { [Unicode.Scalar]($0) }

  /// Specials, contractions, runs of letters, single digits, runs of anything else but blanks.
  private func cut(_ text: [Unicode.Scalar], ignoringCase: Bool) -> [[Unicode.Scalar]] {
    var result: [[Unicode.Scalar]] = []
    var index = 0
    while index < text.count {
      let scalar = text[index]
      if scalar.isSpace {
        index += 1
        continue
      }
      var end = index + 1
      if let length = fixedLength(text, at: index, ignoringCase: ignoringCase) {
        end = index + length
      } else if scalar.isLetter {
        while end < text.count, text[end].isLetter { end += 1 }
      } else if !scalar.isNumber {
        while end < text.count, !text[end].isSpace, !text[end].isLetter, !text[end].isNumber {
          end += 1
        }
      }
      result.append(Array(text[index..<end]))
      index = end
    }
    return result
  }

  /// Length of a special token or a contraction at `index`.
  private func fixedLength(
    _ text: [Unicode.Scalar], at index: Int, ignoringCase: Bool
  ) -> Int? {
    func matches(_ wanted: [Unicode.Scalar], from start: Int) -> Bool {
      guard text.count - start >= wanted.count else { return false }
      return zip(text[start...], wanted).allSatisfy {
        ignoringCase ? Self.folded($0) == Self.folded($1) : $0 == $1
      }
    }
    // Transformers takes special tokens out before; what looks like one here is plain text.
    if text[index] == "<", ignoringCase {
      return specials.first { matches($0.text, from: index) }?.text.count
    }
    guard text[index] == "'" else { return nil }
    return Self.contractions.first { matches($0, from: index + 1) }.map { $0.count + 1 }
  }

  /// Simple case folding as far as the fixed words need it; the long s folds to s.
  private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    if (0x41...0x5A).contains(scalar.value) { return Unicode.Scalar(UInt8(scalar.value + 32)) }
    return scalar == "\u{17F}" ? "s" : scalar
  }
}
