import Tensors

/// The ids that a tokenizer file puts around those of the text.
struct PostProcessor: Sendable {
  var before: [Int] = []
  var after: [Int] = []

  /// Published tokenizers put one or two ids around a text.
  private static let countLimit = 4_096

  init() {}

  init(_ json: JSONValue, path: String, depth: Int = 0) throws(PreprocessError) {
    guard depth < 16 else {
      throw .badTokenizer(path: path, reason: "the post-processor is nested too deep")
    }
    switch json["type"]?.string {
    case "ByteLevel": break
    case "Sequence":
      for step in json["processors"]?.array ?? [] {
        let inner = try PostProcessor(step, path: path, depth: depth + 1)
        before = inner.before + before
        after += inner.after
        try checkCount(path)
      }
    case "RobertaProcessing", "BertProcessing":
      guard let start = json["cls"]?[1]?.integer, let end = json["sep"]?[1]?.integer else {
        throw .badTokenizer(path: path, reason: "the post-processor has no cls or no sep")
      }
      before = [start]
      after = [end]
    case "TemplateProcessing": try readTemplate(json, path)
    case let type:
      throw .unsupportedTokenizer(
        path: path, part: "the post-processor \(type ?? "without a type")")
    }
    for id in before + after where !CLIPVocabulary.idRange.contains(id) {
      throw .badTokenizer(path: path, reason: "the post-processor's id \(id) is impossible")
    }
  }

  private mutating func readTemplate(_ json: JSONValue, _ path: String) throws(PreprocessError) {
    // Once for all parts: a look-up in a JSON object walks its members.
    let tokens = Dictionary(
      (json["special_tokens"]?.object?.members ?? []).map { (ExactString($0.key), $0.value) },
      uniquingKeysWith: { _, last in last })
    var seesText = false
    for part in json["single"]?.array ?? [] {
      if part["Sequence"] != nil {
        seesText = true
      } else if let name = part["SpecialToken"]?["id"]?.string {
        guard let ids = tokens[ExactString(name)]?["ids"]?.array?.compactMap(\.integer) else {
          throw .badTokenizer(path: path, reason: "the template's token \(name) has no ids")
        }
        if seesText { after += ids } else { before += ids }
        try checkCount(path)
      }
    }
  }

  private func checkCount(_ path: String) throws(PreprocessError) {
    guard before.count + after.count <= Self.countLimit else {
      throw .badTokenizer(
        path: path, reason: "it puts more than \(Self.countLimit) ids around each text")
    }
  }
}
