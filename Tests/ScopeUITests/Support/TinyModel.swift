import Foundation
import TestSupport
import Testing

/// A folder with a small two-tower checkpoint, a tokenizer of single letters, and pictures.
struct TinyModel {
  let folder: TemporaryFolder

  /// - Parameter hasTokenizer: false leaves the checkpoint without one.
  init(hasTokenizer: Bool = true) throws {
    folder = try TemporaryFolder()
    let files = FileManager.default
    let model = folder.file("model")
    try files.copyItem(atPath: Fixtures.path("cases/c30_context_8"), toPath: model)
    for name in ["rgb.png", "tall.png", "baseline.jpg"] {
      try files.createDirectory(
        atPath: folder.file("pictures"), withIntermediateDirectories: true)
      try files.copyItem(
        atPath: Fixtures.path("preprocess/pictures/\(name)"),
        toPath: folder.file("pictures/\(name)"))
    }
    if hasTokenizer { try writeTokenizer(model + "/tokenizer.json") }
  }

  var model: String { folder.file("model") }
  var pictures: String { folder.file("pictures") }

  /// The rules of a CLIP tokenizer with letters in place of merges: 64 ids are all that the text tower has.
  func writeTokenizer(_ path: String) throws {
    let source = Fixtures.path("tokenizers/small_clip/tokenizer.json")
    let data = try Data(contentsOf: URL(fileURLWithPath: source))
    var document = try #require(
      try JSONSerialization.jsonObject(with: data) as? [String: Any])
    var vocabulary: [String: Int] = ["<|startoftext|>": 62, "<|endoftext|>": 63]
    for (index, letter) in "abcdefghijklmnopqrstuvwxyz".enumerated() {
      vocabulary["\(letter)"] = index
      vocabulary["\(letter)</w>"] = 26 + index
    }
    var model = try #require(document["model"] as? [String: Any])
    model["vocab"] = vocabulary
    model["merges"] = [[String]]()
    document["model"] = model
    var added = try #require(document["added_tokens"] as? [[String: Any]])
    for index in added.indices { added[index]["id"] = 62 + index }
    document["added_tokens"] = added
    var processor = try #require(document["post_processor"] as? [String: Any])
    processor["sep"] = ["<|endoftext|>", 63] as [Any]
    processor["cls"] = ["<|startoftext|>", 62] as [Any]
    document["post_processor"] = processor
    try JSONSerialization.data(withJSONObject: document).write(to: URL(fileURLWithPath: path))
  }
}
