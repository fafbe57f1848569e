import Checkpoints
import Glibc
import ScopeEngine
import TestSupport
import Testing

@Suite("Scan") struct ScanTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func findings(_ tensors: [TinyCheckpoint.Tensor]) throws -> [String] {
    try TinyCheckpoint.session(tensors, in: TemporaryFolder()).scan().map {
      "\($0.kind) \($0.place)"
    }
  }

  @Test("Honest weights have no findings") func clean() throws {
    #expect(try findings([.init(name: "w", shape: [2], values: [1, -2])]).isEmpty)
  }

  @Test("NaN and infinite values are found") func notFinite() throws {
    #expect(
      try findings([
        .init(name: "a.weight", shape: [2], values: [.nan, 1]),
        .init(name: "b.weight", shape: [2], values: [-.infinity, 1]),
      ]).sorted() == ["infinity b.weight", "nan a.weight"])
  }

  @Test("A mask full of -inf is normal; NaN or +inf in it is not") func mask() throws {
    #expect(try findings([.init(name: "attn_mask", shape: [2], values: [-.infinity, 0])]).isEmpty)
    #expect(
      try findings([.init(name: "text.attn_mask", shape: [2], values: [.infinity, 0])])
        == ["infinity text.attn_mask"])
    #expect(
      try findings([.init(name: "attn_mask", shape: [1], values: [.nan])]) == ["nan attn_mask"])
  }

  @Test("Values are not read where only headers are asked for") func headersOnly() throws {
    let session = try TinyCheckpoint.session(
      [.init(name: "a", shape: [1], values: [.nan])], in: folder)
    #expect(try session.scan(readsValues: false).isEmpty)
  }

  @Test("Globals of a pickle become findings by their standing") func globals() {
    func global(_ standing: PickleGlobal.Standing) -> PickleGlobal {
      PickleGlobal(
        module: "posix", name: "mkdir", opcodeOffset: 17, isCalled: true, standing: standing,
        place: "archive/data.pkl")
    }
    let catalog = Catalog(
      container: .pytorchZip, path: "x.pt",
      pickleGlobals: [global(.known), global(.unknown), global(.dangerous)])
    let session = Session(checkpoint: CheckpointFile(catalog: catalog, files: []))
    let findings = try? session.scan()
    #expect(findings?.map(\.severity) == [.warning, .danger])
    #expect(findings?.last?.global == "posix.mkdir")
    #expect(findings?.last?.opcodeOffset == 17)
  }

  @Test("A pickle beside clean weights is a finding of their folder, not of their file")
  func beside() throws {
    let tensors = [TinyCheckpoint.Tensor(name: "a", shape: [1], values: [1])]
    let file = try TinyCheckpoint.session(tensors, in: folder, name: "model")
    let pickle = Fixtures.path("cases/c08_reduce_beside_weights.pt")
    #expect(symlink(pickle, folder.file("training_args.bin")) == 0)
    let whole = Session(checkpoint: try CheckpointFile(opening: folder.path))
    let findings = try whole.scan().filter { $0.severity == .danger }
    #expect(!findings.isEmpty)
    #expect(findings.allSatisfy { $0.place.hasPrefix("training_args.bin") && $0.global != nil })
    #expect(try file.scan().isEmpty)
  }

  @Test("A missing shard is a finding") func shard() throws {
    let checkpoint = try CheckpointFile(opening: Fixtures.path("cases/c16_missing_shard"))
    let findings = try Session(checkpoint: checkpoint).scan()
    #expect(findings.contains { $0.message.contains("model-00002-of-00002.safetensors") })
  }
}
