package import Tensors

/// A tokenizer in the `tokenizer.json` form of Hugging Face's tokenizers library.
package final class JSONTokenizer: Tokenizer {
  enum Model: Sendable {
    case bpe(BPEModel)
    case unigram(UnigramModel)
    case wordPiece(WordPieceModel)
    /// Words as whole tokens.
    case wordLevel([ExactString: Int], unknown: Int?)
  }

  /// What the caller knows beyond the file.
  package struct Options: Sendable {
    package var contextLength: Int?
    package var padId: Int?
    /// The pad token by name, where no id is given; ignored when the vocabulary lacks it.
    package var padToken: String?
    /// Cleaning before the file's own normaliser, as OpenCLIP does; none for Transformers.
    package var cleaning = TextCleaning.none
    /// Replaces this id by 0 at the end, as OpenCLIP's `strip_sep_token` does.
    package var zeroesSeparator = false

    package init() {}
  }

  package let contextLength: Int
  package let padId: Int
  package let summary: String
  private let names: [Int: String]
  private let normalizer: TokenNormalizer?
  private let preTokenizer: PreTokenizer?
  private let model: Model
  private let post: PostProcessor
  private let added: AddedTokens
  private let cleaning: TextCleaning
  private let separator: Int?
  private let truncatesLeft: Bool
  private let isByteLevel: Bool

  package var vocabularySize: Int { names.count }

  package convenience init(path: String, options: Options = Options()) throws(PreprocessError) {
    try self.init(try TokenizerFile.json(path: path), path: path, options: options)
  }

  package init(
    _ json: JSONValue, path: String, options: Options = Options()
  ) throws(PreprocessError) {
    guard let modelJSON = json["model"], modelJSON.object != nil else {
      throw .badTokenizer(path: path, reason: "it has no model")
    }
    let normalizer = try Self.part(json["normalizer"]) { (value) throws(PreprocessError) in
      try TokenNormalizer(value, path: path)
    }
    self.normalizer = normalizer
    preTokenizer = try Self.part(json["pre_tokenizer"]) { (value) throws(PreprocessError) in
      try PreTokenizer(value, path: path)
    }
    post =
      try Self.part(json["post_processor"]) { (value) throws(PreprocessError) in
        try PostProcessor(value, path: path)
      } ?? PostProcessor()
    added = try AddedTokens(json["added_tokens"], path: path) { normalizer?($0) ?? $0 }
    var vocabulary: [String]
    (model, vocabulary) = try Self.model(modelJSON, path: path)
    var names: [Int: String] = [:]
    names.reserveCapacity(vocabulary.count + added.tokens.count)
    for (id, name) in vocabulary.enumerated() { names[id] = name }
    for token in added.tokens { names[token.id] = token.text.text }
    self.names = names
    cleaning = options.cleaning
    separator = options.zeroesSeparator ? post.after.last : nil
    truncatesLeft = json["truncation"]?["direction"]?.string == "Left"
    let declared = json["truncation"]?["max_length"]?.integer
    let usual = declared.flatMap { (1...65536).contains($0) ? $0 : nil }
    contextLength = max(1, options.contextLength ?? usual ?? 77)
    let declaredPad = json["padding"]?["pad_id"]?.integer ?? 0
    guard CLIPVocabulary.idRange.contains(declaredPad) else {
      throw .badTokenizer(path: path, reason: "the pad id \(declaredPad) is impossible")
    }
    padId = options.padId ?? Self.id(of: options.padToken, in: names) ?? declaredPad
    let kind = modelJSON["type"]?.string ?? "BPE"
    summary = "\(kind), \(names.count) tokens, \(path)"
    isByteLevel = Self.mentionsByteLevel(json)
  }

  /// A tokenizer whose parts were read from another kind of file.
  init(
    names list: [String], normalizer: TokenNormalizer?, preTokenizer: PreTokenizer?, model: Model,
    post: PostProcessor, options: Options, summary: String, standardPad: Int
  ) {
    var names: [Int: String] = [:]
    names.reserveCapacity(list.count)
    for (id, name) in list.enumerated() { names[id] = name }
    self.names = names
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.model = model
    self.post = post
    self.summary = summary
    added = AddedTokens()
    cleaning = options.cleaning
    separator = options.zeroesSeparator ? post.after.last : nil
    truncatesLeft = false
    isByteLevel = false
    contextLength = max(1, options.contextLength ?? 64)
    padId = options.padId ?? Self.id(of: options.padToken, in: names) ?? standardPad
  }

  /// The least of the ids with a name; nil where there is none.
  private static func id(of token: String?, in names: [Int: String]) -> Int? {
    guard let token = token.map(ExactString.init) else { return nil }
    return names.filter { ExactString($0.value) == token }.keys.min()
  }

  private static func part<Part>(
    _ json: JSONValue?, _ make: (JSONValue) throws(PreprocessError) -> Part
  ) throws(PreprocessError) -> Part? {
    guard let json, !json.isNull else { return nil }
    return try make(json)
  }

  private static func mentionsByteLevel(_ json: JSONValue) -> Bool {
    func has(_ part: JSONValue?, _ list: String) -> Bool {
      part?["type"]?.string == "ByteLevel"
        || (part?[list]?.array ?? []).contains { $0["type"]?.string == "ByteLevel" }
    }
    return has(json["pre_tokenizer"], "pretokenizers") || has(json["normalizer"], "normalizers")
      || has(json["decoder"], "decoders")
  }

  // MARK: Encoding

  package func fullIds(of text: String) -> [Int] {
    let ids = post.before + textIds(of: text) + post.after
    guard let separator else { return ids }
    return ids.map { $0 == separator ? 0 : $0 }
  }

  package func truncated(_ ids: [Int], to length: Int) -> [Int] {
    let after = post.after.count
    let before = post.before.count
    guard length > before + after else { return Array(ids.prefix(length)) }
    let inner = ids[before..<ids.count - after]
    let room = length - before - after
    let kept = truncatesLeft ? inner.suffix(room) : inner.prefix(room)
    return Array(ids.prefix(before) + kept + ids.suffix(after))
  }

  /// Ids of the text alone.
  package func textIds(of text: String) -> [Int] {
    let text = cleaning.clean([Unicode.Scalar](text))
    var ids: [Int] = []
    for part in added.split(text, normalized: false, isFirst: true) {
      switch part {
      case .token(let id): ids.append(id)
      case .text(let raw, let isFirst):
        let normal = normalizer?(raw) ?? raw
        for inner in added.split(normal, normalized: true, isFirst: isFirst) {
          switch inner {
          case .token(let id): ids.append(id)
          case .text(let words, let isFirst):
            let whole = [PreTokenizer.Piece(text: words, isFirst: isFirst)]
            for piece in preTokenizer?(whole) ?? whole { ids += encode(piece.text) }
          }
        }
      }
    }
    return ids
  }

  private func encode(_ word: [Unicode.Scalar]) -> [Int] {
    switch model {
    case .bpe(let model): model.encode(word)
    case .unigram(let model): model.encode(word)
    case .wordPiece(let model): model.encode(word)
    case .wordLevel(let ids, let unknown):
      ids[ExactString(word.text)].map { [$0] } ?? (unknown.map { [$0] } ?? [])
    }
  }

  package func label(of id: Int) -> String {
    guard let name = names[id] else { return "#\(id)" }
    if added.tokens.contains(where: { $0.id == id }) || !isByteLevel { return name }
    let suffix = CLIPVocabulary.endOfWord
    return ByteSymbols.readable(name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name)
  }
}
