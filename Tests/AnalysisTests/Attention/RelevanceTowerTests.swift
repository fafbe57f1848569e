import Inference
import Tensors
import TestSupport
import Testing

@testable import Analysis

/// A CLIP model of two small towers with seeded weights.
private struct SmallModel: WeightSource {
  static let vision = VisionConfig(
    imageHeight: 8, imageWidth: 12, patchSize: 4, width: 12, layers: 2, heads: 3)
  static let text = TextConfig(width: 8, layers: 3, heads: 2)
  private var shapes: [String: [Int]] = [
    "vision.patch_embedding.weight": [12, 3, 4, 4], "vision.class_token": [12],
    "vision.position": [7, 12], "vision.norm.weight": [12], "vision.projection.weight": [5, 12],
    "text.token_embedding": [20, 8], "text.position": [6, 8], "text.norm.weight": [8],
    "text.projection.weight": [5, 8],
  ]

  init() {
    for (tower, width, layers) in [("vision", 12, 2), ("text", 8, 3)] {
      for layer in 0..<layers {
        let block = "\(tower).blocks.\(layer)."
        for name in ["norm1", "norm2"] { shapes[block + name + ".weight"] = [width] }
        for name in ["query", "key", "value", "output"] {
          shapes[block + "attention." + name + ".weight"] = [width, width]
        }
        shapes[block + "mlp.fc1.weight"] = [2 * width, width]
        shapes[block + "mlp.fc2.weight"] = [width, 2 * width]
      }
    }
  }

  func shape(of name: String) -> Shape? { shapes[name].map { Shape($0) } }

  func withElements<Result>(
    of name: String, _ body: (ElementType, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let count = shapes[name]?.reduce(1, *) ?? 0
    return try Self.numbers(name, count).withUnsafeBytes { try body(.f32, $0) }
  }

  static func numbers(_ name: String, _ count: Int) -> [Float] {
    var generator = SeededGenerator(
      seed: name.utf8.reduce(UInt64(7)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    return (0..<count).map { _ in Float(generator.next() >> 40) / 8_388_608 - 1 }
  }
}

@Suite("Relevance of a picture and a text") struct RelevanceTowerTests {
  @Test("both sides have the pair's score, and Ā of what the towers send back")
  func pair() throws {
    let model = SmallModel()
    let image = try ImageTower(SmallModel.vision, weights: model)
    let text = try TextTower(SmallModel.text, weights: model)
    let pixels = SmallModel.numbers("pixels", image.inputCount)
    let ids = [3, 9, 1, 19, 0, 0]
    let scoring = Scoring(logitScale: 2, logitBias: -5)
    let imageFeatures = try image.encode(pixels, count: 1)
    let textFeatures = try text.encode(ids, count: 1)
    let logit = try scoring.logits(images: imageFeatures, texts: textFeatures)[0]

    let seen = try AttentionRelevance.image(
      image, pixels: pixels, text: textFeatures, scoring: scoring)
    let read = try AttentionRelevance.text(
      text, ids: ids, image: imageFeatures, scoring: scoring)
    // The score has no bias.
    #expect(abs(try #require(seen.score) - (logit + 5)) < 1e-5)
    #expect(abs(try #require(read.score) - (logit + 5)) < 1e-5)
    #expect(seen.tokens == 7)
    #expect(read.layers.count == 3)

    let whole = try image.attentionGradients(
      pixels,
      featureGradient: { features throws(InferenceError) in
        try scoring.score(features, with: textFeatures).gradient
      })
    for layer in 0..<2 {
      let map = try #require(whole.trace.attention[layer])
      let gradient = try #require(whole.gradients[layer])
      for cell in 0..<49 {
        let mean = (0..<3).reduce(Float(0)) {
          $0 + max(0, map.values[$1 * 49 + cell] * gradient.values[$1 * 49 + cell]) / 3
        }
        #expect(abs(seen.layers[layer][cell] - mean) < 1e-6)
      }
    }

    let view = try AttentionView(
      image: try image.trace(pixels).trace, SmallModel.vision, relevance: seen)
    #expect(try view.values(.init(method: .relevance)).shape == [2, 3])
    let textView = try AttentionView(
      text: try text.trace(ids).trace, SmallModel.text, relevance: read)
    let row = try textView.values(.init(method: .relevance))
    // Tokens behind the pooled one cannot matter to a causal tower.
    #expect(row.values[4...] == [0, 0])
    #expect(row.values[3] >= 1)
    // The relevance of another input is not taken.
    var mixed = textView
    mixed.relevance = seen
    #expect(throws: AttentionError("the relevance belongs to another input")) {
      _ = try mixed.values(.init(method: .relevance))
    }
  }

  @Test("the gradient of the score is its slope")
  func slope() throws {
    let scoring = Scoring(logitScale: 1)
    func rows(_ values: [Float]) -> FeatureRows {
      FeatureRows(count: 1, tokens: 1, width: values.count, values: values)
    }
    let a = SmallModel.numbers("a", 5)
    let b = SmallModel.numbers("b", 5)
    let gradient = try scoring.score(rows(a), with: rows(b)).gradient
    for index in a.indices {
      var (up, down) = (a, a)
      up[index] += 0.01
      down[index] -= 0.01
      let slope =
        (try scoring.score(rows(up), with: rows(b)).value
          - scoring.score(rows(down), with: rows(b)).value) / 0.02
      #expect(abs(slope - gradient[index]) < 1e-3)
    }
    #expect(throws: InferenceError.self) { _ = try scoring.score(rows(a), with: rows([1])) }
  }
}
