import OrderedCollections
import Tensors

/// Shapes by key, with the questions that detection and inference ask.
struct KeyShapes {
  private let shapes: [String: Shape]
  private let first: [String: Set<Int>]

  init(_ tensors: PlannedTensors) {
    var shapes: [String: Shape] = [:]
    shapes.reserveCapacity(tensors.count)
    var layers: [String: Set<Int>] = [:]
    for (name, plan) in tensors {
      shapes[name] = plan.shape
      for split in LayerIndex.splits(name) {
        if let index = Int(split.index) { layers[String(split.prefix), default: []].insert(index) }
      }
    }
    self.shapes = shapes
    first = layers
  }

  var keys: Dictionary<String, Shape>.Keys { shapes.keys }
  func has(_ key: String) -> Bool { shapes[key] != nil }
  func has(prefix: String) -> Bool { shapes.keys.contains { $0.hasPrefix(prefix) } }
  func has(suffix: String) -> Bool { shapes.keys.contains { $0.hasSuffix(suffix) } }
  func shape(_ key: String) -> Shape? { shapes[key] }
  func rank(_ key: String) -> Int? { shapes[key]?.rank }

  /// Size of an axis, counted from the end where negative.
  func size(_ key: String, _ axis: Int) -> Int? {
    guard let shape = shapes[key] else { return nil }
    let place = axis < 0 ? shape.rank + axis : axis
    return shape.sizes.indices.contains(place) ? shape[place] : nil
  }

  func rows(_ key: String) -> Int? { size(key, 0) }

  /// Number of different indexes that follow `prefix`, such as `visual.transformer.resblocks.`.
  func layers(_ prefix: String) -> Int? { first[prefix].map(\.count) }
}
