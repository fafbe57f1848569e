import Analysis
import Foundation
import Inference
import TestSupport

/// Maps and gradients of a reference library and what its reductions are; see `Tests/Oracle/relevance.py`.
struct AttentionFixture: Decodable, Sendable {
  var vision: ReferenceModel.Vision
  var text: ReferenceModel.Text?
  var ids: [[Int]]?
  var expected: [String: ReferenceModel.Values]

  static func load(_ name: String) throws -> AttentionFixture {
    let data = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("attention/\(name).json")))
    return try JSONDecoder().decode(AttentionFixture.self, from: data)
  }

  /// Maps of one tower, split by layer.
  private func maps(_ name: String) -> [AttentionMap] {
    guard let all = expected[name] else { return [] }
    let shape = all.shape.count == 4 ? all.shape : [1] + all.shape
    let size = shape[1] * shape[2] * shape[3]
    return (0..<shape[0]).map {
      AttentionMap(
        heads: shape[1], queries: shape[2], keys: shape[3],
        values: Array(all.values[$0 * size..<($0 + 1) * size]))
    }
  }

  private func relevance(_ side: String) -> AttentionRelevance {
    var items: [AttentionGradient] = []
    for (layer, pair) in zip(maps(side + ".maps"), maps(side + ".gradients")).enumerated() {
      items.append(AttentionGradient(place: .block(layer), map: pair.0, gradient: pair.1))
    }
    if let map = maps(side + ".poolMap").first, let gradient = maps(side + ".poolGradient").first {
      items.append(AttentionGradient(place: .pooling, map: map, gradient: gradient))
    }
    return AttentionRelevance(items)
  }

  private func trace(_ side: String) -> Trace {
    var trace = Trace()
    for (layer, map) in maps(side + ".maps").enumerated() { trace.attention[layer] = map }
    trace.pooling = maps(side + ".poolMap").first
    return trace
  }

  func imageView(hasRelevance: Bool = true) throws -> AttentionView {
    var trace = trace("image")
    let rows = vision.height / vision.patch
    let columns = vision.imageWidth / vision.patch
    trace.grid = vision.family == "video" ? [(vision.frames ?? 1) / (vision.tubelet ?? 1)] : []
    trace.grid += [rows, columns]
    let keys = (trace.attention[0] ?? trace.pooling)?.keys ?? 0
    trace.prefixTokens = keys - trace.grid.reduce(1, *)
    let family: VisionConfig.Family =
      switch vision.family {
      case "resnet": .residualNetwork
      case "video": .video(frames: vision.frames ?? 1, tubelet: vision.tubelet ?? 1)
      default: .transformer
      }
    let pooling: ImagePooling =
      switch vision.pooling {
      case "average": .average
      case "map": .map(heads: 1, activation: .gelu)
      case "queries": .queries(heads: 1)
      default: .classToken
      }
    let config = VisionConfig(
      family: family, imageHeight: vision.height, imageWidth: vision.imageWidth,
      patchSize: vision.patch, width: vision.width, layers: vision.layers, heads: vision.heads,
      pooling: pooling)
    return try AttentionView(
      image: trace, config, relevance: hasRelevance ? relevance("image") : nil)
  }

  func textView() throws -> AttentionView? {
    guard let text, let ids = ids?.first else { return nil }
    var trace = trace("text")
    let end = ids.firstIndex(of: ids.max() ?? 0)
    var pooling = TextPooling.largestID
    switch text.pooling {
    case "last": trace.pooledPosition = ids.count - 1
    case "class":
      trace.pooledPosition = ids.count
      pooling = .classToken(padID: 0)
    default: trace.pooledPosition = end
    }
    let config = TextConfig(
      width: text.width, layers: text.layers, heads: text.heads, pooling: pooling)
    return try AttentionView(text: trace, config, relevance: relevance("text"))
  }
}
