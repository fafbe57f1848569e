import Foundation
import Preprocess
import Tensors
import TestSupport
import Testing

@Suite("Token ids equal those of the reference libraries")
struct TokenizerTests {
  static let rows = ExpectedPictures.load("tokenizers/strings.json").array ?? []

  static func path(_ name: String) -> String { Fixtures.path("tokenizers/\(name)") }

  static func ids(_ value: JSONValue?) -> [Int] { value?.array?.compactMap(\.integer) ?? [] }

  @Test("The table has strings that were decoded wrongly and many more that were not")
  func table() {
    let wrong = Self.rows.filter { $0["mojibake"] != nil }.count
    #expect(wrong >= 80)
    #expect(Self.rows.count - wrong >= 400)
  }

  @Test("Cleaning equals OpenCLIP's", arguments: [TextCleaning.lower, .whitespace, .canonicalize])
  func cleaning(mode: TextCleaning) {
    for row in Self.rows {
      let text = row["text"]?.string ?? ""
      let expected = row["clean"]?[mode.rawValue]?.string ?? "missing"
      #expect(Array(mode(text).utf8) == Array(expected.utf8), "\(text.debugDescription)")
    }
  }

  @Test(
    "A small table of our own gives OpenCLIP's ids",
    arguments: [TextCleaning.lower, .whitespace, .canonicalize])
  func openCLIP(mode: TextCleaning) throws {
    let tokenizer = try CLIPTokenizer(table: Self.path("small_bpe.txt.gz"), cleaning: mode)
    for row in Self.rows {
      let text = row["text"]?.string ?? ""
      #expect(
        tokenizer.textIds(of: text) == Self.ids(row["small"]?[mode.rawValue]),
        "\(text.debugDescription)")
    }
  }

  @Test("The same vocabulary as files and as tokenizer.json gives Transformers' ids")
  func transformers() throws {
    let files = try CLIPTokenizer(
      vocabulary: Self.path("small_files/vocab.json"), merges: Self.path("small_files/merges.txt"),
      style: .transformers)
    let json = try JSONTokenizer(path: Self.path("small_clip/tokenizer.json"))
    for row in Self.rows {
      let text = row["text"]?.string ?? ""
      let expected = Self.ids(row["small_hf"])
      #expect(files.fullIds(of: text) == expected, "files: \(text.debugDescription)")
      #expect(json.fullIds(of: text) == expected, "json: \(text.debugDescription)")
    }
  }

  @Test(
    "tokenizer.json of other models", arguments: ["unigram", "gemma", "wordpiece", "bytelevel"])
  func others(name: String) throws {
    let tokenizer = try JSONTokenizer(path: Self.path("\(name).json"))
    let expected = ExpectedPictures.load("tokenizers/\(name)_ids.json").array ?? []
    try #require(expected.count == Self.rows.count)
    for (row, ids) in zip(Self.rows, expected) {
      let text = row["text"]?.string ?? ""
      #expect(tokenizer.fullIds(of: text) == Self.ids(ids), "\(text.debugDescription)")
    }
  }

  /// OpenAI's merge table is not ours to commit; the ids made with it are.
  static let realTable = ProcessInfo.processInfo.environment["CLIPSCOPE_BPE"]

  @Test("OpenAI's table gives OpenCLIP's ids", .enabled(if: realTable != nil))
  func real() throws {
    let tokenizer = try CLIPTokenizer(table: try #require(Self.realTable))
    #expect(tokenizer.vocabularySize == 49408)
    for row in Self.rows {
      let text = row["text"]?.string ?? ""
      #expect(tokenizer.textIds(of: text) == Self.ids(row["real"]), "\(text.debugDescription)")
    }
  }

  @Test("c27: real ids, truncation with a notice, padding", .enabled(if: realTable != nil))
  func case27() throws {
    let tokenizer = try CLIPTokenizer(table: try #require(Self.realTable))
    for row in ExpectedPictures.load("cases/c27_tokens.json").array ?? [] {
      let text = try #require(row["text"]?.string)
      let ids = [49406] + Self.ids(row["ids"]) + [49407]
      let encoded = tokenizer.encode(text)
      #expect(encoded.ids.count == 77)
      #expect(encoded.ids == ids + [Int](repeating: 0, count: 77 - ids.count), "\(text)")
      #expect(!encoded.wasTruncated)
    }
    #expect(tokenizer.encode("cat", contextLength: 8).ids == [49406, 2368, 49407, 0, 0, 0, 0, 0])
    let full = tokenizer.encode(String(repeating: "cat ", count: 75))
    #expect(full.count == 77 && full.ids.last == 49407 && !full.wasTruncated)
    let over = tokenizer.encode(String(repeating: "cat ", count: 76))
    #expect(over.ids.count == 77 && over.ids.last == 49407 && over.wasTruncated)
    let long = tokenizer.encode(String(repeating: "dog ", count: 200))
    #expect(long.ids.last == 49407 && long.neededCount == 202)
    #expect(long.notice == "the text needs 202 tokens and was cut to 77")
  }

  @Test("c27: the pieces of the texts, without any table")
  func case27Pieces() throws {
    let tokenizer = try CLIPTokenizer(table: Self.path("small_bpe.txt.gz"))
    // What the small vocabulary gives is pinned by OpenCLIP's own ids for the same texts.
    let known = Dictionary(
      Self.rows.map { ($0["text"]?.string ?? "", $0) }, uniquingKeysWith: { first, _ in first })
    var compared = 0
    for row in ExpectedPictures.load("cases/c27_tokens.json").array ?? [] {
      guard let text = row["text"]?.string, let expected = known[text] else { continue }
      #expect(tokenizer.textIds(of: text) == Self.ids(expected["small"]?["lower"]))
      compared += 1
    }
    #expect(compared >= 10)
    let end = tokenizer.endId
    #expect(tokenizer.encode("").ids.prefix(3) == [tokenizer.startId, end, 0])
    let long = tokenizer.encode(String(repeating: "cat ", count: 200))
    #expect(long.ids.count == 77 && long.ids.last == end && long.wasTruncated)
  }

  @Test("Labels are readable")
  func labels() throws {
    let tokenizer = try CLIPTokenizer(table: Self.path("small_bpe.txt.gz"))
    let row = tokenizer.encode("a photo of 猫")
    let labels = tokenizer.labels(of: row)
    #expect(labels.first == "<start_of_text>" && labels.last == "<end_of_text>")
    #expect(labels.contains("photo"))
    let gemma = try JSONTokenizer(path: Self.path("gemma.json"))
    #expect(gemma.labels(of: gemma.encode("cat")).last == "<eos>")
  }

  @Test("tokenizer.json keeps its end token when a text is cut, and pads by its rules")
  func truncation() throws {
    var options = JSONTokenizer.Options()
    options.contextLength = 6
    options.padId = 1
    let tokenizer = try JSONTokenizer(path: Self.path("unigram.json"), options: options)
    let long = tokenizer.encode("the quick brown fox jumps over the lazy dog")
    #expect(long.ids.count == 6 && long.ids.last == 1 && long.wasTruncated)
    let short = tokenizer.encode("")
    #expect(short.ids == [1, 1, 1, 1, 1, 1] && short.count == 1)
  }
}

@Suite("Broken tokenizer files are refused in one line")
struct BrokenTokenizerTests {
  @Test(
    "A tokenizer.json that lies",
    arguments: [
      ("{", "offset"), ("{}", "no model"), (#"{"model":{"type":"Magic"}}"#, "Magic"),
      (#"{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}"#, "no usable id"),
      (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}"#, "not in the vocabulary"),
      (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}}"#, "not a pair"),
      (#"{"model":{"type":"Unigram","vocab":[["a",-1.0]],"unk_id":7}}"#, "unknown id 7"),
      (#"{"model":{"type":"Unigram","vocab":[["a"]],"unk_id":0}}"#, "no score"),
      (
        #"{"model":{"type":"BPE","vocab":{},"merges":[]},"normalizer":{"type":"Odd"}}"#,
        "normaliser Odd"
      ),
      (
        #"{"model":{"type":"BPE","vocab":{},"merges":[]},"normalizer":{"type":"Precompiled","precompiled_charsmap":"/////w=="}}"#,
        "contradicts"
      ),
      (
        #"{"model":{"type":"BPE","vocab":{},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Removed","invert":false}}"#,
        "unmatched"
      ),
      (
        #"{"model":{"type":"BPE","vocab":{},"merges":[]},"added_tokens":[{"content":"x"}]}"#,
        "no id"
      ),
    ])
  func json(text: String, says: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(text.utf8), to: "tokenizer.json")
    let error = #expect(throws: PreprocessError.self) { try JSONTokenizer(path: path) }
    let sentence = error?.description ?? ""
    #expect(sentence.contains(says) && sentence.hasPrefix(path), "\(sentence)")
    #expect(!sentence.contains("\n"))
  }

  @Test("A damaged merge table")
  func table() throws {
    let folder = try TemporaryFolder()
    let bytes = try [UInt8](
      Data(contentsOf: URL(fileURLWithPath: TokenizerTests.path("small_bpe.txt.gz"))))
    let cut = try folder.write(Array(bytes.prefix(bytes.count / 2)), to: "cut.txt.gz")
    #expect(throws: PreprocessError.self) { try CLIPTokenizer(table: cut) }
    var huge = bytes
    for index in 1...4 { huge[huge.count - index] = 0x3F }
    let bomb = try folder.write(huge, to: "bomb.txt.gz")
    #expect(throws: PreprocessError.self) { try CLIPTokenizer(table: bomb) }
    let odd = try folder.write(Array("#v\na b c\n".utf8), to: "odd.txt")
    let error = #expect(throws: PreprocessError.self) { try CLIPTokenizer(table: odd) }
    #expect(error?.description.contains("line 2") == true)
  }

  @Test("A pattern made to backtrack for ever ends")
  func backtracking() throws {
    let folder = try TemporaryFolder()
    let text =
      #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(?:(?:a+)+)+b"},"behavior":"Isolated","invert":false}}"#
    let tokenizer = try JSONTokenizer(path: try folder.write(Array(text.utf8), to: "t.json"))
    #expect(tokenizer.textIds(of: String(repeating: "a", count: 12)).count == 12)
  }
}
