import Glibc
import Inference
import Synchronization
import Tensors
import TestSupport
import Testing

/// Generated weights in a file, as those of a checkpoint.
private final class StoredWeights: WeightSource {
  private let generated: GeneratedWeights
  private let slices: [String: FileSlice]
  private let forgotten = Mutex<Set<String>>([])
  let path: String

  /// Tensors that were packed.
  var released: Set<String> { forgotten.withLock { $0 } }

  init(_ generated: GeneratedWeights, in folder: TemporaryFolder) throws {
    self.generated = generated
    var bytes: [UInt8] = []
    var ranges: [String: Range<Int>] = [:]
    for name in generated.tensors.keys.sorted() {
      let start = bytes.count
      try generated.withElements(of: name) { bytes.append(contentsOf: $1) }
      ranges[name] = start..<bytes.count
    }
    path = try folder.write(bytes, to: "weights")
    let file = try MappedFile(path: path)
    slices = ranges.compactMapValues { FileSlice(file, $0) }
  }

  func shape(of name: String) -> Shape? { generated.shape(of: name) }

  func elementType(of name: String) -> ElementType? {
    generated.tensors[name].map { _ in generated.element }
  }

  func withElements<Result>(
    of name: String, _ body: (ElementType, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result { try generated.withElements(of: name, body) }

  func slice(of name: String) -> FileSlice? { slices[name] }

  func release(_ name: String) { forgotten.withLock { _ = $0.insert(name) } }
}

/// The image tower of `clip-quick` that waits with packing, its weights in a file, and pictures for it.
private struct WaitingTower {
  let folder: TemporaryFolder
  let config: VisionConfig
  let source: StoredWeights
  let tower: ImageTower
  /// One input.
  let pixels: [Float]

  init(threads: Int? = nil) throws {
    let model = try TinyModel.load("clip-quick")
    folder = try TemporaryFolder()
    config = try #require(model.visionConfig)
    source = try StoredWeights(model.source, in: folder)
    tower = try ImageTower(
      config, weights: source, options: LoadOptions(threads: threads, defersPacking: true))
    pixels = model.pixels(tower.inputCount)
  }

  /// The same tower, packed at load.
  func packed() throws -> ImageTower {
    try ImageTower(config, weights: source, options: LoadOptions(threads: 1))
  }
}

@Suite("The first input is run from the file", .serialized) struct DeferredPackingTests {
  private static let families = [
    "clip-quick", "clip-odd", "clip-f16", "clip-bf16", "custom-blocks", "siglip", "eva02",
    "pe-core", "resnet", "coca", "coca-wide", "vjepa2",
  ]

  @Test(
    "It gives what packed weights give, to the last bit, before and after they are packed",
    arguments: families, [1, 2])
  func same(family: String, threads: Int) throws {
    let model = try TinyModel.load(family)
    let folder = try TemporaryFolder()
    let source = try StoredWeights(model.source, in: folder)
    let packed = LoadOptions(threads: threads)
    let deferred = LoadOptions(threads: threads, defersPacking: true)
    if let config = model.visionConfig {
      // Made without a file, so that both ways to read are compared.
      let plain = try ImageTower(config, weights: model.source, options: packed)
      let waiting = try ImageTower(config, weights: source, options: deferred)
      let pixels = model.pixels(2 * plain.inputCount)
      let first = Array(pixels.prefix(plain.inputCount))
      let wanted = try plain.encode(first, count: 1)
      let read = try ImageTower(config, weights: source, options: packed)
      #expect(try read.encode(first, count: 1) == wanted)
      #expect(try waiting.encode(first, count: 1) == wanted)
      #expect(try waiting.encode(pixels, count: 2) == plain.encode(pixels, count: 2))
      #expect(try waiting.encode(first, count: 1) == wanted)
      let traced = try ImageTower(config, weights: source, options: deferred).trace(first)
      let plainTrace = try plain.trace(first)
      #expect(traced.features == plainTrace.features)
    }
    if let config = model.textConfig, let ids = model.ids {
      let plain = try TextTower(config, weights: model.source, options: packed)
      let waiting = try TextTower(config, weights: source, options: deferred)
      let wanted = try plain.encode(ids[0], count: 1)
      #expect(try waiting.encode(ids[0], count: 1) == wanted)
      let all = ids.flatMap { $0 }
      #expect(
        try waiting.encode(all, count: ids.count) == plain.encode(all, count: ids.count))
      #expect(try waiting.encode(ids[0], count: 1) == wanted)
    }
  }

  @Test("A second input packs every matrix and lets go of its pages") func packs() throws {
    let waiting = try WaitingTower()
    _ = try waiting.tower.encode(waiting.pixels, count: 1)
    #expect(!waiting.source.released.contains("vision.blocks.0.mlp.fc1.weight"))
    _ = try waiting.tower.encode(waiting.pixels, count: 1)
    for name in ["patch_embedding", "blocks.0.attention.key", "blocks.2.mlp.fc2", "projection"] {
      #expect(waiting.source.released.contains("vision.\(name).weight"), "\(name)")
    }
  }

  @Test("A file that is cut short is an error, not a crash") func cutShort() throws {
    let waiting = try WaitingTower()
    #expect(truncate(waiting.source.path, 100) == 0)
    #expect(throws: InferenceError.self) { try waiting.tower.encode(waiting.pixels, count: 1) }
    #expect(throws: InferenceError.self) { try waiting.tower.encode(waiting.pixels, count: 1) }
  }

  @Test("Many threads may ask for the first features at once") func together() async throws {
    let waiting = try WaitingTower(threads: 1)
    let (tower, pixels) = (waiting.tower, waiting.pixels)
    let wanted = try waiting.packed().encode(pixels, count: 1)
    try await withThrowingTaskGroup(of: FeatureRows.self) { group in
      for _ in 0..<8 { group.addTask { try tower.encode(pixels, count: 1) } }
      for try await found in group { #expect(found == wanted) }
    }
  }

  @Test("The way back to the attention packs first") func gradients() throws {
    let waiting = try WaitingTower(threads: 1)
    func gradients(_ tower: ImageTower) throws -> AttentionGradients {
      try tower.attentionGradients(
        waiting.pixels, featureGradient: { features throws(InferenceError) in features.values })
    }
    #expect(try gradients(waiting.tower) == gradients(waiting.packed()))
  }
}
