import Analysis
import Cells
import Glibc
import Inference

@testable import ScopeUI

/// Attention that was made by hand: every head looks near its query, each a little further to the right.
enum SampleAttention {
  static let rows = 6
  static let columns = 8
  static let layers = 3
  static let heads = 4

  static func capture(
    _ request: AttentionRequest, pooling: Bool = false, holes: Bool = false, frames: Int = 1,
    note: String? = nil
  ) -> AttentionCapture {
    do {
      switch request.side {
      case .picture:
        return try picture(request, pooling: pooling, holes: holes, frames: frames, note: note)
      case .text: return try text(request)
      }
    } catch {
      preconditionFailure("the sample does not fit together: \(error)")
    }
  }

  private static func picture(
    _ request: AttentionRequest, pooling: Bool, holes: Bool, frames: Int, note: String?
  ) throws -> AttentionCapture {
    let prefix = pooling ? 0 : 1
    let tokens = rows * columns + prefix
    var trace = Trace()
    trace.grid = frames == 1 ? [rows, columns] : [frames, rows / frames, columns]
    trace.prefixTokens = prefix
    for layer in 0..<layers {
      var values: [Float] = []
      for head in 0..<heads {
        for query in 0..<tokens {
          values += row(query, layer, head, tokens: tokens, prefix: prefix)
        }
      }
      if holes { values[prefix + 9] = .nan }
      trace.attention[layer] = AttentionMap(
        heads: heads, queries: tokens, keys: tokens, values: values)
    }
    var config = VisionConfig(
      imageHeight: rows * 8, imageWidth: columns * 8, patchSize: 8, width: 32, layers: layers,
      heads: heads)
    if pooling {
      config.pooling = .map(heads: heads, activation: .gelu)
      let values = (0..<heads).flatMap { row(20, 0, $0, tokens: tokens, prefix: 0) }
      trace.pooling = AttentionMap(heads: heads, queries: 1, keys: tokens, values: values)
    }
    let view = try AttentionView(image: trace, config)
    var preview = PixelGrid(width: columns * 8, height: rows * 8)
    for y in 0..<preview.height {
      for x in 0..<preview.width {
        preview[x, y] = Color(UInt8(x * 3), UInt8(y * 4), x > 20 && x < 40 ? 200 : 40)
      }
    }
    return AttentionCapture(
      request, view: view, previews: [preview], measures: view.stack?.measures(patchSize: 8) ?? [],
      note: note)
  }

  /// Sums to one; the class token looks at the middle.
  private static func row(
    _ query: Int, _ layer: Int, _ head: Int, tokens: Int, prefix: Int
  ) -> [Float] {
    let place = query < prefix ? rows / 2 * columns + columns / 2 : query - prefix
    let raw = (0..<tokens).map { key -> Double in
      guard key >= prefix else { return 0.5 }
      let dy = Double((key - prefix) / columns - place / columns)
      let dx = Double((key - prefix) % columns - place % columns - head)
      return exp(-(dy * dy + dx * dx) / Double(2 * (layer + 1)))
    }
    let sum = raw.reduce(0, +)
    return raw.map { Float($0 / sum) }
  }

  private static func text(_ request: AttentionRequest) throws -> AttentionCapture {
    let labels = ["<start_of_text>", "a", "red", "circle", "on", "權", "<end_of_text>"]
    let tokens = 10
    var trace = Trace()
    trace.pooledPosition = 6
    for layer in 0..<layers {
      var values: [Float] = []
      for head in 0..<heads {
        for query in 0..<tokens {
          let sum = (0...query).reduce(0.0) { $0 + 1 / Double(1 + abs($1 - head)) }
          values += (0..<tokens).map { key in
            key > query ? 0 : Float(1 / Double(1 + abs(key - head)) / sum)
          }
        }
      }
      trace.attention[layer] = AttentionMap(
        heads: heads, queries: tokens, keys: tokens, values: values)
    }
    let view = try AttentionView(
      text: trace, TextConfig(width: 32, layers: layers, heads: heads))
    return AttentionCapture(
      request, view: view, labels: labels, measures: view.stack?.measures(patchSize: 1) ?? [])
  }
}

extension State {
  /// The page with a picture whose attention came.
  static func attention(
    columns: Int = 120, rows: Int = 40, pooling: Bool = false, holes: Bool = false
  ) -> State {
    var state = State.showing(SampleCatalogs.training(), columns: columns, rows: rows)
    state.press("5", "i")
    for key in "cat.png" { state.press(String(key)) }
    state.press("enter")
    state.answerAttention(pooling: pooling, holes: holes)
    return state
  }

  /// Lets the capture that was asked for come.
  mutating func answerAttention(pooling: Bool = false, holes: Bool = false) {
    guard let request = attention.asked, jobs[.attention] != nil else { return }
    finish(.attention, .attention(SampleAttention.capture(request, pooling: pooling, holes: holes)))
  }
}
