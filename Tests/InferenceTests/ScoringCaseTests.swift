import Foundation
import Inference
import TestSupport
import Testing

/// From features to probabilities (case c28): the stored scale counts, and a zero vector is no NaN.
@Suite("Scoring") struct ScoringCaseTests {
  private struct Head: Decodable {
    struct Numbers: Decodable {
      var logitScale: Float
      var logitBias: Float?
    }
    var imageFeatures: [Float]
    var textFeatures: [[Float]]
    var clip: Numbers
    var siglip: Numbers
  }

  private struct Expected: Decodable {
    struct Case: Decodable {
      var clipLogits: [Float]
      var clipSoftmax: [Float]
      var siglipSigmoid: [Float]
    }
    var c28: [String: Case]

    init(from decoder: any Decoder) throws {
      // Only this section: the others have other forms.
      let container = try decoder.container(keyedBy: Key.self)
      c28 = try container.decode([String: Case].self, forKey: .c28)
    }

    enum Key: String, CodingKey { case c28 }
  }

  private func rows(_ vectors: [[Float]]) -> FeatureRows {
    FeatureRows(
      count: vectors.count, tokens: 1, width: vectors.first?.count ?? 0,
      values: vectors.flatMap { $0 })
  }

  private func read<Value: Decodable>(_ name: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(
      Value.self, from: Data(contentsOf: URL(fileURLWithPath: Fixtures.path("cases/" + name))))
  }

  @Test("Stored scale and bias make the logits (c28_head.json)") func storedScale() throws {
    let head: Head = try read("c28_head.json")
    let all: Expected = try read("expected.json")
    let want = try #require(all.c28.values.first)
    let images = rows([head.imageFeatures])
    let texts = rows(head.textFeatures)
    let clip = Scoring(logitScale: head.clip.logitScale)
    let logits = try clip.logits(images: images, texts: texts)
    #expect(relativeError(logits, want.clipLogits) < 1e-5)
    let softmax = clip.probabilities(logits, texts: texts.count)
    #expect(zip(softmax, want.clipSoftmax).allSatisfy { abs($0 - $1) < 1e-5 })
    let siglip = Scoring(
      logitScale: head.siglip.logitScale, logitBias: head.siglip.logitBias)
    let pairs = siglip.probabilities(
      try siglip.logits(images: images, texts: texts), texts: texts.count)
    #expect(zip(pairs, want.siglipSigmoid).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test("A feature vector of norm 0 gives cosine 0") func zeroVector() throws {
    let scoring = Scoring(logitScale: 4)
    let logits = try scoring.logits(
      images: rows([[0, 0, 0]]), texts: rows([[1, 0, 0], [0, 0, 0]]))
    #expect(logits == [0, 0])
    #expect(scoring.probabilities(logits, texts: 2) == [0.5, 0.5])
  }

  @Test("One label: softmax is 1, sigmoid is not") func oneLabel() throws {
    #expect(Scoring(logitScale: 4).probabilities([3], texts: 1) == [1])
    let siglip = Scoring(logitScale: 2.3, logitBias: -10)
    #expect(siglip.function == .sigmoid)
    #expect(siglip.probabilities([0], texts: 1) == [0.5])
  }
}
