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
    case "TemplateProcessing":
      var seesText = false
      for part in json["single"]?.array ?? [] {
        if part["Sequence"] != nil {
          seesText = true
        } else if let name = part["SpecialToken"]?["id"]?.string {
          guard let ids = json["special_tokens"]?[name]?["ids"]?.array?.compactMap(\.integer) else {
            throw .badTokenizer(path: path, reason: "the template's token \(name) has no ids")
          }
          if seesText { after += ids } else { before += ids }
          try checkCount(path)
        }
      }
    case let type:
      throw .unsupportedTokenizer(
        path: path, part: "the post-processor \(type ?? "without a type")")
    }
  }

  private func checkCount(_ path: String) throws(PreprocessError) {
    guard before.count + after.count <= Self.countLimit else {
      throw .badTokenizer(
        path: path, reason: "it puts more than \(Self.countLimit) ids around each text")
    }
  }
}
