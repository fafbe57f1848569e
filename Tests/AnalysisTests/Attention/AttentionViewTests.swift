import Analysis
import Inference
import TestSupport
import Testing

private let families = [
  "clip", "clip-scale", "clipa", "custom-blocks", "siglip", "timm-clip", "timm-average", "eva01",
  "eva02", "eva02-e", "pe-core", "pe-core-g", "hf-clip", "hf-siglip", "vjepa2", "resnet", "coca",
  "coca-wide",
]

/// Largest difference relative to the largest number; infinite where sizes differ.
private func error(_ found: some Collection<Float>, _ expected: some Collection<Float>) -> Float {
  guard found.count == expected.count, !expected.isEmpty else { return .infinity }
  let largest = expected.reduce(Float.leastNormalMagnitude) { max($0, abs($1)) }
  return zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) } / largest
}

/// The reductions run in double on maps that were written with seven digits.
private let tolerance: Float = 2e-6

@Suite("Asking attention") struct AttentionViewTests {
  @Test("rollout and relevance equal the reference's", arguments: families)
  func reductions(family: String) throws {
    let fixture = try AttentionFixture.load(family)
    for (side, view) in [
      ("image", try fixture.imageView()), ("text", try fixture.textView()),
    ] {
      guard let view else { continue }
      func expect(_ name: String, _ query: AttentionQuery, isMatrix: Bool = false) throws {
        guard let expected = fixture.expected["\(side).\(name)"] else { return }
        let found = try view.values(query)
        let prefix = isMatrix ? 0 : view.prefixTokens
        #expect(error(found.values, expected.values.dropFirst(prefix)) <= tolerance, "\(name)")
        if isMatrix {
          #expect(found.shape == expected.shape)
        } else {
          #expect(found.shape == (side == "image" ? view.grid : expected.shape))
        }
      }
      try expect("relevance", .init(method: .relevance))
      try expect("rollout", .init(method: .rollout(discard: 0), origin: .pool))
      try expect(
        "discarded",
        .init(method: .rollout(discard: 0.3), head: .fused(.max), origin: .pool))
      try expect(
        "rolloutMatrix", .init(method: .rollout(discard: 0), full: true), isMatrix: true)
      try expect("relevanceMatrix", .init(method: .relevance, full: true), isMatrix: true)
    }
  }

  @Test("raw probabilities come out as they are")
  func raw() throws {
    let fixture = try AttentionFixture.load("clip")
    let view = try fixture.imageView()
    let maps = try #require(fixture.expected["image.maps"])
    let (heads, t) = (maps.shape[1], maps.shape[2])
    let all = try view.values(.init(layer: .all, head: .all))
    #expect(all.shape == maps.shape)
    #expect(all.values == maps.values)
    #expect(all.kind == .matrix)

    // Head 2 of layer 1 from patch (1, 3), the eighth of 2 x 4.
    let one = try view.values(.init(layer: .index(1), head: .index(2), origin: .patch([1, 3])))
    let start = ((heads + 2) * t + 8) * t
    #expect(one.shape == [2, 4])
    #expect(one.values == Array(maps.values[start + 1..<start + t]))

    let mean = try view.values(.init(layer: .index(0)))
    for (patch, value) in mean.values.enumerated() {
      let sum = (0..<heads).reduce(Float(0)) { $0 + maps.values[$1 * t * t + patch + 1] }
      #expect(abs(value - sum / Float(heads)) < 1e-7)
    }
    #expect(try view.values(.init()) == view.values(.init(layer: .index(2), origin: .classToken)))
    #expect(try view.values(.init(layer: .all)).shape == [3, 2, 4])
    #expect(try view.values(.init(layer: .index(0), head: .all)).shape == [heads, 2, 4])
    #expect(
      try view.values(.init(layer: .index(0), head: .all, full: true)).shape == [heads, t, t])
    #expect(try view.values(.init(layer: .index(0), full: true)).shape == [t, t])
  }

  @Test("a text's row covers all its tokens, and a causal one ends at the pooled token")
  func text() throws {
    let view = try #require(try AttentionFixture.load("clip").textView())
    let row = try view.values(.init(layer: .index(1), head: .index(0)))
    #expect(row.kind == .tokens)
    #expect(row.shape == [7])
    #expect(view.pooledToken == 4)
    #expect(row.values[5...] == [0, 0])
    #expect(abs(row.values.reduce(0, +) - 1) < 1e-5)
    #expect(throws: AttentionError.self) { _ = try view.values(.init(origin: .classToken)) }
    #expect(throws: AttentionError("a text has no patches: name a token")) {
      _ = try view.values(.init(origin: .patch([0, 0])))
    }
    let coca = try #require(try AttentionFixture.load("coca").textView())
    #expect(try coca.values(.init(origin: .classToken)) == coca.values(.init(origin: .pool)))
  }

  @Test("a pooling head's map is shown for its first query or as it is")
  func pooling() throws {
    let fixture = try AttentionFixture.load("coca")
    let view = try fixture.imageView()
    let map = try #require(fixture.expected["image.poolMap"])
    let all = try view.values(.init(layer: .pool, head: .all))
    #expect(all.shape == map.shape)
    #expect(all.values == map.values)
    let mean = try view.values(.init(layer: .pool))
    #expect(mean.shape == [2, 3])
    let t = map.shape[2]
    let expected = (1..<t).map { key in
      (0..<map.shape[0]).reduce(Float(0)) { $0 + map.values[$1 * map.shape[1] * t + key] }
        / Float(map.shape[0])
    }
    #expect(error(mean.values, expected) < 1e-6)
  }

  @Test("without a class token the rows' mean is shown, for video a grid over time")
  func withoutClassToken() throws {
    let fixture = try AttentionFixture.load("vjepa2")
    let view = try fixture.imageView()
    let found = try view.values(.init(layer: .index(0), head: .index(1)))
    #expect(found.shape == [2, 3, 3])
    let maps = try #require(fixture.expected["image.maps"])
    let t = 18
    for key in 0..<t {
      let sum = (0..<t).reduce(Float(0)) { $0 + maps.values[(t + $1) * t + key] }
      #expect(abs(found.values[key] - sum / Float(t)) < 1e-6)
    }
    #expect(try view.values(.init(origin: .patch([1, 2, 0]))).shape == [2, 3, 3])
    #expect(
      throws: AttentionError(
        "this tower has no class token: use pool, a patch or the mean over queries")
    ) { _ = try view.values(.init(origin: .classToken)) }
    #expect(throws: AttentionError("a patch of the 2x3x3 grid needs 3 coordinates")) {
      _ = try view.values(.init(origin: .patch([1, 2])))
    }
    #expect(throws: AttentionError("patch 0,3,0 is outside the 2x3x3 grid")) {
      _ = try view.values(.init(origin: .patch([0, 3, 0])))
    }
    #expect(throws: AttentionError.self) { _ = try view.values(.init(layer: .pool)) }
  }

  @Test("what a tower does not have is refused with its reason")
  func refusals() throws {
    let view = try AttentionFixture.load("clip").imageView(hasRelevance: false)
    let residual = try AttentionFixture.load("resnet").imageView()
    for query: AttentionQuery in [
      .init(layer: .index(3)), .init(layer: .index(-1)), .init(head: .index(3)),
      .init(layer: .pool), .init(method: .relevance), .init(method: .rollout(discard: 1)),
      .init(method: .rollout(discard: .nan)), .init(method: .rollout(discard: 0), head: .all),
      .init(method: .rollout(discard: 0), layer: .pool), .init(origin: .token(9)),
    ] { #expect(throws: AttentionError.self) { _ = try view.values(query) } }
    for query: AttentionQuery in [
      .init(layer: .index(0)), .init(layer: .all), .init(method: .rollout(discard: 0)),
      .init(method: .relevance, layer: .index(0)), .init(method: .relevance, full: true),
      .init(origin: .classToken), .init(method: .relevance, head: .fused(.max)),
    ] { #expect(throws: AttentionError.self) { _ = try residual.values(query) } }
    #expect(try residual.values(.init()).shape == [3, 3])
    #expect(throws: AttentionError("there is no layer 3: they count from 0 to 2")) {
      _ = try view.values(.init(layer: .index(3)))
    }
  }
}
