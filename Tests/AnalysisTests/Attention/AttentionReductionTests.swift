import Foundation
import Inference
import TestSupport
import Testing

@testable import Analysis

/// Reductions computed by `Tests/Oracle/attention.py` in float64.
struct GoldenReduction: Decodable, Sendable {
  struct Rollout: Decodable {
    var fusion: String
    var discard: Double
    var row0: [Double]
    var rowLast: [Double]
    enum CodingKeys: String, CodingKey {
      case fusion, discard, row0
      case rowLast = "row_last"
    }
  }
  var layers: Int
  var heads: Int
  var tokens: Int
  var prefix: Int
  var grid: [Int]
  var patch: Int
  var probabilities: [Float]
  var entropy: [Double]
  var distanceRaw: [Double]
  var distanceRenormalized: [Double]
  var rollout: [Rollout]
  enum CodingKeys: String, CodingKey {
    case layers, heads, tokens, prefix, grid, patch, probabilities, entropy, rollout
    case distanceRaw = "distance_raw"
    case distanceRenormalized = "distance_renormalized"
  }

  static let all: [GoldenReduction] = {
    guard
      let data = FileManager.default.contents(atPath: Fixtures.path("attention/reductions.json"))
    else { return [] }
    return (try? JSONDecoder().decode([GoldenReduction].self, from: data)) ?? []
  }()

  func stack() throws -> AttentionStack {
    let size = heads * tokens * tokens
    return try AttentionStack(
      maps: (0..<layers).map {
        AttentionMap(
          heads: heads, queries: tokens, keys: tokens,
          values: Array(probabilities[$0 * size..<($0 + 1) * size]))
      }, prefixTokens: prefix, grid: grid)
  }
}

@Suite("Attention reductions") struct AttentionReductionTests {
  @Test("The golden cases are there") func present() { #expect(GoldenReduction.all.count == 2) }

  @Test("Rollout equals the reference for every fusion and discard ratio", arguments: [0, 1])
  func rollout(index: Int) throws {
    let golden = GoldenReduction.all[index]
    let stack = try golden.stack()
    for expected in golden.rollout {
      let fusion = try #require(HeadFusion(rawValue: expected.fusion))
      let matrix = try AttentionRollout.matrix(
        of: stack, fusion: fusion, discard: expected.discard)
      let first = matrix.prefix(stack.tokens)
      let last = matrix.suffix(stack.tokens)
      for (own, reference) in zip(first, expected.row0) { #expect(abs(own - reference) < 1e-9) }
      for (own, reference) in zip(last, expected.rowLast) { #expect(abs(own - reference) < 1e-9) }
      // One row alone gives what the whole product gives.
      var start = [Double](repeating: 0, count: stack.tokens)
      start[0] = 1
      let row = try AttentionRollout.rows(
        start, of: stack, heads: .fused(fusion), discard: expected.discard)
      for (own, reference) in zip(row, expected.row0) { #expect(abs(own - reference) < 1e-9) }
      #expect(abs(first.reduce(0, +) - 1) < 1e-9)
    }
  }

  @Test("Entropy and distances equal the reference", arguments: [0, 1])
  func measures(index: Int) throws {
    let golden = GoldenReduction.all[index]
    let measures = try golden.stack().measures(patchSize: golden.patch)
    #expect(measures.count == golden.layers * golden.heads)
    for (own, position) in zip(measures, 0...) {
      #expect(abs(own.entropy - golden.entropy[position]) < 1e-9)
      let raw = try #require(own.distance)
      let renormalized = try #require(own.renormalizedDistance)
      #expect(abs(raw - golden.distanceRaw[position]) < 1e-9)
      #expect(abs(renormalized - golden.distanceRenormalized[position]) < 1e-9)
    }
  }

  @Test("Counts that do not agree are refused")
  func refusals() throws {
    #expect(throws: AttentionError.self) {
      _ = try AttentionStack(
        maps: [
          AttentionMap(
            heads: 1, queries: 3, keys: 3, values: [Float](repeating: 0, count: 9))
        ], prefixTokens: 1, grid: [2, 2])
    }
    #expect(throws: AttentionError("there is no attention map")) {
      _ = try AttentionStack(maps: [], prefixTokens: 0, grid: [])
    }
    let stack = try GoldenReduction.all[0].stack()
    #expect(throws: AttentionError("the discard ratio 1.0 is outside 0 to 1")) {
      _ = try AttentionRollout.matrix(of: stack, discard: 1)
    }
  }
}
