import Cells
import TestSupport
import Testing

@testable import ScopeUI

@Suite("Finding names") struct FindTests {
  static let names = [
    "visual.transformer.resblocks.3.attn.in_proj_weight",
    "visual.transformer.resblocks.13.attn.in_proj_bias",
    "transformer.resblocks.3.mlp.c_fc.weight",
    "visual.conv1.weight", "logit_scale", "视觉.投影.权重", "Head.Weight",
  ]

  static func found(_ text: String) -> [String] {
    FindIndex(names).matches(FindQuery(text)).map { names[Int($0.index)] }
  }

  @Test("Characters in order are enough") func fuzzy() {
    #expect(Self.found("v3inw") == [Self.names[0]])
    #expect(Self.found("zzz").isEmpty)
    #expect(Self.found("").count == Self.names.count)
  }

  @Test("Small letters ignore case, a capital minds it") func smartCase() {
    #expect(Self.found("head") == ["Head.Weight"])
    #expect(Self.found("Weight") == ["Head.Weight"])
    #expect(Self.found("weight").count == 4)
  }

  @Test("Names outside ASCII are found whole, never across the bytes of two characters")
  func wide() {
    #expect(Self.found("权重") == ["视觉.投影.权重"])
    #expect(Self.found("视重") == ["视觉.投影.权重"])
    #expect(Self.found("重权").isEmpty)
    // Shares its first two bytes with 权 only.
    #expect(Self.found("杀").isEmpty)
  }

  @Test("Several words must all hold; ' wants them whole, ! wants them absent") func words() {
    #expect(Self.found("visual bias") == [Self.names[1]])
    #expect(Self.found("'blocks.3").count == 2)
    #expect(Self.found("weight !visual !Head") == [Self.names[2]])
  }

  @Test("A whole part beats scattered letters") func ranking() throws {
    let index = FindIndex(["a.t.t.n.weight.x", "model.attn.weight"])
    let matches = index.matches(FindQuery("attn"))
    #expect(matches.count == 2)
    #expect(matches[1].score > matches[0].score)
  }

  @Test("Narrowing finds the same as searching anew", arguments: 1...20)
  func narrowing(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let letters = Array("abc.1 !'B权")
    let names = (0..<400).map { _ in
      String(
        (0..<Int.random(in: 1...12, using: &generator)).map { _ in
          letters.filter { $0 != " " }.randomElement(using: &generator) ?? "a"
        })
    }
    let index = FindIndex(names)
    var find = FindState(in: index)
    for _ in 0..<40 {
      if Int.random(in: 0..<4, using: &generator) == 0 {
        _ = find.line.take(.key(.backspace, []))
      } else {
        _ = find.line.take(.text(String(letters.randomElement(using: &generator) ?? "a")))
      }
      find.search(index)
      let query = FindQuery(find.line.text)
      let expected = query.isEmpty ? [] : index.matches(query)
      #expect(find.matches == expected, "\(find.line.text)")
    }
  }

  @Test("Marked bytes spell the query") func positions() {
    for text in ["v3inw", "conv", "权重", "WEIGHT", "blocks attn"] {
      for name in Self.names {
        let positions = FuzzyScorer.positions(FindQuery(text), in: name)
        let matches = !FindIndex([name]).matches(FindQuery(text)).isEmpty
        #expect(positions.isEmpty != matches)
        let bytes = Array(name.utf8)
        if matches, !text.contains(" ") {
          let spelled = String(decoding: positions.map { bytes[$0] }, as: UTF8.self)
          #expect(spelled.lowercased() == text.lowercased())
        }
      }
    }
  }
}
