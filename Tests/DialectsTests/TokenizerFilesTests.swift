import Checkpoints
import Tensors
import Testing

@testable import Dialects

@Suite("Tokenizer files") struct TokenizerFilesTests {
  private let vocabulary =
    ##"{"a":0,"b</w>":1,"ab</w>":2,"c":3,"ca":4,"<|startoftext|>":5,"<|endoftext|>":6}"##
  private let merges = "#version: 0.2\na b</w>\nc a\n"

  private func files(_ contents: [String: String], layout: String = "hf-clip") throws
    -> TokenizerFiles
  {
    let pair = try #require(Pair.all.first { $0.name == "oc-clip > hf-clip" })
    return TokenizerFiles(
      identity: pair.identity, layout: layout,
      companions: contents.keys.sorted().map { Companion(name: $0, path: $0, byteCount: 1) },
      text: { contents[$0.name] })
  }

  @Test func bothFormsGiveTheOther() throws {
    let pair = try files(["vocab.json": vocabulary, "merges.txt": merges])
    let made = pair.made(for: .transformers)
    #expect(made.map(\.name) == ["tokenizer.json", "tokenizer_config.json"])
    let tokenizer = try #require(made.first).text
    let parsed = try JSONValue(parsing: tokenizer)
    #expect(parsed["post_processor"]?["sep"]?[1]?.integer == 6)
    #expect(parsed["added_tokens"]?[0]?["id"]?.integer == 5)
    #expect(parsed["model"]?["merges"]?.array?.compactMap(\.string) == ["a b</w>", "c a"])
    let back = try files(["tokenizer.json": tokenizer]).made(for: .transformers)
    #expect(back.map(\.name) == ["vocab.json", "merges.txt", "tokenizer_config.json"])
    #expect(try JSONValue(parsing: back[0].text) == JSONValue(parsing: vocabulary))
    #expect(back[1].text == merges)
  }

  @Test func mergesMayBePairs() throws {
    let tokenizer = ##"""
      {"added_tokens":[{"id":3,"content":"<|startoftext|>"},{"id":4,"content":"<|endoftext|>"}],
       "model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a":0,"b</w>":1,"ab</w>":2},"merges":[["a","b</w>"]]}}
      """##
    let made = try files(["tokenizer.json": tokenizer]).made(for: .transformers)
    #expect(made.first { $0.name == "merges.txt" }?.text == "#version: 0.2\na b</w>\n")
    let parsed = try JSONValue(parsing: try #require(made.first).text)
    #expect(parsed["<|endoftext|>"]?.integer == 4)
  }

  /// Nothing is made up from files of another kind, and nothing is written twice.
  @Test(arguments: [
    ["tokenizer.json": #"{"model":{"type":"Unigram","vocab":[]}}"#], ["tokenizer.json": "{"],
    ["vocab.json": "[]", "merges.txt": "a b"],
    ["vocab.json": #"{"<|startoftext|>":0,"<|endoftext|>":1}"#, "merges.txt": "a b c"],
    ["vocab.json": #"{"<|startoftext|>":0}"#, "merges.txt": "a b"], ["vocab.json": "{}"],
  ]) func othersAreLeft(contents: [String: String]) throws {
    #expect(try files(contents).made(for: .transformers) == [])
  }

  @Test func onlyTransformersNeedsThem() throws {
    let own = try files(["vocab.json": vocabulary, "merges.txt": merges])
    #expect(own.made(for: .openClip) == [])
    #expect(own.copies.map(\.name) == ["merges.txt", "vocab.json"])
    #expect(own.warnings(for: .transformers) == [])
    let none = try files([:])
    #expect(none.warnings(for: .openClip) == [])
    #expect(none.warnings(for: .transformers).first?.contains("tokenizer.json") == true)
    let half = try files(["merges.txt": merges])
    #expect(half.warnings(for: .transformers).first?.contains("only merges.txt") == true)
    let siglip = try files([:], layout: "oc-siglip")
    #expect(siglip.warnings(for: .openClip).first?.contains("OUT") == true)
  }
}
