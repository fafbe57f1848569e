import Checkpoints
import OrderedCollections
import Tensors
import Testing

@testable import Dialects

/// Names that Transformers' Flax models are stored under.
@Suite("Flax") struct FlaxTests {
  private func pair() throws -> Pair {
    try #require(Pair.all.first { $0.name == "hf-flax-clip > hf-clip" })
  }

  /// safetensors written by Flax models join the names with dots.
  @Test func dottedNamesGiveTheSameBytes() throws {
    let pair = try pair()
    var dotted = pair
    dotted.source = pair.source.map { ($0.name.replacing("/", with: "."), $0.shape) }
    let identity = dotted.identity
    #expect(identity.layout == "hf-flax-clip" && identity.dialect == .hfClip)
    #expect(identity.vision == pair.identity.vision && identity.text == pair.identity.text)
    let mapping = try Mapping.make(identity, to: "hf-clip", graph: RuleTables.graph())
    #expect(mapping.coverage.unknown == 0 && mapping.coverage.unfilled == 0)
    // Rows name the tensors as the file does.
    #expect(mapping.rows.contains { $0.source == ["visual_projection.kernel"] })
    let memory = pair.memory
    for (name, target) in pair.target {
      let plan = try #require(mapping.tensors[name], "\(name)")
      #expect(SHA256.hex(try plan.bytes(from: memory)) == target.digest, "\(name)")
    }
  }

  @Test(arguments: [Tower.vision, .text], ["/", "."])
  func oneTower(tower: Tower, separator: String) throws {
    var part = try pair()
    part.source = part.source.filter { $0.name.hasPrefix("\(tower.rawValue)_model/") }
      .map { ($0.name.replacing("/", with: separator), $0.shape) }
    let identity = part.identity
    #expect(identity.layout == "hf-flax-clip" && identity.towers == [tower])
    #expect(identity.dialect == (tower == .vision ? .hfClipVision : .hfClipText))
    let mapping = try Mapping.make(identity, to: "hf-clip", graph: RuleTables.graph())
    #expect(mapping.coverage.unknown == 0 && mapping.coverage.unfilled == 0)
    #expect(mapping.tensors.count == part.source.count)
  }

  /// A PyTorch file keeps its dots.
  @Test func pytorchNamesStay() throws {
    var torch = try pair()
    torch.source = torch.target.map { ($0.key, $0.value.shape) }
    #expect(torch.identity.layout == "hf-clip")
  }
}
