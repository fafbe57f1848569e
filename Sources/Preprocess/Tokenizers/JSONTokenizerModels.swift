import Tensors

extension JSONTokenizer {
  /// The model part of a tokenizer file, and its vocabulary by id.
  static func model(
    _ json: JSONValue, path: String
  ) throws(PreprocessError) -> (Model, [String]) {
    switch json["type"]?.string ?? guessedType(json) {
    case "BPE": return try bpe(json, path)
    case "Unigram": return try unigram(json, path)
    case "WordPiece":
      let (ids, names) = try vocabulary(json, path)
      let unknown = json["unk_token"]?.string ?? "[UNK]"
      guard let unknownId = ids[ExactString(unknown)] else {
        throw .badTokenizer(
          path: path, reason: "the unknown token \(unknown) is not in the vocabulary")
      }
      let longest = json["max_input_chars_per_word"]?.integer ?? 100
      return (
        .wordPiece(
          WordPieceModel(
            ids: ids, unknownId: unknownId,
            continuingPrefix: json["continuing_subword_prefix"]?.string ?? "##",
            longestWord: min(max(longest, 1), 1000))), names
      )
    case "WordLevel":
      let (ids, names) = try vocabulary(json, path)
      return (
        .wordLevel(ids, unknown: json["unk_token"]?.string.flatMap { ids[ExactString($0)] }), names
      )
    case let type:
      throw .unsupportedTokenizer(path: path, part: "the model \(type)")
    }
  }

  /// Old files do not name the type of their model.
  private static func guessedType(_ json: JSONValue) -> String {
    if json["merges"] != nil { return "BPE" }
    return json["vocab"]?.array != nil ? "Unigram" : "WordPiece"
  }

  private static func vocabulary(
    _ json: JSONValue, _ path: String
  ) throws(PreprocessError) -> ([ExactString: Int], [String]) {
    guard let members = json["vocab"]?.object?.members else {
      throw .badTokenizer(path: path, reason: "the vocabulary is not an object")
    }
    let ids = try CLIPVocabulary.ids(of: members, path: path)
    return (ids, CLIPVocabulary.names(ids))
  }

  private static func bpe(
    _ json: JSONValue, _ path: String
  ) throws(PreprocessError) -> (Model, [String]) {
    let (ids, names) = try vocabulary(json, path)
    var options = BPEModel.Options()
    options.continuingPrefix = json["continuing_subword_prefix"]?.string ?? ""
    options.endSuffix = json["end_of_word_suffix"]?.string ?? ""
    options.unknownId = json["unk_token"]?.string.flatMap { ids[ExactString($0)] }
    options.fusesUnknown = json["fuse_unk"]?.bool ?? false
    options.byteFallback = json["byte_fallback"]?.bool ?? false
    options.ignoresMerges = json["ignore_merges"]?.bool ?? false
    var pairs: [(String, String)] = []
    let merges = json["merges"]?.array ?? []
    pairs.reserveCapacity(merges.count)
    for (rank, merge) in merges.enumerated() {
      // New files have pairs, old ones two words in a string.
      if let left = merge[0]?.string, let right = merge[1]?.string {
        pairs.append((left, right))
        continue
      }
      let parts = (merge.string ?? "").split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw .badTokenizer(path: path, reason: "merge \(rank) is not a pair of symbols")
      }
      pairs.append((String(parts[0]), String(parts[1])))
    }
    let ranks = try CLIPVocabulary.merges(
      pairs, ids: ids, continuingPrefix: options.continuingPrefix, path: path)
    return (.bpe(BPEModel(ids: ids, merges: ranks, options: options)), names)
  }

  private static func unigram(
    _ json: JSONValue, _ path: String
  ) throws(PreprocessError) -> (Model, [String]) {
    guard let entries = json["vocab"]?.array, entries.count <= CLIPVocabulary.tokenLimit else {
      throw .badTokenizer(path: path, reason: "the vocabulary is not a list of a usable length")
    }
    var names: [String] = []
    var scores: [Double] = []
    names.reserveCapacity(entries.count)
    scores.reserveCapacity(entries.count)
    for (id, entry) in entries.enumerated() {
      guard let name = entry[0]?.string, let score = entry[1]?.number, score.isFinite else {
        throw .badTokenizer(path: path, reason: "piece \(id) has no name or no score")
      }
      names.append(name)
      scores.append(score)
    }
    let unknown = json["unk_id"]?.integer ?? -1
    guard names.indices.contains(unknown) else {
      throw .badTokenizer(path: path, reason: "the unknown id \(unknown) is not in the vocabulary")
    }
    let model = UnigramModel(
      pieces: names, scores: scores, unknownId: unknown,
      byteFallback: json["byte_fallback"]?.bool ?? false)
    return (.unigram(model), names)
  }
}
