import Foundation
import Preprocess
import Tensors
import TestSupport
import Testing

@Suite("The tokenizer of a model is found by its files")
struct TokenizerLocatorTests {
  private func copy(_ fixture: String, to name: String, in folder: TemporaryFolder) throws {
    try FileManager.default.copyItem(
      atPath: TokenizerTests.path(fixture), toPath: folder.file(name))
  }

  private func open(
    _ path: String, _ change: (inout TokenizerLocator.Request) -> Void = { _ in }
  ) throws -> any Tokenizer {
    var request = TokenizerLocator.Request(model: path)
    // No table of the machine's own may play a role here.
    request.vocabularySize = 1101
    change(&request)
    return try TokenizerLocator.open(request)
  }

  @Test("A Hugging Face folder follows Transformers, context and padding included")
  func huggingFace() throws {
    let folder = try TemporaryFolder()
    try copy("small_files/vocab.json", to: "vocab.json", in: folder)
    try copy("small_files/merges.txt", to: "merges.txt", in: folder)
    _ = try folder.write(
      Array(#"{"text_config": {"max_position_embeddings": 20}}"#.utf8), to: "config.json")
    _ = try folder.write(Array("weights".utf8), to: "model.safetensors")
    let tokenizer = try open(folder.file("model.safetensors"))
    #expect(tokenizer.contextLength == 20 && tokenizer.padId == 1100)
    let row = tokenizer.encode("cat &amp; dog")
    #expect(row.ids.count == 20 && row.ids.last == tokenizer.padId)
    _ = try folder.write(Array(#"{"pad_token": "!"}"#.utf8), to: "tokenizer_config.json")
    #expect(try open(folder.path).padId == 0)
  }

  @Test("An OpenCLIP folder follows OpenCLIP with the same files")
  func openCLIP() throws {
    let folder = try TemporaryFolder()
    try copy("small_clip/tokenizer.json", to: "tokenizer.json", in: folder)
    let config = #"{"model_cfg": {"text_cfg": {"context_length": 9}}, "preprocess_cfg": {}}"#
    _ = try folder.write(Array(config.utf8), to: "open_clip_config.json")
    let tokenizer = try open(folder.path)
    #expect(tokenizer.contextLength == 9 && tokenizer.padId == 0)
    let table = try CLIPTokenizer(table: TokenizerTests.path("small_bpe.txt.gz"), contextLength: 9)
    for text in ["cat &amp;amp; dog", "don't", "a <start_of_text> b", "ΣΑΣ", "Ｗide"] {
      #expect(tokenizer.encode(text) == table.encode(text), "\(text)")
    }
  }

  @Test("OpenCLIP with a Hugging Face tokenizer cleans first and honours its arguments")
  func openCLIPWithOther() throws {
    let folder = try TemporaryFolder()
    try copy("wordpiece.json", to: "tokenizer.json", in: folder)
    let config =
      #"{"model_cfg": {"text_cfg": {"context_length": 8, "hf_tokenizer_name": "bert", "tokenizer_kwargs": {"strip_sep_token": true}}}}"#
    _ = try folder.write(Array(config.utf8), to: "open_clip_config.json")
    _ = try folder.write(
      Array(#"{"pad_token": {"content": "[PAD]"}}"#.utf8), to: "tokenizer_config.json")
    let tokenizer = try open(folder.path)
    let plain = try JSONTokenizer(path: TokenizerTests.path("wordpiece.json"))
    var expected = plain.fullIds(of: "cat & dog")
    expected[expected.count - 1] = 0
    #expect(tokenizer.fullIds(of: "cat &amp;  dog") == expected)
    #expect(tokenizer.padId == 0)
  }

  @Test("A tokenizer itself can be named, alone or with --tokenizer")
  func named() throws {
    let table = try open(TokenizerTests.path("small_bpe.txt.gz")) { $0.contextLength = 12 }
    #expect(table.contextLength == 12)
    let upper = try open(TokenizerTests.path("small_bpe.txt.gz")) { $0.cleaning = .whitespace }
    #expect(upper.fullIds(of: "CAT") != table.fullIds(of: "CAT"))
    let json = try open("/nowhere/model.pt") { $0.tokenizer = TokenizerTests.path("unigram.json") }
    #expect(json.summary.hasPrefix("Unigram"))
    #expect(throws: PreprocessError.self) {
      try open("/nowhere/model.pt") { $0.tokenizer = "/nowhere/tokenizer.json" }
    }
  }

  @Test("A model without any tokenizer says what was searched")
  func missing() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("weights".utf8), to: "model.pt")
    let error = #expect(throws: PreprocessError.self) { try open(path) }
    #expect(error == .noTokenizer(model: path, searched: [folder.path]))
    #expect(error?.description.contains("--tokenizer") == true)
  }

  @Test("A table that was fetched is for models whose vocabulary it is known to fit")
  func fetched() throws {
    let (data, model) = (try TemporaryFolder(), try TemporaryFolder())
    try copy("small_bpe.txt.gz", to: TokenizerLocator.tableName, in: data)
    func opens(_ size: Int?) -> Bool {
      (try? open(model.path) {
        $0.dataFolder = data.path
        $0.vocabularySize = size
      }) != nil
    }
    #expect(opens(49408))
    #expect(!opens(1101))
    // Nothing says that this folder is a model at all.
    #expect(!opens(nil))
    _ = try model.write(
      Array(#"{"model_cfg": {"text_cfg": {}}}"#.utf8), to: "open_clip_config.json")
    #expect(opens(nil))
    _ = try model.write(
      Array(#"{"model_cfg": {"text_cfg": {"vocab_size": 630}}}"#.utf8), to: "open_clip_config.json")
    #expect(!opens(nil))
  }

  @Test("A tokenizer is told by its name") func names() {
    for name in [
      "tokenizer.json", "vocab.json", "merges.txt", "bpe_x.txt.gz", "bpe_x.txt", "spiece.model",
    ] {
      #expect(TokenizerLocator.isTokenizer(file: "/a/" + name), "\(name)")
    }
    for name in ["model.pt", "notes.txt", "config.json", "vocab.txt"] {
      #expect(!TokenizerLocator.isTokenizer(file: "/a/" + name), "\(name)")
    }
  }

  @Test("What was named as a tokenizer and is none is told as such, not as a picture")
  func namedNothing() throws {
    let folder = try TemporaryFolder()
    let other = try folder.write(Array("weights".utf8), to: "model.pt")
    for path in [folder.path, other] {
      let error = #expect(throws: PreprocessError.self) {
        try open("/nowhere/model.pt") { $0.tokenizer = path }
      }
      #expect(error?.code == "tokenizer-unreadable")
    }
  }

  @Test("A SentencePiece model gives the ids of the same pieces in tokenizer.json")
  func sentencePiece() throws {
    let json = ExpectedPictures.load("tokenizers/unigram.json")
    func varint(_ value: Int) -> [UInt8] {
      value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7)
    }
    func field(_ number: Int, _ body: [UInt8]) -> [UInt8] {
      varint(number << 3 | 2) + varint(body.count) + body
    }
    var file: [UInt8] = []
    for entry in json["model"]?["vocab"]?.array ?? [] {
      let score = Float(entry[1]?.number ?? 0).bitPattern
      let bytes = (0..<4).map { UInt8(truncatingIfNeeded: score >> (8 * UInt32($0))) }
      file += field(1, field(1, Array((entry[0]?.string ?? "").utf8)) + [0x15] + bytes)
    }
    file += field(2, [0x18, 1] + varint(40 << 3) + [2] + varint(42 << 3) + [1])
    let folder = try TemporaryFolder()
    let path = try folder.write(file, to: "spiece.model")
    let tokenizer = try open(folder.path)
    let reference = try JSONTokenizer(path: TokenizerTests.path("unigram.json"))
    for text in ["a photo of a cat", "the picture", "zero unknown ☃ words", "x  y"] {
      #expect(tokenizer.fullIds(of: text) == reference.fullIds(of: text), "\(text)")
    }
    let cut = try TemporaryFolder()
    _ = try cut.write(Array(file.prefix(file.count - 3)), to: "spiece.model")
    #expect(throws: PreprocessError.self) { try open(cut.path) }
    _ = path
  }
}
