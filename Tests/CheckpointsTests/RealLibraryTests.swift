import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// Files of the real libraries hold what Python reads from them (`Tests/Oracle/containers.py`).
@Suite("Files of the real libraries") struct RealLibraryTests {
  struct Sampled: Decodable {
    var dtype: String
    var shape: [Int]
    var values: [[Double]]
  }

  static func sampled() throws -> [String: [String: Sampled]] {
    let url = URL(fileURLWithPath: Fixtures.path("containers/sampled.json"))
    return try JSONDecoder().decode(
      [String: [String: Sampled]].self, from: Data(contentsOf: url))
  }

  @Test(arguments: [
    ("open_clip.safetensors", "safetensors"), ("clip_plain", "safetensors"),
    ("clip_sharded", "safetensors-sharded"), ("types.safetensors", "safetensors"),
  ])
  func holdsWhatPythonReads(_ name: String, _ kind: String) throws {
    let expected = try #require(try Self.sampled()[name])
    let checkpoint = try CheckpointFile(opening: Fixtures.path("containers/\(name)"))
    #expect(checkpoint.catalog.container.rawValue == kind)
    #expect(checkpoint.catalog.diagnostics.isEmpty)
    #expect(
      checkpoint.catalog.metadata.contains(MetadataPair(key: "format", value: "pt"))
        || name.hasPrefix("types"))
    #expect(Set(checkpoint.catalog.entries.map(\.name)) == Set(expected.keys))
    for entry in checkpoint.catalog.entries {
      let facts = try #require(expected[entry.name])
      #expect(entry.elementType.rawValue == facts.dtype)
      #expect(entry.shape.sizes == facts.shape)
      let values = try checkpoint.doubles(of: entry)
      for pair in facts.values { #expect(values[Int(pair[0])] == pair[1], "\(entry.name)") }
    }
  }

  @Test func collectsTheFilesBesideTheWeights() throws {
    for name in [
      "clip_plain", "clip_plain/model.safetensors", "clip_sharded/model.safetensors.index.json",
    ] {
      let catalog = try CheckpointFile(opening: Fixtures.path("containers/\(name)")).catalog
      #expect(catalog.companions.map(\.name) == ["config.json"])
      #expect(catalog.companions.allSatisfy { $0.byteCount > 100 })
    }
  }
}
