import Glibc
import Inference
import Tensors

/// A model of a published size whose weights are made from the tensors' names, with features that the real library computed of it.
///
/// Written by `Tests/Oracle/full_size.py`.
struct SampledModel {
  /// Largest error that passes, relative to the largest feature.
  static let limit = 1e-4

  struct Unreadable: Error {
    var field: String
  }

  /// Every n-th number of the features, from the first on.
  private struct Sample {
    var shape: [Int]
    var largest: Double
    var norm: Double
    var step: Int
    var values: [Double]
  }

  let name: String
  private let document: JSONValue
  private let source: GeneratedSource
  private let count: Int

  /// Compares all of them and prints a line for each.
  /// - Returns: whether all are within the limit.
  static func check(_ paths: [String], _ options: LoadOptions) -> Bool {
    var isGood = true
    for path in paths {
      do {
        isGood = try SampledModel(path: path).check(options) && isGood
      } catch {
        print("\(path): \(error)")
        isGood = false
      }
    }
    return isGood
  }

  init(path: String) throws {
    let file = try MappedFile(path: path)
    document = try JSONValue(parsing: file.bytes)
    name = try Self.required(document["name"]?.string, "name")
    count = try Self.required(document["count"]?.integer, "count")
    var source = GeneratedSource(shapes: [:], isHalf: false)
    for member in try Self.required(document["tensors"]?.object, "tensors").members {
      let parts = try Self.required(member.value.array, member.key)
      guard parts.count == 3, let shape = parts[0].array?.compactMap(\.integer),
        let offset = parts[1].number, let scale = parts[2].number
      else { throw Unreadable(field: member.key) }
      source.shapes[member.key] = shape
      source.recipes[member.key] = (offset, scale)
    }
    self.source = source
  }

  private static func required<Value>(_ value: Value?, _ field: String) throws -> Value {
    guard let value else { throw Unreadable(field: field) }
    return value
  }

  private func check(_ options: LoadOptions) throws -> Bool {
    let image = try ImageTower(visionConfig(), weights: source, options: options)
    let pixels = GeneratedSource.uniform("input.pixels", count * image.inputCount).map { $0 * 2 }
    let isImageGood = try compare(image.encode(pixels, count: count), "image")
    let text = try TextTower(textConfig(), weights: source, options: options)
    let ids = try Self.required(document["ids"]?.array, "ids").flatMap {
      $0.array?.compactMap(\.integer) ?? []
    }
    return try compare(text.encode(ids, count: count), "text") && isImageGood
  }

  private func compare(_ found: FeatureRows, _ tower: String) throws -> Bool {
    let sample = try sample(tower)
    let norm = found.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    var worst = abs(norm - sample.norm) / sample.norm
    for (index, value) in sample.values.enumerated() {
      let place = index * sample.step
      guard place < found.values.count else { throw Unreadable(field: "\(tower) values") }
      let error = abs(Double(found.values[place]) - value) / sample.largest
      worst = error.isNaN ? .infinity : max(worst, error)
    }
    let isGood = worst <= Self.limit && sample.shape == [found.count, found.width]
    print("\(name) \(tower): \(worst)\(isGood ? "" : "  FAILED, the limit is \(Self.limit)")")
    return isGood
  }

  private func sample(_ tower: String) throws -> Sample {
    let json = document["expected"]?[tower]
    func number(_ field: String) throws -> Double {
      try Self.required(json?[field]?.number, "\(tower) \(field)")
    }
    return Sample(
      shape: json?["shape"]?.array?.compactMap(\.integer) ?? [], largest: try number("largest"),
      norm: try number("norm"), step: try Self.required(json?["step"]?.integer, "\(tower) step"),
      values: try Self.required(json?["values"]?.array, "\(tower) values").compactMap(\.number))
  }

  private func visionConfig() throws -> VisionConfig {
    let json = try Self.required(document["vision"], "vision")
    func integer(_ field: String) throws -> Int {
      try Self.required(json[field]?.integer, "vision \(field)")
    }
    let activation = try activation(json)
    var config = VisionConfig(
      imageHeight: try integer("height"), imageWidth: try integer("imageWidth"),
      patchSize: try integer("patch"), width: try integer("width"), layers: try integer("layers"),
      heads: try integer("heads"), activation: activation,
      epsilon: Float(try Self.required(json["epsilon"]?.number, "vision epsilon")))
    if json["family"]?.string == "resnet" {
      config.family = .residualNetwork
      config.stages = json["stages"]?.array?.compactMap(\.integer) ?? []
    }
    if json["pooling"]?.string == "map" {
      config.pooling = .map(heads: try integer("poolHeads"), activation: activation)
    }
    if let rotary = json["rotary"] {
      let grid = rotary["reference"]?.array?.compactMap(\.integer) ?? []
      config.rotary = .axial(
        columnsFirst: rotary["columnsFirst"]?.bool ?? false, offset: rotary["offset"]?.number ?? 0,
        reference: grid.count == 2 ? .init(rows: grid[0], columns: grid[1]) : nil,
        base: try Self.required(rotary["base"]?.number, "rotary base"))
    }
    return config
  }

  private func textConfig() throws -> TextConfig {
    let json = try Self.required(document["text"], "text")
    func integer(_ field: String) throws -> Int {
      try Self.required(json[field]?.integer, "text \(field)")
    }
    return TextConfig(
      width: try integer("width"), layers: try integer("layers"), heads: try integer("heads"),
      activation: try activation(json),
      epsilon: Float(try Self.required(json["epsilon"]?.number, "text epsilon")),
      isCausal: json["causal"]?.bool ?? true,
      pooling: json["pooling"]?.string == "last" ? .last : .largestID)
  }

  private func activation(_ json: JSONValue) throws -> Activation {
    try Self.required(
      json["activation"]?.string.flatMap(Activation.init(rawValue:)), "activation")
  }
}
