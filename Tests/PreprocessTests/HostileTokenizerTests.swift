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
    let limit = SmallRegex.stepLimit(for: text.count)
    _ = regex.matches(in: text, steps: &steps, limit: limit)
    // The last step may be one over a run of scalars, or over a whole pattern.
    #expect(steps <= limit + text.count + SmallRegex.lengthLimit)
  }

  @Test("A published pattern keeps far below the limit") func usual() throws {
    let regex = try SmallRegex(
      #"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#
    )
    let text = [Unicode.Scalar](String(repeating: "it's 12 o'clock, isn't it?  ", count: 300))
    var steps = 0
    let limit = SmallRegex.stepLimit(for: text.count)
    #expect(regex.matches(in: text, steps: &steps, limit: limit).count == 300 * 12)
    #expect(steps < limit / 4)
  }

  @Test("A look at a class costs what it holds", arguments: ["[%]x", "(?:[%]y)*", "[[%]\\d]z"])
  func largeClass(pattern: String) throws {
    func steps(_ count: Int) throws -> Int {
      let members = (0..<count).compactMap { Unicode.Scalar(0x4E00 + $0) }.text
      let regex = try SmallRegex(pattern.replacing("%", with: members))
      var steps = 0
      _ = regex.matches(
        in: [Unicode.Scalar](repeating: "a", count: 100), steps: &steps, limit: .max)
      return steps
    }
    let (many, few) = (try steps(4_000), try steps(8))
    #expect(many > 100 * few, "\(many), \(few)")
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

  @Test("A character map that makes one character long does not fill the memory")
  func characterMap() throws {
    // A trie that knows "a" alone; units are label, leaf bit and offset.
    var units = [UInt32](repeating: 0, count: 512)
    units[0] = 256 << 10
    units[256 ^ 0x61] = 1 << 10 | 1 << 8 | 0x61
    units[256 ^ 0x61 ^ 1] = 1 << 31
    func map(_ replacement: [UInt8]) throws -> Precompiled {
      let size = UInt32(units.count * 4)
      let bytes = ([size] + units).flatMap { HandMadePictures.little($0) }
      return try #require(Precompiled(bytes + replacement + [0]))
    }
    let text = [Unicode.Scalar](repeating: "a", count: 50)
    #expect(try map(Array("xyz".utf8)).normalize(text).text == String(repeating: "xyz", count: 50))
    let long = try map([UInt8](repeating: 0x62, count: 1 << 20))
    #expect(long.normalize(text).count <= TokenNormalizer.lengthLimit(for: text.count))
  }

  @Test("A SentencePiece file of millions of pieces is refused") func pieces() throws {
    let folder = try TemporaryFolder()
    let bytes = [[UInt8]](repeating: [0x0A, 0], count: CLIPVocabulary.tokenLimit + 1).flatMap { $0 }
    let path = try folder.write(bytes, to: "spiece.model")
    let error = #expect(throws: PreprocessError.self) {
      try SentencePieceFile.tokenizer(path: path, options: .init())
    }
    #expect(error?.code == "tokenizer-bad")
  }

  /// How many times longer `work` takes for a thing four times as large: 4 where it grows with the size, 16 with its square.
  private func growth(from size: Int, _ work: (Int) throws -> () throws -> Void) throws -> Double {
    let clock = ContinuousClock()
    let (small, large) = (try work(size), try work(4 * size))
    // The least of several, since the machine does other things too.
    let first = try (0..<3).map { _ in try clock.measure(small) }.min() ?? .zero
    let second = try (0..<3).map { _ in try clock.measure(large) }.min() ?? .zero
    return second / first
  }

  @Test("A template of many special tokens is read in one go") func manySpecialTokens() throws {
    let ratio = try growth(from: 400) { count in
      let single = (0..<count).map { #"{"SpecialToken":{"id":"t\#($0)"}}"# }
      let tokens = (0..<count).map { #""t\#($0)":{"ids":[]}"# }
      let template = try json(
        #"{"type":"TemplateProcessing","single":[\#(single.joined(separator: ","))],"special_tokens":"#
          + #"{\#(tokens.joined(separator: ","))}}"#)
      return {
        let read = try PostProcessor(template, path: "t")
        #expect(read.before.isEmpty)
      }
    }
    #expect(ratio < 9, "\(ratio)")
  }

  @Test("The cost of a text does not grow with the number of added tokens") func manyAddedTokens()
    throws
  {
    let text = [Unicode.Scalar](repeating: "a", count: 300)
    let ratio = try growth(from: 200) { count in
      let tokens = (0..<count).map { #"{"id":\#($0),"content":"ab\#($0)"}"# }
      let added = try AddedTokens(try json("[\(tokens.joined(separator: ","))]"), path: "t")
      return {
        let parts = added.split(text, normalized: true, isFirst: true)
        #expect(parts.count == 1)
      }
    }
    #expect(ratio < 2.5, "\(ratio)")
  }

  @Test("Pieces of a text share the steps of one text") func sharedSteps() throws {
    let split =
      #"{"type":"Split","pattern":{"Regex":"(a*)*b"},"behavior":"Isolated","invert":false}"#
    let tokenizer = try PreTokenizer(try json(split), path: "t")
    let ratio = try growth(from: 4) { count in
      let text = [Unicode.Scalar](repeating: "a", count: 40)
      let pieces = [PreTokenizer.Piece](repeating: .init(text: text, isFirst: false), count: count)
      return {
        let parts = tokenizer(pieces)
        #expect(parts.count == count)
      }
    }
    #expect(ratio < 2, "\(ratio)")
  }
}
