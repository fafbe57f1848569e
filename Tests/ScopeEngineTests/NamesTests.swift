import ScopeEngine
import Testing

@Suite("Names") struct NamesTests {
  @Test(
    "Patterns fit whole names",
    arguments: [
      ("*", "a.b", true), ("a.*", "a.b.c", true), ("a.*", "ab", false),
      ("*.weight", "x.weight", true),
      ("?", "权", true), ("?", "ab", false), ("a*b*c", "axxbyyc", true), ("a*b*c", "axxbyy", false),
      ("[ab].x", "b.x", true), ("[!ab].x", "b.x", false), ("[a-c]1", "b1", true),
      ("w[0]", "w[0]", true),
      ("w[0", "w[0", true), ("", "", true), ("", "a", false), ("**", "abc", true),
      ("a\\*", "a*", true),
      ("a\\*", "ab", false), ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
    ] as [(String, String, Bool)])
  func glob(pattern: String, name: String, fits: Bool) {
    #expect(GlobPattern(pattern).matches(name) == fits)
  }

  @Test("Names sort as people count") func order() {
    let sorted = ["b.2", "b.10", "b.1", "a.01", "a.1", "a", "b.1.x", "b"]
      .sorted(by: NumericOrder.precedes)
    #expect(sorted == ["a", "a.01", "a.1", "b", "b.1", "b.1.x", "b.2", "b.10"])
  }

  @Test("No name precedes itself, and no two precede each other") func strictness() {
    let names = ["", "0", "00", "1", "a", "a0", "a00", "a1", "a10", "a2", "b"]
    for x in names {
      for y in names where NumericOrder.precedes(x, y) {
        #expect(!NumericOrder.precedes(y, x))
        #expect(x != y)
      }
    }
  }
}
