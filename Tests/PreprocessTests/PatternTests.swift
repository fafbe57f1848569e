import Testing

@testable import Preprocess

/// Patterns mean what they mean to the engines behind the tokenizers library; what is expected here is what that library (0.23) gives.
@Suite("Patterns of tokenizer files") struct PatternTests {
  private func parts(_ pattern: String, _ text: String) throws -> [String] {
    let scalars = [Unicode.Scalar](text)
    return try SmallRegex(pattern).matches(in: scalars).map { Array(scalars[$0]).text }
  }

  @Test(
    "A brace that holds no numbers stands for itself",
    arguments: [
      ("a{-5}b", "xaaab a{-5}b", ["a{-5}b"]), ("a{-3,-2}b", "b aab a{-3,-2}b", ["a{-3,-2}b"]),
      ("a{+3}", "aaa a{3} a{{3}", ["a{3}", "a{{3}"]), ("{x}", "a{x}", ["{x}"]),
      ("a{x}", "a{x} a", ["a{x}"]),
      ("a{}", "a a{}", ["a{}"]), ("a{,}", "a a{,}", ["a{,}"]),
    ])
  func braces(pattern: String, text: String, expected: [String]) throws {
    #expect(try parts(pattern, text) == expected)
  }

  @Test(
    "A brace with numbers repeats",
    arguments: [
      ("a{2}", "a aa aaaaa", ["aa", "aa", "aa"]), ("a{2,}", "a aaa", ["aaa"]),
      ("a{,2}b", "aaab b", ["aab", "b"]), ("a{1,2}?", "aa", ["a", "a"]),
    ])
  func repeats(pattern: String, text: String, expected: [String]) throws {
    #expect(try parts(pattern, text) == expected)
  }

  @Test(
    #"\w takes letters, marks, digits and connectors"#,
    arguments: ["a‿b", "aⒶb", "x٣", "aⅧ", "a\u{301}b"])
  func word(text: String) throws {
    #expect(try parts(#"\w+"#, text) == [text])
    #expect(try parts(#"[\w]+"#, text) == [text])
    #expect(try parts(#"[^\w]+|\W+"#, text) == [])
  }

  @Test(#"\w takes no joiners, and of other numbers only those of Latin-1 outside of brackets"#)
  func bareWord() throws {
    #expect(try parts(#"\w+"#, "a\u{200D}b") == ["a", "b"])
    #expect(try parts(#"\w+"#, "a²b ½ ① ⁴") == ["a²b", "½"])
    #expect(try parts(#"\W+"#, "a²b ½") == [" "])
    #expect(try parts(#"[\w]+"#, "a²b ½ ① ⁴") == ["a", "b"])
    #expect(try parts(#"[^\w\s]"#, "a²b ½ ① ⁴") == ["²", "½", "①", "⁴"])
  }

  @Test("The long s and the Kelvin sign are s and k where case is ignored") func folding() throws {
    #expect(
      try parts("(?i:'s|'k)", "a'\u{17F}b a'\u{212A}b a'Sb") == ["'\u{17F}", "'\u{212A}", "'S"])
  }

  @Test(
    "Every general category has its name",
    arguments: [
      ("Pc", "_"), ("Pd", "-"), ("Ps", "("), ("Pe", ")"), ("Pi", "«"), ("Pf", "»"), ("Po", "!"),
      ("Zl", "\u{2028}"), ("Zp", "\u{2029}"), ("Co", "\u{E000}"), ("Cn", "\u{378}"), ("Sc", "€"),
      ("Lt", "ǅ"), ("Nl", "Ⅷ"), ("Me", "\u{20DD}"), ("Cf", "\u{200D}"),
    ])
  func categories(name: String, member: String) throws {
    #expect(try parts(#"\p{\#(name)}"#, "a" + member) == [member])
    #expect(try parts(#"\P{\#(name)}"#, "a" + member) == ["a"])
    #expect(try parts(#"\p{^\#(name)}"#, "a" + member) == ["a"])
  }

  @Test(
    "What would be read wrongly is refused",
    arguments: [#"[+-\d]x"#, "a{1}{2}", "a+{2}", "(a", "a)", "[a", "*a", #"\p{Han}"#, "(?<n>a)"])
  func unsupported(pattern: String) {
    #expect(throws: SmallRegex.Unsupported.self) { try SmallRegex(pattern) }
  }
}
