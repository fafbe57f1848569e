import Tensors
import TestSupport
import Testing

@testable import Preprocess

/// Tokenizer files that make a short text long, or a pattern slow.
@Suite("What a small tokenizer may cost") struct HostileTokenizerTests {
  @Test(
    "The steps of a pattern over a whole text are limited",
    arguments: [
      "(a*)*b", "(?:(?:(?:a{0,1000}){0,1000}){0,1000})x", "a+b", "(a|aa)+$",
      String(repeating: "a?", count: 500) + "c",
    ])
  func steps(pattern: String) throws {
    let regex = try SmallRegex(pattern)
    let text = [Unicode.Scalar](repeating: "a", count: 5_000)
    var steps = 0
    _ = regex.matches(in: text, steps: &steps)
    // The last step may be one over a run of scalars, or over a whole pattern.
    #expect(steps <= SmallRegex.stepLimit(for: text.count) + text.count + SmallRegex.lengthLimit)
  }

  @Test("A published pattern keeps far below the limit") func usual() throws {
    let regex = try SmallRegex(
      #"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#
    )
    let text = [Unicode.Scalar](String(repeating: "it's 12 o'clock, isn't it?  ", count: 300))
    var steps = 0
    #expect(regex.matches(in: text, steps: &steps).count == 300 * 12)
    #expect(steps < SmallRegex.stepLimit(for: text.count) / 4)
  }

  private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

  @Test("Replacements one after the other do not make a text long without end")
  func replacements() throws {
    let step = #"{"type":"Replace","pattern":{"String":"a"},"content":"aa"}"#
    func sequence(_ count: Int) -> String {
      let steps = Array(repeating: step, count: count).joined(separator: ",")
      return #"{"type":"Sequence","normalizers":[\#(steps)]}"#
    }
    let text = [Unicode.Scalar](repeating: "a", count: 100)
    let few = try TokenNormalizer(try json(sequence(3)), path: "t")
    #expect(few(text).count == 800)
    let many = try TokenNormalizer(try json(sequence(64)), path: "t")
    #expect(many(text).count <= TokenNormalizer.lengthLimit(for: 100))
    #expect(throws: PreprocessError.self) {
      try TokenNormalizer(try json(sequence(65)), path: "t")
    }
    let nested = #"{"type":"Sequence","normalizers":[\#(sequence(40)),\#(sequence(40))]}"#
    #expect(throws: PreprocessError.self) { try TokenNormalizer(try json(nested), path: "t") }
  }

  @Test("Bytes that are spelled again and again do not make a text long without end")
  func spelledBytes() throws {
    func sequence(_ count: Int) -> String {
      let step = #"{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}"#
      let steps = Array(repeating: step, count: count).joined(separator: ",")
      return #"{"type":"Sequence","pretokenizers":[\#(steps)]}"#
    }
    let tokenizer = try PreTokenizer(try json(sequence(16)), path: "t")
    let text = [Unicode.Scalar](repeating: "\u{e9}", count: 1_000)
    let pieces = tokenizer([PreTokenizer.Piece(text: text, isFirst: true)])
    #expect(pieces.reduce(0) { $0 + $1.text.count } <= TokenNormalizer.lengthLimit(for: 1_000))
    #expect(throws: PreprocessError.self) { try PreTokenizer(try json(sequence(17)), path: "t") }
  }

  @Test("Ids around a text are limited") func template() throws {
    let token = #"{"SpecialToken":{"id":"x","type_id":0}}"#
    func template(_ count: Int) -> String {
      let single = Array(repeating: token, count: count).joined(separator: ",")
      return #"{"type":"TemplateProcessing","single":[\#(single)],"special_tokens":"#
        + #"{"x":{"id":"x","ids":[1,2],"tokens":["x"]}}}"#
    }
    #expect(try PostProcessor(try json(template(2_048)), path: "t").before.count == 4_096)
    let error = #expect(throws: PreprocessError.self) {
      try PostProcessor(try json(template(2_049)), path: "t")
    }
    #expect(error?.description.contains("more than 4096 ids") == true)
  }
}
