import CKernels
import Foundation
import TestSupport
import Testing

@testable import Inference

private let families = [
  "clip", "clip-scale", "clipa", "custom-blocks", "siglip", "timm-clip", "timm-average", "eva01",
  "eva02", "eva02-e", "pe-core", "pe-core-g", "hf-clip", "hf-siglip", "vjepa2", "resnet", "coca",
  "coca-wide",
]

/// f32 sums through a few layers against double precision, relative to the largest number.
private let tolerance: Float = 1e-5

/// One tower of a fixture, image and text alike.
private struct Side {
  var name: String
  var model: TinyModel
  var trace: (TraceRequest) throws -> (features: FeatureRows, trace: Trace)
  var gradients: (FeatureGradient) throws -> AttentionGradients

  func expected(_ what: String) -> ReferenceModel.Values? { model.expected["\(name).\(what)"] }

  static func all(of family: String, _ options: LoadOptions) throws -> [Side] {
    let data = try Data(
      contentsOf: URL(fileURLWithPath: Fixtures.path("attention/\(family).json")))
    let model = try JSONDecoder().decode(TinyModel.self, from: data)
    var sides: [Side] = []
    if let config = model.visionConfig {
      let tower = try ImageTower(config, weights: model.source, options: options)
      let pixels = model.pixels(tower.inputCount)
      sides.append(
        Side(
          name: "image", model: model, trace: { try tower.trace(pixels, request: $0) },
          gradients: { try tower.attentionGradients(pixels, featureGradient: $0) }))
    }
    if let config = model.textConfig, let ids = model.ids?.first {
      let tower = try TextTower(config, weights: model.source, options: options)
      sides.append(
        Side(
          name: "text", model: model, trace: { try tower.trace(ids, request: $0) },
          gradients: { try tower.attentionGradients(ids, featureGradient: $0) }))
    }
    return sides
  }
}

// Serialised, because the level of the kernels is set for the whole process.
@Suite("The way back through the towers", .serialized) struct AttentionGradientTests {
  @Test("every map equals the reference's", arguments: families, Way.allCases)
  func maps(family: String, way: Way) throws {
    ck_limit_level(way.level)
    defer { ck_limit_level(CK_LEVEL_AVX512) }
    for side in try Side.all(of: family, way.options) {
      let trace = try side.trace(TraceRequest()).trace
      if let expected = side.expected("maps") {
        let found = trace.attention.sorted { $0.key < $1.key }.map(\.value)
        let first = try #require(found.first)
        #expect([found.count, first.heads, first.queries, first.keys] == expected.shape)
        let error = relativeError(found.flatMap(\.values), expected.values)
        print("\(family) \(side.name) \(way) maps \(error)")
        #expect(error <= tolerance)
      }
      if let expected = side.expected("poolMap") {
        let map = try #require(trace.pooling)
        #expect([map.heads, map.queries, map.keys] == expected.shape)
        #expect(relativeError(map.values, expected.values) <= tolerance)
      }
    }
  }

  @Test("gradients equal autograd's", arguments: families, Way.allCases)
  func gradients(family: String, way: Way) throws {
    ck_limit_level(way.level)
    defer { ck_limit_level(CK_LEVEL_AVX512) }
    for side in try Side.all(of: family, way.options) {
      var score: Float = 0
      let found = try side.gradients { features throws(InferenceError) in
        let other = GeneratedWeights.uniform("input.other", features.width).map { Float($0) }
        let result = try Scoring(logitScale: 2.5).score(
          features, with: FeatureRows(count: 1, tokens: 1, width: features.width, values: other))
        score = result.value
        return result.gradient
      }
      let feature = try #require(side.expected("feature"))
      #expect(relativeError(found.features.values, feature.values) <= tolerance)
      let expectedScore = try #require(side.expected("score")).values[0]
      #expect(abs(score - expectedScore) <= 2e-5 * 12)
      if let expected = side.expected("gradients") {
        let gradients = found.gradients.sorted { $0.key < $1.key }.map(\.value)
        #expect(gradients.count == expected.shape[0])
        let error = relativeError(gradients.flatMap(\.values), expected.values)
        print("\(family) \(side.name) \(way) gradients \(error)")
        #expect(error <= tolerance)
        let maps = found.trace.attention.sorted { $0.key < $1.key }.map(\.value)
        let expectedMaps = try #require(side.expected("maps"))
        #expect(relativeError(maps.flatMap(\.values), expectedMaps.values) <= tolerance)
      }
      if let expected = side.expected("poolGradient") {
        let map = try #require(found.pooling)
        #expect([map.heads, map.queries, map.keys] == expected.shape)
        let error = relativeError(map.values, expected.values)
        print("\(family) \(side.name) \(way) pool gradient \(error)")
        #expect(error <= tolerance)
      }
    }
  }

  @Test("packed panels give the plain matrix back", arguments: [1, 256, 257, 700], [1, 16, 37])
  func unpacking(inputs: Int, outputs: Int) {
    let values = GeneratedWeights.uniform("matrix", inputs * outputs).map { Float16($0) }
    let plain = values.map { Float($0) }
    for (element, isHalf) in [(CK_F32, false), (CK_F16, true)] {
      let panels = AlignedBuffer(floats: ck_packed_count(inputs, outputs))
      values.withUnsafeBytes {
        ck_pack_rows(panels.base, element, inputs, outputs, 0, outputs, $0.baseAddress, CK_F16)
      }
      var packed = ck_packed(
        panels: UnsafeRawPointer(panels.base), element: element, inputs: inputs, outputs: outputs)
      var found = [Float](repeating: .nan, count: inputs * outputs)
      let first = outputs / 3
      withExtendedLifetime(panels) {
        ck_unpack_rows(&found, &packed, 0, first)
        found.withUnsafeMutableBufferPointer {
          ck_unpack_rows(
            $0.baseAddress.map { $0 + first * inputs }, &packed, first, outputs - first)
        }
      }
      #expect(found == plain, "half \(isHalf)")
    }
  }

  @Test("maps that do not fit into memory are refused before anything is allocated")
  func memory() throws {
    try TraceRequest.checkSize(maps: 12, heads: 12, tokens: 197, limit: 1 << 26)
    for (maps, heads, tokens) in [
      (12, 12, 577), (24, 16, 8_192), (1_024, 4_096, 262_144), (1 << 31, 4_096, 1 << 24),
    ] {
      #expect(throws: InferenceError.self) {
        try TraceRequest.checkSize(maps: maps, heads: heads, tokens: tokens, limit: 1 << 26)
      }
    }
  }

  @Test("a gradient of the wrong size and a cancelled run are refused")
  func refusals() throws {
    let side = try #require(try Side.all(of: "clip", LoadOptions(threads: 1)).first)
    #expect(throws: InferenceError.self) {
      _ = try side.gradients { _ throws(InferenceError) in [1, 2] }
    }
    let model = side.model
    let tower = try ImageTower(#require(model.visionConfig), weights: model.source)
    var visited = 0
    #expect(throws: InferenceError.cancelled) {
      _ = try tower.visitAttentionGradients(
        model.pixels(tower.inputCount), featureGradient: { features in features.values },
        control: ForwardControl(isCancelled: { true }), visit: { _ in visited += 1 })
    }
    #expect(visited == 0)
  }
}
