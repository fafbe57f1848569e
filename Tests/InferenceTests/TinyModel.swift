import Foundation
import Inference
import Synchronization
import Tensors
import TestSupport

/// A tiny model whose weights both sides make from the tensors' names; see `Tests/Oracle/inference.py`.
struct TinyModel: Decodable {
  struct Tensor {
    var shape: [Int]
    var offset: Double
    var scale: Double
  }
  var name: String
  var element: String
  var vision: ReferenceModel.Vision?
  var text: ReferenceModel.Text?
  var ids: [[Int]]?
  var count: Int
  var tensors: [String: Tensor]
  var expected: [String: ReferenceModel.Values]

  static func load(_ name: String) throws -> TinyModel {
    let data = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("inference/\(name).json")))
    return try JSONDecoder().decode(TinyModel.self, from: data)
  }

  var source: GeneratedWeights {
    GeneratedWeights(tensors: tensors, element: ElementType(rawValue: element) ?? .f32)
  }

  func pixels(_ count: Int) -> [Float] {
    GeneratedWeights.uniform("input.pixels", count).map { Float($0) * 2 }
  }

  var visionConfig: VisionConfig? {
    guard let v = vision else { return nil }
    let pooling: ImagePooling =
      switch v.pooling {
      case "average": .average
      case "none": .none
      case "map": .map(heads: v.poolHeads ?? 1, activation: Self.activation(v.activation))
      case "queries": .queries(heads: v.poolHeads ?? 1)
      default: .classToken
      }
    let family: VisionConfig.Family =
      switch v.family {
      case "resnet": .residualNetwork
      case "video": .video(frames: v.frames ?? 1, tubelet: v.tubelet ?? 1)
      default: .transformer
      }
    let rotary = v.rotary.map { r -> RotaryConfig in
      if let grid = r.tubelets { return .tubelets(gridSize: grid, base: r.base) }
      return .axial(
        columnsFirst: r.columnsFirst ?? false, offset: r.offset ?? 0,
        reference: r.reference.map { .init(rows: $0[0], columns: $0[1]) }, base: r.base)
    }
    return VisionConfig(
      family: family, imageHeight: v.height, imageWidth: v.imageWidth, patchSize: v.patch,
      width: v.width, layers: v.layers, heads: v.heads, activation: Self.activation(v.activation),
      epsilon: v.epsilon, pooling: pooling, normAfterPooling: v.normAfterPooling,
      postNorm: v.postNorm, rotary: rotary, stages: v.stages ?? [])
  }

  var textConfig: TextConfig? {
    guard let t = text else { return nil }
    let pooling: TextPooling =
      switch t.pooling {
      case "eos": .endOfText(id: t.eos ?? 2)
      case "first": .first
      case "last": .last
      case "none": .none
      case "class": .classToken(padID: t.pad ?? 0)
      default: .largestID
      }
    return TextConfig(
      width: t.width, layers: t.layers, heads: t.heads, activation: Self.activation(t.activation),
      epsilon: t.epsilon, isCausal: t.causal, pooling: pooling)
  }

  static func activation(_ name: String) -> Activation { Activation(rawValue: name) ?? .gelu }
}

extension TinyModel.Tensor: Decodable {
  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    shape = try list.decode([Int].self)
    offset = try list.decode(Double.self)
    scale = try list.decode(Double.self)
  }
}

/// Weights made from their names.
struct GeneratedWeights: WeightSource {
  private static let made = Mutex<[String: [Double]]>([:])

  var tensors: [String: TinyModel.Tensor]
  var element: ElementType

  func shape(of name: String) -> Shape? { tensors[name].map { Shape($0.shape) } }

  func withElements<Result>(
    of name: String, _ body: (ElementType, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard let tensor = tensors[name] else { throw InferenceError.missingTensor(name: name) }
    let values = Self.uniform(name, tensor.shape.reduce(1, *)).map {
      Float(tensor.offset + tensor.scale * $0)
    }
    switch element {
    case .f16: return try values.map { Float16($0) }.withUnsafeBytes { try body(.f16, $0) }
    case .bf16:
      let halves = values.map { value -> UInt16 in
        let bits = value.bitPattern
        return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
      }
      return try halves.withUnsafeBytes { try body(.bf16, $0) }
    default: return try values.withUnsafeBytes { try body(.f32, $0) }
    }
  }

  /// Numbers in [-1, 1), multiples of 2^-23: SplitMix64 seeded with FNV-1a of the name.
  static func uniform(_ name: String, _ count: Int) -> [Double] {
    // Every family is built many times; making the numbers is the slow part of a debug run.
    let key = "\(name) \(count)"
    if let known = made.withLock({ $0[key] }) { return known }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var generator = SeededGenerator(seed: hash)
    let fresh = (0..<count).map { _ in Double(generator.next() >> 40) / 8_388_608 - 1 }
    made.withLock { $0[key] = fresh }
    return fresh
  }
}

/// Largest difference relative to the largest expected number; infinite where sizes differ or a number is not finite.
func relativeError(_ found: some Collection<Float>, _ expected: some Collection<Float>) -> Float {
  guard found.count == expected.count, !expected.isEmpty else { return .infinity }
  var largest: Float = 0
  var worst: Float = 0
  for (a, b) in zip(found, expected) {
    guard a.isFinite else { return .infinity }
    largest = max(largest, abs(b))
    worst = max(worst, abs(a - b))
  }
  return worst / max(largest, .leastNormalMagnitude)
}
