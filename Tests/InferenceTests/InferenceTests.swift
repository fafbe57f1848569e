import CKernels
import Inference
import Tensors
import TestSupport
import Testing

/// Every way to run a tower.
enum Way: String, CaseIterable, CustomTestStringConvertible {
  case packed
  case packedOneThread
  case blas
  case narrow
  case portable

  var options: LoadOptions {
    switch self {
    case .packed, .narrow, .portable: LoadOptions(path: .packed, threads: 2)
    case .packedOneThread: LoadOptions(path: .packed, threads: 1)
    case .blas: LoadOptions(path: .blas, threads: 2)
    }
  }
  /// What the kernels may use of the CPU.
  var level: ck_level {
    switch self {
    case .packed, .packedOneThread, .blas: CK_LEVEL_AVX512
    case .narrow: CK_LEVEL_AVX2
    case .portable: CK_LEVEL_PORTABLE
    }
  }
  var testDescription: String { rawValue }
}

private let families = [
  "clip-quick", "clip-odd", "clip-f16", "clip-bf16", "clipa", "custom-blocks", "siglip",
  "timm-clip", "timm-average", "eva01", "eva02", "eva02-e", "pe-core", "pe-core-g", "resnet",
  "coca", "coca-wide", "vjepa2", "clip-resized",
]

/// Tolerance: f32 sums of a few hundred terms through a few layers; the reference is in double precision.
private let tolerance: Float = 1e-5

// Serialised, because the level of the kernels is set for the whole process.
@Suite("Towers agree with the reference libraries", .serialized) struct TowerTests {
  @Test("features, tokens and logits", arguments: families, Way.allCases)
  func features(family: String, way: Way) throws {
    ck_limit_level(way.level)
    defer { ck_limit_level(CK_LEVEL_AVX512) }
    let model = try TinyModel.load(family)
    var image: FeatureRows?
    var text: FeatureRows?
    if let config = model.visionConfig {
      let tower = try ImageTower(config, weights: model.source, options: way.options)
      let pixels = model.pixels(model.count * tower.inputCount)
      if let expected = model.expected["image"] {
        let found = try tower.encode(pixels, count: model.count)
        image = found
        let error = relativeError(found.values, expected.values)
        print("\(family) \(way) image \(error)")
        #expect(error <= tolerance, "\(error)")
        // One by one gives what the batch gives, whichever threads did it.
        let last = Array(pixels.suffix(tower.inputCount))
        let alone = try tower.encode(last, count: 1)
        #expect(relativeError(alone.values, found.row(model.count - 1)) <= 2e-6)
      }
      if let expected = model.expected["tokens"] {
        let first = Array(pixels.prefix(tower.inputCount))
        let found = try tower.encode(first, count: 1, output: .tokens)
        #expect(found.tokens * found.width == expected.values.count)
        #expect(relativeError(found.values, expected.values) <= tolerance)
      }
    }
    if let config = model.textConfig, let ids = model.ids, let expected = model.expected["text"] {
      let tower = try TextTower(config, weights: model.source, options: way.options)
      let found = try tower.encode(ids.flatMap { $0 }, count: ids.count)
      text = found
      let error = relativeError(found.values, expected.values)
      print("\(family) \(way) text \(error)")
      #expect(error <= tolerance)
    }
    if let image, let text, let expected = model.expected["logits"],
      model.tensors["logit_scale"] != nil
    {
      let scale = try model.source.withElements(of: "logit_scale") { type, bytes in
        ElementDecoder(type: type).value(at: 0, in: bytes)
      }
      let logits = try Scoring(logitScale: Float(scale)).logits(images: image, texts: text)
      #expect(relativeError(logits, expected.values) <= tolerance)
    }
  }

  @Test("attention maps", arguments: families, Way.allCases)
  func attention(family: String, way: Way) throws {
    ck_limit_level(way.level)
    defer { ck_limit_level(CK_LEVEL_AVX512) }
    let model = try TinyModel.load(family)
    if let config = model.visionConfig {
      let tower = try ImageTower(config, weights: model.source, options: way.options)
      let pixels = model.pixels(tower.inputCount)
      let plain = try tower.encode(pixels, count: 1)
      let traced = try tower.trace(pixels, request: TraceRequest(hiddenStates: true))
      // Looking does not change the result.
      #expect(relativeError(traced.features.values, plain.values) <= 2e-6)
      if let expected = model.expected["imageAttention"] {
        #expect(traced.trace.attention.count == config.layers)
        let map = try #require(traced.trace.attention[1])
        #expect([map.heads, map.queries, map.keys] == expected.shape)
        #expect(relativeError(map.values, expected.values) <= tolerance)
        #expect(traced.trace.hiddenStates.count == config.layers + 1)
      }
      if let expected = model.expected["poolAttention"] {
        let map = try #require(traced.trace.pooling)
        #expect([map.heads, map.queries, map.keys] == expected.shape)
        #expect(relativeError(map.values, expected.values) <= tolerance)
      }
      if let pool = traced.trace.pooling {
        for row in 0..<pool.heads * pool.queries {
          let sum = pool.values[row * pool.keys..<(row + 1) * pool.keys].reduce(0, +)
          #expect(abs(sum - 1) < 1e-5)
        }
      }
    }
    if let config = model.textConfig, let ids = model.ids {
      let tower = try TextTower(config, weights: model.source, options: way.options)
      let plain = try tower.encode(ids[0], count: 1)
      let traced = try tower.trace(ids[0])
      #expect(relativeError(traced.features.values, plain.values) <= 2e-6)
      if let expected = model.expected["textAttention"] {
        let map = try #require(traced.trace.attention[0])
        #expect([map.heads, map.queries, map.keys] == expected.shape)
        #expect(relativeError(map.values, expected.values) <= tolerance)
      }
    }
  }
}
