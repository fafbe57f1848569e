import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// Files that torch and NumPy wrote (`Tests/Oracle/torch_files.py`).
@Suite("Files of torch and NumPy") struct PyTorchFileTests {
  struct Facts {
    var container: String
    var weightsRoot: [String]
    var tensors: [String: [Any]]
  }

  static let files = [
    "clip_zip.pt", "clip_legacy.pt", "training_protocol_2.pt", "training_protocol_3.pt",
    "training_protocol_4.pt", "training_protocol_5.pt", "tower_jit.pt", "scripted_jit.pt",
    "arrays.npz", "arrays_compressed.npz", "single.npy",
  ]

  private func facts(_ file: String) throws -> Facts {
    let data = try #require(
      FileManager.default.contents(atPath: Fixtures.path("pytorch/expected.json")))
    let all = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
    let one = try #require(all[file])
    return Facts(
      container: try #require(one["container"] as? String),
      weightsRoot: try #require(one["weights_root"] as? [String]),
      tensors: try #require(one["tensors"] as? [String: [Any]]))
  }

  @Test("Names, shapes, types and values equal what Python reads", arguments: files)
  func equalsPython(file: String) throws {
    let facts = try facts(file)
    let checkpoint = try CheckpointFile(opening: Fixtures.path("pytorch/" + file))
    let catalog = checkpoint.catalog
    #expect(catalog.container.rawValue == facts.container)
    #expect(catalog.weightsRoot == facts.weightsRoot)
    #expect(Set(catalog.entries.map(\.name)) == Set(facts.tensors.keys))
    #expect(catalog.scanFindings.isEmpty)
    for entry in catalog.entries {
      let fact = try #require(facts.tensors[entry.name])
      #expect(entry.elementType.rawValue == fact[0] as? String, "\(entry.name)")
      #expect(entry.shape.sizes == fact[1] as? [Int], "\(entry.name)")
      let indices = try #require(fact[2] as? [Int])
      let values = try #require(fact[3] as? [Double])
      try checkpoint.withBytes(of: entry) { bytes in
        #expect(bytes.count == entry.byteCount)
        let decoder = ElementDecoder(type: entry.elementType)
        for (index, value) in zip(indices, values) {
          // Foundation's JSON numbers can be a few units of the last place of a Double off.
          let own = decoder.value(at: index, in: bytes)
          #expect(abs(own - value) <= 1e-14 * abs(value), "\(entry.name)[\(index)]")
        }
      }
    }
  }

  @Test("Every cut of a file is an error or a marked tensor, never a trap")
  func cuts() throws {
    let folder = try TemporaryFolder()
    for file in ["clip_legacy.pt", "scripted_jit.pt", "arrays_compressed.npz", "single.npy"] {
      let whole = [UInt8](
        try #require(FileManager.default.contents(atPath: Fixtures.path("pytorch/" + file))))
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
