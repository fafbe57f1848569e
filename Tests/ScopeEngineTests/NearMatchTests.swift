import ScopeEngine
import TestSupport
import Testing

@Suite("Names that were mistyped") struct NearMatchTests {
  private static let commands = [
    "open", "demo", "info", "ls", "stats", "scan", "map", "convert", "diff", "edit", "verify",
    "embed", "classify", "tokenize", "preprocess", "bench", "attention", "epochs", "rope", "themes",
    "doctor", "completions", "manual",
  ]

  @Test(
    "The nearest one is meant",
    arguments: [
      ("lss", "ls"), ("inf", "info"), ("inof", "info"), ("stat", "stats"), ("conver", "convert"),
      ("Convert", "convert"), ("themse", "themes"), ("atention", "attention"),
      ("tokenise", "tokenize"), ("prep", "preprocess"), ("clasify", "classify"),
    ])
  func near(typed: String, wanted: String) {
    #expect(NearMatch.of(typed, in: Self.commands) == wanted)
    #expect(NearMatch.question(typed, in: Self.commands) == "; did you mean \(wanted)?")
  }

  @Test(
    "What is far from all, ambiguous or there already has no other meaning",
    arguments: ["", "x", "nosuch", "checkpoint", "ls", "e", String(repeating: "a", count: 100_000)])
  func far(typed: String) {
    #expect(NearMatch.of(typed, in: Self.commands) == nil)
    #expect(NearMatch.question(typed, in: Self.commands).isEmpty)
  }

  @Test("A swap of neighbours is one edit, and more than a third of the letters is another name")
  func distance() {
    #expect(NearMatch.of("abdc", in: ["abcd"]) == "abcd")
    #expect(NearMatch.of("badc", in: ["abcd"]) == nil)
    #expect(NearMatch.of("visual.conv1.wieght", in: ["visual.conv1.weight"]) != nil)
    // The first of two that are as near.
    #expect(NearMatch.of("cart", in: ["care", "carp"]) == "care")
    // A nearer one behind it wins.
    #expect(NearMatch.of("carts", in: ["care", "cart"]) == "cart")
  }

  @Test(
    "A tensor is named by what its name ends in",
    arguments: [
      ("visual.conv1.wieght", "; did you mean visual.conv1.weight?"),
      ("conv1.weight", "; did you mean visual.conv1.weight?"),
      ("in_proj_weight", "; `*in_proj_weight` fits 3 tensors"), ("conv1*", ""), ("nothing", ""),
      ("visual", "; `visual.*` fits 32 tensors"),
      ("conv1", "; `*.conv1.*` fits 1 tensor"),
      ("proj_wei", "; `*proj_wei*` fits 3 tensors"),
    ])
  func tensors(typed: String, wanted: String) async throws {
    let session = try await Engine().opening(Fixtures.path("cases/c19_openclip_quick")).value
    #expect(session.tensorQuestion(typed) == wanted)
  }
}
