import CDeflate
import Tensors

/// The vocabulary of CLIP's byte-level BPE, from any of the forms in which it is distributed.
struct CLIPVocabulary {
  var ids: [ExactString: Int]
  var merges: [UInt64: BPEModel.Merge]
  /// Names by id.
  var names: [String]

  static let endOfWord = "</w>"
  /// Merges of OpenAI's table that are used: 49152 less the bytes and the two special tokens.
  static let openAIMergeCount = 49152 - 256 - 2
  static let sizeLimit = 64 << 20

  /// OpenAI's merge table, gzip or plain: a header line, then one merge a line.
  static func table(path: String) throws(PreprocessError) -> CLIPVocabulary {
    let bytes = try inflated(path: path)
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
      .dropFirst()
    if lines.count > openAIMergeCount { lines = lines.prefix(openAIMergeCount) }
    var names = ByteSymbols.order.map { String(ByteSymbols.symbol[Int($0)]) }
    names += names.map { $0 + endOfWord }
    var pairs: [(String, String)] = []
    pairs.reserveCapacity(lines.count)
    for (index, line) in lines.enumerated() {
      guard let pair = pair(line) else {
        throw .badTokenizer(path: path, reason: "line \(index + 2) is not a pair of symbols")
      }
      pairs.append(pair)
      names.append(pair.0 + pair.1)
    }
    names += ["<start_of_text>", "<end_of_text>"]
    var ids: [ExactString: Int] = [:]
    ids.reserveCapacity(names.count)
    for (id, name) in names.enumerated() { ids[ExactString(name)] = id }
    return CLIPVocabulary(
      ids: ids, merges: try merges(pairs, ids: ids, path: path), names: names)
  }

  /// `vocab.json` with `merges.txt`.
  static func files(
    vocabulary path: String, merges mergesPath: String
  ) throws(PreprocessError) -> CLIPVocabulary {
    let document = try TokenizerFile.json(path: path)
    guard let members = document.object?.members else {
      throw .badTokenizer(path: path, reason: "it is not an object of names and ids")
    }
    let ids = try ids(of: members, path: path)
    let bytes = try TokenizerFile.bytes(path: mergesPath)
    var pairs: [(String, String)] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      if index == 0, line.starts(with: "#version".utf8) { continue }
      let trimmed = line.last == 0x0D ? line.dropLast() : line
      if trimmed.isEmpty { continue }
      guard let pair = pair(trimmed) else {
        throw .badTokenizer(path: mergesPath, reason: "merge \(index) is not a pair of symbols")
      }
      pairs.append(pair)
    }
    return CLIPVocabulary(
      ids: ids, merges: try merges(pairs, ids: ids, path: mergesPath), names: names(ids))
  }

  /// The model of a `tokenizer.json` that holds CLIP's BPE; nil when it holds another.
  static func document(_ json: JSONValue, path: String) throws(PreprocessError) -> CLIPVocabulary? {
    guard let model = json["model"], model["end_of_word_suffix"]?.string == endOfWord,
      let members = model["vocab"]?.object?.members, let list = model["merges"]?.array
    else { return nil }
    let ids = try ids(of: members, path: path)
    var pairs: [(String, String)] = []
    pairs.reserveCapacity(list.count)
    for (rank, merge) in list.enumerated() {
      let words = (merge.string ?? "").split(separator: " ").map(String.init)
      let parts = merge.array?.compactMap(\.string) ?? words
      guard parts.count == 2 else {
        throw .badTokenizer(path: path, reason: "merge \(rank) is not a pair of symbols")
      }
      pairs.append((parts[0], parts[1]))
    }
    return CLIPVocabulary(
      ids: ids, merges: try merges(pairs, ids: ids, path: path), names: names(ids))
  }

  /// The largest vocabulary that is read; published ones stay below 300,000.
  static let tokenLimit = 1 << 22

  /// Ids that are believed.
  static let idRange = 0..<1 << 24

  /// Ids by name.
  static func ids(
    of members: [JSONObject.Member], path: String
  ) throws(PreprocessError) -> [ExactString: Int] {
    guard members.count <= tokenLimit else {
      throw .badTokenizer(path: path, reason: "the vocabulary has \(members.count) tokens")
    }
    var ids: [ExactString: Int] = [:]
    ids.reserveCapacity(members.count)
    for member in members {
      guard let id = member.value.integer, idRange.contains(id) else {
        throw .badTokenizer(path: path, reason: "\"\(member.key)\" has no usable id")
      }
      ids[ExactString(member.key)] = id
    }
    return ids
  }

  static func names(_ ids: [ExactString: Int]) -> [String] {
    let size = (ids.values.max() ?? -1) + 1
    // Ids beyond all reason would cost memory; a hole is named by its number.
    guard size <= max(1024, ids.count * 4) else { return [] }
    var names = (0..<size).map { "#\($0)" }
    for (name, id) in ids where id >= 0 { names[id] = name.text }
    return names
  }

  private static func pair(_ line: ArraySlice<UInt8>) -> (String, String)? {
    let parts = line.split(separator: UInt8(ascii: " "))
    guard parts.count == 2 else { return nil }
    return (String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self))
  }

  /// Ranks by pair of ids; the joined symbol must be in the vocabulary.
  static func merges(
    _ pairs: [(String, String)], ids: [ExactString: Int], continuingPrefix: String = "",
    path: String
  ) throws(PreprocessError) -> [UInt64: BPEModel.Merge] {
    var merges: [UInt64: BPEModel.Merge] = [:]
    merges.reserveCapacity(pairs.count)
    for (rank, pair) in pairs.enumerated() {
      let tail =
        continuingPrefix.isEmpty || !pair.1.hasPrefix(continuingPrefix)
        ? pair.1 : String(pair.1.dropFirst(continuingPrefix.count))
      guard let left = ids[ExactString(pair.0)], let right = ids[ExactString(pair.1)],
        let joined = ids[ExactString(pair.0 + tail)]
      else {
        throw .badTokenizer(
          path: path, reason: "merge \(rank) (\(pair.0) \(pair.1)) is not in the vocabulary")
      }
      let key = BPEModel.key(left, right)
      if merges[key] == nil { merges[key] = .init(rank: Int32(rank), id: Int32(joined)) }
    }
    return merges
  }

  /// The bytes of a file, unpacked when they are gzip.
  private static func inflated(path: String) throws(PreprocessError) -> [UInt8] {
    let packed = try TokenizerFile.bytes(path: path)
    guard packed.starts(with: [0x1F, 0x8B]) else { return packed }
    guard packed.count >= 18, let decompressor = libdeflate_alloc_decompressor() else {
      throw .badTokenizer(path: path, reason: "the gzip data is incomplete")
    }
    defer { libdeflate_free_decompressor(decompressor) }
    // The last four bytes state the unpacked size; deflate cannot exceed 1032 to 1.
    let tail = packed.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    guard tail <= sizeLimit, tail <= packed.count * 1032 else {
      throw .badTokenizer(path: path, reason: "the gzip data claims \(tail) bytes")
    }
    var output = [UInt8](repeating: 0, count: tail)
    var written = 0
    let status = libdeflate_gzip_decompress(
      decompressor, packed, packed.count, &output, tail, &written)
    guard status == LIBDEFLATE_SUCCESS, written == tail else {
      throw .badTokenizer(path: path, reason: "the gzip data is damaged")
    }
    return output
  }
}
