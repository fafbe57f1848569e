import Tensors
import TestSupport
import Testing

@testable import Preprocess

/// Single parts of `tokenizer.json`; what is expected is what the tokenizers library (0.23) gives.
@Suite("Parts of tokenizer files") struct TokenizerPartTests {
  private func cut(_ json: String, _ text: String) throws -> [String] {
    let part = try PreTokenizer(try JSONValue(parsing: json), path: "t")
    return part([PreTokenizer.Piece(text: [Unicode.Scalar](text), isFirst: true)]).map(\.text.text)
  }

  @Test(
    "Whitespace parts words from other marks",
    arguments: [
      ("a²b", ["a", "²", "b"]), ("a‿b", ["a‿b"]), ("aⒶb", ["aⒶb"]), ("½ x", ["½", "x"]),
      ("a\u{200D}b", ["a\u{200D}b"]), ("a_b", ["a_b"]), ("x٣", ["x٣"]), ("aⅧ", ["aⅧ"]),
      ("it's  12!?", ["it", "'", "s", "12", "!?"]),
    ])
  func whitespace(text: String, expected: [String]) throws {
    #expect(try cut(#"{"type":"Whitespace"}"#, text) == expected)
  }

  @Test(
    "A space is put before bytes unless one is there, whatever other blank is",
    arguments: [
      ("\thello", ["Ġ", "ĉ", "hello"]), ("\u{3000}a", ["Ġ", "ãĢĢ", "a"]), ("a", ["Ġa"]),
      (" a", ["Ġa"]), ("", []),
    ])
  func leadingSpace(text: String, expected: [String]) throws {
    #expect(try cut(#"{"type":"ByteLevel"}"#, text) == expected)
  }

  @Test(
    "Added tokens that are looked for in the normalised text are normalised themselves",
    arguments: [
      ("a foobar a", [2, 4, 2]), ("a FOOBAR a", [2, 4, 2]), ("a FooBar a", [2, 4, 2]),
      ("a qux a", [2, 0, 2]), ("a QUX a", [2, 5, 2]),
    ])
  func normalizedTokens(text: String, expected: [Int]) throws {
    let file = """
      {"model":{"type":"WordLevel","vocab":{"[UNK]":0,"foo":1,"a":2,"bar":3},"unk_token":"[UNK]"},
       "normalizer":{"type":"Lowercase"},"pre_tokenizer":{"type":"WhitespaceSplit"},
       "added_tokens":[
        {"id":4,"content":"FooBar","single_word":false,"lstrip":false,"rstrip":false,
         "normalized":true,"special":false},
        {"id":5,"content":"QUX","single_word":false,"lstrip":false,"rstrip":false,
         "normalized":false,"special":false}]}
      """
    let tokenizer = try JSONTokenizer(try JSONValue(parsing: file), path: "t")
    #expect(tokenizer.textIds(of: text) == expected)
    #expect(tokenizer.label(of: 4) == "FooBar")
  }

  @Test(
    "A token that must be a word of its own is passed over as a whole where it is none",
    arguments: [
      ("50% off!!!", [2, 2, 2, 2]), ("a!! b", [2, 2, 2]), ("a !! b", [2, 4, 2]),
      ("½!!½", [2, 4, 2]),
      ("a\u{200D}!!", [2, 2]),
    ])
  func singleWord(text: String, expected: [Int]) throws {
    let file = """
      {"model":{"type":"WordLevel","vocab":{"[UNK]":2},"unk_token":"[UNK]"},
       "pre_tokenizer":{"type":"Whitespace"},
       "added_tokens":[{"id":4,"content":"!!","single_word":true,"normalized":true}]}
      """
    let tokenizer = try JSONTokenizer(try JSONValue(parsing: file), path: "t")
    #expect(tokenizer.textIds(of: text) == expected)
  }

  @Test("Of two ids for the pad token the first one pads, on every run") func padToken() throws {
    for first in 1..<40 {
      let file = """
        {"model":{"type":"WordLevel","vocab":{"[UNK]":0,"<pad>":\(first)},"unk_token":"[UNK]"},
         "added_tokens":[{"id":\(first + 50),"content":"<pad>"}]}
        """
      var options = JSONTokenizer.Options()
      options.padToken = "<pad>"
      let tokenizer = try JSONTokenizer(try JSONValue(parsing: file), path: "t", options: options)
      #expect(tokenizer.padId == first)
    }
  }

  @Test(
    "Ids that no vocabulary can have are refused",
    arguments: [
      #""padding":{"pad_id":-7}"#, #""padding":{"pad_id":99999999999}"#,
      #""post_processor":{"type":"BertProcessing","sep":["x",-5],"cls":["y",1]}"#,
      #""post_processor":{"type":"RobertaProcessing","sep":["x",5],"cls":["y",16777216]}"#,
      #""post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"e"}}],"special_tokens":{"e":{"ids":[-1]}}}"#,
    ])
  func impossibleIds(part: String) throws {
    let file = #"{"model":{"type":"WordLevel","vocab":{"a":0}},\#(part)}"#
    let error = #expect(throws: PreprocessError.self) {
      try JSONTokenizer(try JSONValue(parsing: file), path: "t")
    }
    #expect(error?.code == "tokenizer-bad")
  }
}
