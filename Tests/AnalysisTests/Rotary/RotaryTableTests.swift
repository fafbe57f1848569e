import Foundation
import Inference
import TestSupport
import Testing

@testable import Analysis

/// Golden tables from timm, transformers and diffusers (`Tests/Oracle/rope.py`).
struct GoldenTable: Decodable, Sendable, CustomTestStringConvertible {
  struct Changes: Decodable {
    var grid: String?
    var normalize: String?
    var freqs: [Double]?
  }
  var preset: String
  var changes: Changes
  var positions: Int
  var headWidth: Int
  var tokens: [Int]
  var cos: [[Double]]
  var sin: [[Double]]

  enum CodingKeys: String, CodingKey {
    case preset, changes, positions, tokens, cos, sin
    case headWidth = "head_width"
  }

  var testDescription: String { "\(preset) \(changes.grid ?? "") \(changes.normalize ?? "")" }

  static let all: [GoldenTable] = {
    guard let data = FileManager.default.contents(atPath: Fixtures.path("rope/tables.json")),
      let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    else { return [] }
    return object.filter { !$0.key.hasPrefix("scaling") }.sorted { $0.key < $1.key }.compactMap {
      guard let part = try? JSONSerialization.data(withJSONObject: $0.value) else { return nil }
      return try? JSONDecoder().decode(GoldenTable.self, from: part)
    }
  }()
}

@Suite("Rotary tables") struct RotaryTableTests {
  @Test("Every preset has a golden table")
  func coverage() {
    let covered = Set(GoldenTable.all.map(\.preset))
    #expect(Set(RotaryPreset.all.map(\.name)) == covered)
  }

  @Test("Tables equal the modules of the real libraries", arguments: GoldenTable.all)
  func tables(golden: GoldenTable) throws {
    var specification = try #require(RotaryPreset.named(golden.preset)).specification
    if let grid = golden.changes.grid {
      specification.grid = try #require(TokenGrid(parsing: grid))
    }
    if let normalize = golden.changes.normalize {
      specification.normalization =
        try #require(RotarySpecification.Normalization(rawValue: normalize))
    }
    specification.learnedFrequencies = golden.changes.freqs
    let embedding = try specification.embedding()
    let positions = specification.positions()
    #expect(embedding.headWidth == golden.headWidth)
    #expect(positions.count == golden.positions)
    let (cosines, sines) = embedding.table(at: positions)
    var worst = 0.0
    for (row, token) in golden.tokens.enumerated() {
      for channel in 0..<golden.headWidth {
        let index = token * golden.headWidth + channel
        worst = max(worst, abs(Double(cosines[index]) - golden.cos[row][channel]))
        worst = max(worst, abs(Double(sines[index]) - golden.sin[row][channel]))
      }
    }
    // The libraries form angles in single precision: one unit in the last place at the largest angle.
    let largest =
      (positions.coordinates.map(abs).max() ?? 0) * (embedding.frequencies.map(abs).max() ?? 0)
    let tolerance = max(1e-6, largest * 1.2e-7)
    #expect(worst <= tolerance, "largest difference \(worst)")
  }

  @Test("YaRN bands equal transformers' own function")
  func yarn() throws {
    let data = try #require(FileManager.default.contents(atPath: Fixtures.path("rope/tables.json")))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let golden = try #require(object["scaling yarn"] as? [String: Any])
    let bands = try #require(golden["bands"] as? [Double])
    let scale = try #require(golden["mscale"] as? Double)
    let scaling = RotaryScaling(method: .yarn, factor: 4, trainedLength: 2048)
    let own = scaling.bands(base: 10_000, count: 32)
    for (a, b) in zip(own, bands) { #expect(abs(a - b) <= 1e-6 * b + 1e-9) }
    #expect(own.count == bands.count)
    #expect(abs(scaling.scale - scale) < 1e-6)
  }
}
