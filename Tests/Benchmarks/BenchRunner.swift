import Glibc
import Inference

/// One loaded model and the things that can be timed with it.
final class BenchRunner {
  let model: BenchModel
  let image: ImageTower
  let text: TextTower
  let loadSeconds: Double
  let clock: clockid_t
  private var pixels: [Float] = []
  private var ids: [Int] = []

  init(_ model: BenchModel, _ options: BenchOptions) throws {
    clock = options.countsProcessorTime ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC
    let start = Self.now(clock)
    self.model = model
    image = try ImageTower(model.vision, weights: model.weights, options: options.load)
    text = try TextTower(model.text, weights: model.weights, options: options.load)
    loadSeconds = Self.now(clock) - start
  }

  static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Pixels in [-2, 2), the first `count` images of a fixed sequence.
  func pixels(_ count: Int) -> [Float] {
    let needed = count * image.inputCount
    if pixels.count != needed {
      pixels = GeneratedSource.uniform("input.pixels", needed).map { $0 * 2 }
    }
    return pixels
  }

  func ids(_ count: Int) -> [Int] {
    let length = text.contextLength
    if ids.count != count * length {
      ids = GeneratedSource.uniform("input.ids", count * length).map { Int(abs($0) * 49_000) + 1 }
      for row in 0..<count {
        ids[row * length] = 49_406
        ids[row * length + length - 1] = 49_407
      }
    }
    return ids
  }

  /// Seconds of one forward, and the first feature row.
  func forward(_ tower: String, _ batch: Int) throws -> (Double, ArraySlice<Float>) {
    if tower == "text" {
      let ids = ids(batch)
      let start = Self.now(clock)
      let rows = try text.encode(ids, count: batch)
      return (Self.now(clock) - start, rows.row(batch - 1))
    }
    let pixels = pixels(batch)
    let start = Self.now(clock)
    let rows = try image.encode(pixels, count: batch)
    return (Self.now(clock) - start, rows.row(batch - 1))
  }

  /// Seconds of the products of one forward alone, and their operations.
  func products(_ tower: String, _ batch: Int) -> (Double, Double) {
    let start = Self.now(clock)
    let operations = tower == "text" ? text.products(count: batch) : image.products(count: batch)
    return (Self.now(clock) - start, operations ?? 0)
  }

  /// Seconds of one forward that keeps every attention map.
  func attention() throws -> Double {
    let pixels = pixels(1)
    let start = Self.now(clock)
    _ = try image.trace(pixels)
    return Self.now(clock) - start
  }
}

extension BenchRunner {
  /// Seconds of a forward and the way back to every map.
  func gradients() throws -> Double {
    let pixels = pixels(1)
    let start = Self.now(clock)
    _ = try image.visitAttentionGradients(
      pixels, featureGradient: { features throws(InferenceError) in features.values },
      visit: { _ in })
    return Self.now(clock) - start
  }
}
