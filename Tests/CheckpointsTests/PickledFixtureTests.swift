import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// Files that torch and NumPy wrote (`Tests/Oracle/pickled.py`): every element type, optimizer moments, other values.
@Suite("Pickled fixtures") struct PickledFixtureTests {
  static let files = [
    "openclip.pt", "openclip_legacy.pt", "training_2.pt", "training_3.pt", "training_4.pt",
    "training_5.pt", "dtypes.pt", "traced.pt", "scripted.pt", "arrays.npz", "arrays_deflated.npz",
    "fortran.npy", "big.npy", "scalar.npy",
  ]

  @Test("Tensors, samples and other values equal what Python reads", arguments: files)
  func equalsPython(file: String) throws {
    let data = try #require(
      FileManager.default.contents(atPath: Fixtures.path("pickled/expected.json")))
    let all = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
    let facts = try #require(all[file])
    let tensors = try #require(facts["tensors"] as? [String: [String: Any]])
    let checkpoint = try CheckpointFile(opening: Fixtures.path("pickled/" + file))
    #expect(checkpoint.catalog.container.rawValue == facts["container"] as? String)
    #expect(Set(checkpoint.catalog.entries.map(\.name)) == Set(tensors.keys))
    #expect(checkpoint.catalog.scanFindings.isEmpty)
    if let root = facts["weights_root"] as? [String] {
      #expect(checkpoint.catalog.weightsRoot == root)
    }
    for (name, expected) in (facts["others"] as? [String: [String]]) ?? [:] {
      let other = checkpoint.catalog.others.first { $0.name == name }
      #expect(other?.kind == expected[0], "\(name)")
      #expect(other?.text == expected[1], "\(name)")
    }
    for entry in checkpoint.catalog.entries {
      guard let expected = tensors[entry.name] else { continue }
      #expect(entry.elementType.rawValue == expected["dtype"] as? String, "\(entry.name)")
      #expect(entry.shape.sizes == expected["shape"] as? [Int], "\(entry.name)")
      let samples = try #require(expected["samples"] as? [String: Double])
      try checkpoint.withBytes(of: entry) { bytes in
        #expect(bytes.count == entry.byteCount)
        let decoder = ElementDecoder(type: entry.elementType)
        for (place, value) in samples {
          let index = try #require(Int(place))
          // Foundation's JSON numbers can be a few units of the last place of a Double off.
          let own = decoder.value(at: index, in: bytes)
          #expect(abs(own - value) <= 1e-14 * abs(value), "\(entry.name)[\(place)]")
        }
      }
    }
  }

  @Test("Every cut of a file is an error or a marked tensor, never a trap")
  func cuts() throws {
    let folder = try TemporaryFolder()
    for file in ["openclip_legacy.pt", "scripted.pt", "arrays_deflated.npz", "fortran.npy"] {
      let whole = [UInt8](
        try #require(FileManager.default.contents(atPath: Fixtures.path("pickled/" + file))))
      for part in 1..<40 {
        let cut = Array(whole.prefix(whole.count * part / 40))
        let path = try folder.write(cut, to: "\(part)-\(file)")
        guard let checkpoint = try? CheckpointFile(opening: path) else { continue }
        #expect(checkpoint.catalog.diagnostics.contains { $0.severity == .error }, "\(path)")
        for entry in checkpoint.catalog.entries { try? checkpoint.withBytes(of: entry) { _ in } }
      }
    }
  }
}
