import Inference
import Synchronization
import Tensors
import TestSupport
import Testing

/// Weights of which one tensor lies.
private struct LyingWeights: WeightSource {
  enum Lie: Sendable {
    case absent
    case shape([Int])
    case short
    case integers
  }
  var honest: GeneratedWeights
  var name: String
  var lie: Lie

  func shape(of name: String) -> Shape? {
    guard name == self.name else { return honest.shape(of: name) }
    switch lie {
    case .absent: return nil
    case .shape(let sizes): return Shape(sizes)
    case .short, .integers: return honest.shape(of: name)
    }
  }

  func withElements<Result>(
    of name: String, _ body: (ElementType, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try honest.withElements(of: name) { type, bytes in
      guard name == self.name else { return try body(type, bytes) }
      switch lie {
      case .short: return try body(type, UnsafeRawBufferPointer(rebasing: bytes.dropLast(4)))
      case .integers: return try body(.i32, bytes)
      default: return try body(type, bytes)
      }
    }
  }
}

@Suite("What is wrong with weights or inputs is said, not trapped") struct HostileTests {
  @Test(
    "absent and misshapen tensors",
    arguments: [
      "vision.patch_embedding.weight", "vision.position", "vision.class_token",
      "vision.blocks.1.norm2.weight", "vision.blocks.1.attention.key.weight",
      "vision.blocks.0.attention.value.bias", "vision.blocks.2.mlp.fc1.weight",
      "vision.blocks.2.mlp.fc2.weight", "vision.projection.weight", "vision.norm.bias",
    ])
  func lies(name: String) throws {
    let model = try TinyModel.load("clip-quick")
    let config = try #require(model.visionConfig)
    for sizes in [
      [], [0], [1, 1], [-3, 80], [1 << 40, 1 << 40], [80, 80, 80], [80, 1 << 40, 1 << 40],
    ] {
      let source = LyingWeights(honest: model.source, name: name, lie: .shape(sizes))
      #expect(throws: InferenceError.self) { try ImageTower(config, weights: source) }
    }
    let short = LyingWeights(honest: model.source, name: name, lie: .short)
    #expect(throws: InferenceError.self) { try ImageTower(config, weights: short) }
    let integers = LyingWeights(honest: model.source, name: name, lie: .integers)
    #expect(throws: InferenceError.unsupportedElementType(name: name, type: .i32)) {
      try ImageTower(config, weights: integers)
    }
  }

  @Test("a missing tensor is named") func missing() throws {
    let model = try TinyModel.load("clip-quick")
    let config = try #require(model.visionConfig)
    let name = "vision.blocks.1.attention.key.weight"
    let source = LyingWeights(honest: model.source, name: name, lie: .absent)
    #expect(throws: InferenceError.missingTensor(name: name)) {
      try ImageTower(config, weights: source)
    }
    #expect(InferenceError.missingTensor(name: name).description.contains(name))
  }

  @Test("impossible configurations") func configurations() throws {
    let model = try TinyModel.load("clip-quick")
    let good = try #require(model.visionConfig)
    let changes: [(inout VisionConfig) -> Void] = [
      { $0.heads = 0 }, { $0.heads = 7 }, { $0.width = -80 }, { $0.width = .max },
      { $0.layers = .max }, { $0.layers = 4 }, { $0.patchSize = 0 }, { $0.patchSize = 99 },
      { $0.imageHeight = .max },
      {
        $0.imageHeight = 1 << 20
        $0.imageWidth = 1 << 20
      }, { $0.epsilon = 0 }, { $0.epsilon = .nan },
      { $0.pooling = .map(heads: 5, activation: .gelu) },
      { $0.pooling = .queries(heads: 0) },
      { $0.family = .video(frames: .max, tubelet: 2) }, { $0.family = .residualNetwork },
    ]
    for change in changes {
      var config = good
      change(&config)
      #expect(throws: InferenceError.self) { try ImageTower(config, weights: model.source) }
    }
  }

  @Test("inputs that do not fit") func inputs() throws {
    let model = try TinyModel.load("clip-quick")
    let image = try ImageTower(try #require(model.visionConfig), weights: model.source)
    let text = try TextTower(try #require(model.textConfig), weights: model.source)
    #expect(throws: InferenceError.self) { try image.encode([1, 2, 3], count: 1) }
    #expect(throws: InferenceError.self) { try image.encode([], count: -1) }
    #expect(try image.encode([], count: 0).values.isEmpty)
    #expect(throws: InferenceError.tokenOutOfRange(id: 90, vocabularySize: 90)) {
      try text.encode([Int](repeating: 90, count: 11), count: 1)
    }
    #expect(throws: InferenceError.self) { try text.encode([-1], count: 1) }
    #expect(throws: InferenceError.self) {
      try text.encode([Int](repeating: 1, count: 12), count: 1)
    }
    #expect(throws: InferenceError.self) { try text.encode([1, 2, 3], count: 2) }
    #expect(try text.encode([], count: 0).values.isEmpty)
  }

  @Test("a forward stops within a layer of being cancelled", arguments: [1, 2, 5])
  func cancellation(count: Int) throws {
    let model = try TinyModel.load("clip-quick")
    let tower = try ImageTower(try #require(model.visionConfig), weights: model.source)
    let pixels = model.pixels(count * tower.inputCount)
    let asked = Counter()
    #expect(throws: InferenceError.cancelled) {
      try tower.encode(
        pixels, count: count, control: ForwardControl { asked.next() > 1 })
    }
    // The tower is as good as before.
    #expect(try tower.encode(pixels, count: count).values.allSatisfy { $0.isFinite })
  }

  @Test("many threads on one tower give the same numbers") func sharing() async throws {
    let model = try TinyModel.load("clip-quick")
    let tower = try ImageTower(try #require(model.visionConfig), weights: model.source)
    let pixels = model.pixels(tower.inputCount)
    let expected = try tower.encode(pixels, count: 1)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask { (try? tower.encode(pixels, count: 1)) == expected }
      }
      for await isSame in group { #expect(isSame) }
    }
  }
}

private final class Counter: Sendable {
  private let count = Mutex(0)
  func next() -> Int {
    count.withLock {
      $0 += 1
      return $0
    }
  }
}
