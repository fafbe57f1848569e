import Checkpoints
import ScopeEngine
import Tensors
import Testing

@Suite("Counting shared storage") struct StorageAccountTests {
  private func parameters(_ entries: [Entry]) -> Int {
    let catalog = Catalog(container: .pytorchZip, path: "x", entries: entries)
    return Session(checkpoint: CheckpointFile(catalog: catalog, files: [])).summary().parameterCount
  }

  private func entry(
    _ name: String, _ shape: Shape, offset: Int = 0, strides: [Int]? = nil, identity: Int? = 1
  ) -> Entry {
    Entry(
      path: [name], elementType: .f32, shape: shape,
      location: Location(
        file: 0, offset: 0, storageByteCount: 4 * 64, storageOffset: offset, strides: strides,
        storageIdentity: identity))
  }

  @Test("Ties count once") func ties() {
    #expect(parameters([entry("a", [2, 2]), entry("b", [4]), entry("c", [2], offset: 2)]) == 4)
  }

  @Test("Parts that do not overlap add up") func parts() {
    #expect(parameters([entry("q", [4]), entry("k", [4], offset: 4)]) == 8)
  }

  @Test("Without an identity nothing is shared") func separate() {
    #expect(parameters([entry("a", [4], identity: nil), entry("b", [4], identity: nil)]) == 8)
  }

  @Test("A view with strides counts what it names, an expanded one what it reaches") func strides()
  {
    #expect(parameters([entry("evens", [5], strides: [2])]) == 5)
    #expect(parameters([entry("spread", [3, 5], strides: [0, 0])]) == 1)
    #expect(
      parameters([entry("giant", [1 << 30, 1 << 30], strides: [0, 0])]) == 1)
  }

  @Test("Numbers that leave the range of integers do not trap") func overflow() {
    #expect(
      parameters([entry("far", [2, 2], offset: .max - 1, strides: [.max, .max])]) >= 0)
    #expect(
      parameters([
        entry("a", [1 << 40, 1 << 20], identity: nil), entry("b", [1 << 62], identity: nil),
        entry("c", [1 << 62], identity: nil), entry("d", [1 << 62], identity: nil),
      ]) == .max)
  }
}
