import Inference
import Tensors

/// A CLIP model of a published size with generated weights.
struct BenchModel {
  var name: String
  var vision: VisionConfig
  var text: TextConfig
  var weights: GeneratedSource

  init?(_ name: String, half: Bool) {
    let sizes: [String: (patch: Int, width: Int, layers: Int, text: Int)] = [
      "b32": (32, 768, 12, 512), "b16": (16, 768, 12, 512), "l14": (14, 1_024, 24, 768),
    ]
    guard let size = sizes[name] else { return nil }
    self.name = name
    vision = VisionConfig(
      imageHeight: 224, imageWidth: 224, patchSize: size.patch, width: size.width,
      layers: size.layers, heads: size.width / 64, activation: .quickGELU)
    text = TextConfig(
      width: size.text, layers: 12, heads: size.text / 64, activation: .quickGELU)
    var shapes: [String: [Int]] = [:]
    func block(_ prefix: String, _ width: Int) {
      for norm in ["norm1", "norm2"] {
        shapes["\(prefix).\(norm).weight"] = [width]
        shapes["\(prefix).\(norm).bias"] = [width]
      }
      for part in ["query", "key", "value", "output"] {
        shapes["\(prefix).attention.\(part).weight"] = [width, width]
        shapes["\(prefix).attention.\(part).bias"] = [width]
      }
      shapes["\(prefix).mlp.fc1.weight"] = [4 * width, width]
      shapes["\(prefix).mlp.fc1.bias"] = [4 * width]
      shapes["\(prefix).mlp.fc2.weight"] = [width, 4 * width]
      shapes["\(prefix).mlp.fc2.bias"] = [width]
    }
    let grid = 224 / size.patch
    shapes["vision.patch_embedding.weight"] = [size.width, 3, size.patch, size.patch]
    shapes["vision.class_token"] = [size.width]
    shapes["vision.position"] = [grid * grid + 1, size.width]
    for norm in ["vision.norm_pre", "vision.norm"] {
      shapes[norm + ".weight"] = [size.width]
      shapes[norm + ".bias"] = [size.width]
    }
    shapes["vision.projection.weight"] = [size.text, size.width]
    for layer in 0..<size.layers { block("vision.blocks.\(layer)", size.width) }
    shapes["text.token_embedding"] = [49_408, size.text]
    shapes["text.position"] = [77, size.text]
    shapes["text.norm.weight"] = [size.text]
    shapes["text.norm.bias"] = [size.text]
    shapes["text.projection.weight"] = [size.text, size.text]
    for layer in 0..<12 { block("text.blocks.\(layer)", size.text) }
    weights = GeneratedSource(shapes: shapes, isHalf: half)
  }
}

/// Weights made from their names, the same as `Tests/Oracle/inference.py` makes.
struct GeneratedSource: WeightSource {
  var shapes: [String: [Int]]
  var isHalf: Bool
  /// Offset and scale of tensors that do not follow `recipe`.
  var recipes: [String: (Double, Double)] = [:]

  func shape(of name: String) -> Shape? { shapes[name].map { Shape($0) } }

  func withElements<Result>(
    of name: String, _ body: (ElementType, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard let shape = shapes[name] else { throw InferenceError.missingTensor(name: name) }
    let (offset, scale) = recipes[name] ?? Self.recipe(name, shape)
    let values = Self.uniform(name, shape.reduce(1, *)).map { Float(offset + scale * Double($0)) }
    if isHalf { return try values.map { Float16($0) }.withUnsafeBytes { try body(.f16, $0) } }
    return try values.withUnsafeBytes { try body(.f32, $0) }
  }

  static func recipe(_ name: String, _ shape: [Int]) -> (Double, Double) {
    if name.hasSuffix(".bias") { return (0, 0.2) }
    if name.hasSuffix("norm.weight") || name.hasSuffix("norm1.weight")
      || name.hasSuffix("norm2.weight") || name.hasSuffix("norm_pre.weight")
    {
      return (1, 0.3)
    }
    if name.hasSuffix("class_token") || name.hasSuffix("position")
      || name.hasSuffix("token_embedding")
    {
      return (0, 0.5)
    }
    let inputs = shape.dropFirst().reduce(1, *)
    return (0, Double(Float(1.6 * (3.0 / Double(inputs)).squareRoot())))
  }

  /// Numbers in [-1, 1): SplitMix64 seeded with FNV-1a of the name.
  static func uniform(_ name: String, _ count: Int) -> [Float] {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        buffer[index] = Float(z >> 40) / 8_388_608 - 1
      }
      initialized = count
    }
  }
}
