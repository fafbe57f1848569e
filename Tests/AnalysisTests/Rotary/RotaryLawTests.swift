import Foundation
import Inference
import TestSupport
import Testing

@testable import Analysis

/// Rotates one vector at a token, as the definition says.
private func rotated(
  _ vector: [Double], _ embedding: RotaryEmbedding, at position: [Double]
) -> [Double] {
  (0..<embedding.headWidth).map { channel in
    let angle = embedding.angle(channel: channel, at: position[...])
    return vector[channel] * cos(angle)
      + embedding.sign(of: channel) * vector[embedding.partner(of: channel)] * sin(angle)
  }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map { $0 * $1 }.reduce(0, +) }

@Suite("Rotary laws") struct RotaryLawTests {
  @Test("Pairs of rotations keep lengths everywhere", arguments: rotations)
  func pairsOfRotations(name: String) throws {
    let specification = try #require(RotaryPreset.named(name)).specification
    for channel in stride(from: 0, to: specification.headWidth, by: 5) {
      let pair = try RotaryPair(channel: channel, of: specification)
      #expect(pair.isRotation)
      let point = pair.point(row: 2, column: 1)
      #expect(abs(point.x * point.x + point.y * point.y - 1) < 1e-12)
      #expect(pair.leastGain(row: 2, column: 1) == 1)
      let angles = pair.angles(row: 2, column: 1)
      #expect(angles.first == angles.second)
    }
  }

  @Test(
    "A pair of V-JEPA 2 shortens what its matrix shortens, and collapses where its angles part by a quarter turn"
  )
  func pairsOfVideo() throws {
    let specification = try #require(RotaryPreset.named("vjepa2-l")).specification
    let pair = try RotaryPair(channel: 1, of: specification)
    #expect(pair.first == 0 && pair.second == 1 && !pair.isRotation && pair.axis == .t)
    for frame in 0..<8 {
      let (a, b) = pair.angles(frame: frame, row: 3, column: 5)
      #expect(a == Double(frame))
      #expect(abs(b - Double(frame) * pow(10_000, -0.1)) < 1e-12)
      // Singular values of a 2x2 matrix from its sum of squares and determinant.
      let (m, n, o, p) = (cos(a), -sin(a), sin(b), cos(b))
      let squares = m * m + n * n + o * o + p * p
      let determinant = abs(m * p - n * o)
      let least = ((squares - (squares * squares - 4 * determinant * determinant).squareRoot()) / 2)
      let gain = pair.leastGain(frame: frame, row: 3, column: 5)
      #expect(abs(gain * gain - least) < 1e-9, "frame \(frame)")
    }
    // omega_0 - omega_1 is 0.6019: the first collapse is near frame 2.61.
    #expect(
      pair.leastGain(frame: 3, row: 0, column: 0) < pair.leastGain(frame: 1, row: 0, column: 0))
    #expect(throws: RotaryError.self) { try RotaryPair(channel: 64, of: specification) }
  }

  @Test("The last channel of an odd number of channels is alone and does not turn")
  func oddHead() throws {
    var specification = try #require(RotaryPreset.named("vjepa2-l")).specification
    specification.headWidth = 7
    let pair = try RotaryPair(channel: 6, of: specification)
    #expect(pair.first == 6 && pair.second == 6 && pair.axis == nil && pair.isRotation)
    #expect(pair.point(frame: 3, row: 2, column: 1) == (1, 0))
    #expect(try RotaryPair.all(of: specification).map(\.first) == [0, 2, 4, 6])
  }

  static let rotations = RotaryPreset.all.filter { $0.specification.family != .vjepa2 }.map(\.name)

  @Test("Rotation keeps length, and a score depends on the distance only", arguments: rotations)
  func rotation(name: String) throws {
    let specification = try #require(RotaryPreset.named(name)).specification
    let embedding = try specification.embedding()
    var generator = SeededGenerator(seed: 11)
    let query = (0..<embedding.headWidth).map { _ in Double.random(in: -1...1, using: &generator) }
    let key = (0..<embedding.headWidth).map { _ in Double.random(in: -1...1, using: &generator) }
    let axes = embedding.axes.count
    let p = (0..<axes).map { Double($0 + 2) }
    let q = (0..<axes).map { Double(3 * $0 + 1) }
    let shift = (0..<axes).map { 1.5 * Double($0) + 4 }
    let turned = rotated(query, embedding, at: p)
    #expect(abs(dot(turned, turned) - dot(query, query)) < 1e-9)
    let score = dot(turned, rotated(key, embedding, at: q))
    let moved = dot(
      rotated(query, embedding, at: zip(p, shift).map { $0 + $1 }),
      rotated(key, embedding, at: zip(q, shift).map { $0 + $1 }))
    #expect(abs(score - moved) < 1e-9)
  }

  @Test("V-JEPA 2 tiles its frequencies: members of a pair differ, and length is not kept")
  func tiled() throws {
    let embedding = try #require(RotaryPreset.named("vjepa2-l")).specification.embedding()
    #expect(embedding.frequency(channel: 0, axis: 0) == 1)
    #expect(embedding.frequency(channel: 1, axis: 0) != 1)
    #expect(embedding.frequency(channel: 10, axis: 0) == 1)
    for channel in 60..<64 {
      for axis in 0..<3 { #expect(embedding.frequency(channel: channel, axis: axis) == 0) }
    }
    var vector = [Double](repeating: 0, count: 64)
    vector[0] = 1
    let turned = rotated(vector, embedding, at: [2.61, 0, 0])
    #expect(abs(dot(turned, turned) - 1) > 0.1)
  }

  /// (preset, grid, axis, bands, shortest, longest, below one cycle, below half) of the published towers.
  static let spectra: [(String, String, RotaryEmbedding.Axis, Int, Double, Double, Int, Int)] = [
    ("eva02-b16-224", "14x14", .y, 16, 5.50, 30916, 14, 13),
    ("eva02-l14-224", "16x16", .x, 16, 6.28, 35333, 14, 13),
    ("eva02-l14-336", "24x24", .y, 16, 9.42, 52999, 14, 13),
    ("pe-core-l14-336", "24x24", .x, 16, 6.28, 35333, 13, 12),
    ("pe-core-g14-448", "32x32", .y, 24, 6.28, 42807, 19, 18),
    ("dinov3", "14x14", .y, 16, 7.00, 525, 13, 11),
    ("dinov3", "32x32", .x, 16, 16.0, 1200, 13, 11),
    ("rope-vit-axial", "14x14", .x, 16, 6.28, 471, 13, 11),
    ("vjepa2-l", "32x16x16", .t, 10, 6.28, 25014, 8, 7),
    ("vjepa2-l", "32x16x16", .y, 10, 6.28, 25014, 9, 8),
    ("vjepa2-h", "32x16x16", .x, 13, 6.28, 30938, 11, 10),
    ("pixtral", "64x64", .y, 16, 6.28, 35333, 11, 10),
    ("pixtral", "64x64", .x, 16, 8.38, 47117, 12, 11),
    ("hunyuanvideo", "9x45x80", .y, 28, 6.28, 1319, 18, 14),
    ("wan2.1", "21x30x52", .t, 22, 6.28, 41339, 19, 17),
    ("qwen2-vl-text", "4x16x16", .t, 16, 6.28, 160, 16, 16),
  ]

  @Test("Wavelengths and unfinished turns are as computed by hand", arguments: spectra)
  func spectrum(
    row: (String, String, RotaryEmbedding.Axis, Int, Double, Double, Int, Int)
  ) throws {
    var specification = try #require(RotaryPreset.named(row.0)).specification
    specification.grid = try #require(TokenGrid(parsing: row.1))
    let spectrum = try RotarySpectrum(of: specification)
    let axis = try #require(spectrum.axes.first { $0.axis == row.2 })
    #expect(axis.bands == row.3)
    #expect(abs(axis.shortestWavelength - row.4) / row.4 < 2e-3)
    #expect(abs(axis.longestWavelength - row.5) / row.5 < 5e-3)
    if row.0 != "qwen2-vl-text" {
      #expect(axis.belowOneCycle == row.6)
      #expect(axis.belowHalfCycle == row.7)
    }
  }

  @Test("A kernel is one at its query and equals the mean cosine of the definition")
  func kernel() throws {
    for name in ["eva02-b16-224", "rope-vit-mixed", "vjepa2-h", "qwen3-vl-text"] {
      var specification = try #require(RotaryPreset.named(name)).specification
      specification.grid = TokenGrid(
        frames: specification.axes.count == 3 ? 3 : 1, rows: 5, columns: 6)
      let frame = specification.grid.frames - 1
      let kernel = try RotaryKernel(of: specification, frame: frame, row: 2, column: 4)
      #expect(abs(kernel.values[(frame * 5 + 2) * 6 + 4] - 1) < 1e-12)
      let embedding = try specification.embedding()
      let (ys, xs) = (specification.axisCoordinates(.y), specification.axisCoordinates(.x))
      var sum = 0.0
      for channel in 0..<embedding.headWidth {
        let ends = embedding.axes.enumerated().map { index, axis -> Double in
          let difference =
            switch axis {
            case .t: Double(0 - frame)
            case .y: ys[4] - ys[2]
            case .x: xs[1] - xs[4]
            }
          return embedding.frequency(channel: channel, axis: index) * difference
        }
        sum += cos(ends.reduce(0, +))
      }
      #expect(abs(kernel.values[4 * 6 + 1] - sum / Double(embedding.headWidth)) < 1e-12)
    }
  }

  @Test("NTK keeps the fastest band and divides the slowest by the factor")
  func ntk() {
    let plain = RotaryScaling.none.bands(base: 10_000, count: 16)
    let scaled = RotaryScaling(method: .ntk, factor: 1.5).bands(base: 10_000, count: 16)
    #expect(scaled[0] == 1)
    #expect(abs(scaled[15] - plain[15] / 1.5) < 1e-15)
    let linear = RotaryScaling(method: .linear, factor: 1.5).bands(base: 10_000, count: 16)
    #expect(linear == plain.map { $0 / 1.5 })
  }

  @Test("Parameters that do not fit are refused with a sentence")
  func refusals() throws {
    var specification = try #require(RotaryPreset.named("eva02-b16-224")).specification
    specification.headWidth = 66
    #expect(throws: RotaryError("head width 66 is not a multiple of 4")) {
      _ = try specification.embedding()
    }
    specification = try #require(RotaryPreset.named("qwen2-vl-vision")).specification
    specification.grid = TokenGrid(rows: 5, columns: 6)
    #expect(throws: RotaryError("the grid 5x6 is not a multiple of the merge size 2")) {
      _ = try specification.embedding()
    }
    #expect(TokenGrid(parsing: "0x4") == nil)
    #expect(TokenGrid(parsing: "4096x4096") == nil)
    #expect(TokenGrid(parsing: "3x4x5") == TokenGrid(frames: 3, rows: 4, columns: 5))
  }
}
