import Checkpoints
import Glibc
import ScopeEngine
import TestSupport
import Testing

@Suite("Scan") struct ScanTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func scan() throws -> ScanReport { try Engine().scan(folder.path).wait() }

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
    let findings = try scan().findings.filter { $0.severity == .danger }
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

@Suite("Scan of a folder") struct FolderScanTests {
  private static let call = Array("cos\nsystem\n(S'true'\ntR.".utf8)
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func scan(readsValues: Bool = true) throws -> ScanReport {
    try Engine().scan(folder.path, readsValues: readsValues).wait()
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    var path = folder.path
    for part in name.split(separator: "/").dropLast() {
      path += "/\(part)"
      mkdir(path, 0o755)
    }
    _ = try folder.write(bytes, to: name)
  }

  private func writeWeights(_ name: String, _ values: [Float] = [1]) throws {
    try write([], to: name)
    _ = unlink(folder.file(name))
    _ = try TinyCheckpoint.write(
      [.init(name: "a", shape: [values.count], values: values)], to: folder.file(name))
  }

  @Test("Live pickles are found by what they hold, at any depth, and each finding names its file")
  func everywhere() throws {
    let names = [
      "data.txt", "e.joblib", "e.pickle", "optimizer", "x.index.json", "sub/evil.pkl",
      ".cache/evil.pkl", "ckpt/a/pytorch_model.bin",
    ]
    for name in names { try write(Self.call, to: name) }
    try writeWeights("odd.safetensors")
    try write(Array("notes".utf8), to: "notes.md")
    try write(Self.call, to: ".git/packed")
    let report = try scan()
    #expect(report.findings.allSatisfy { $0.global == "os.system" && $0.severity == .danger })
    #expect(Set(report.findings.map(\.place)) == Set(names))
    #expect(report.extent?.fileCount == names.count + 2)
    #expect(report.extent?.otherCount == 1)
  }

  @Test("The file that a folder opens as is named like any other") func opened() throws {
    try write(Self.call, to: "evil.pt")
    #expect(try scan().findings.map(\.place) == ["evil.pt"])
    unlink(folder.file("evil.pt"))
    try writeWeights("model.safetensors", [.nan])
    #expect(try scan().findings.map(\.place) == ["model.safetensors: a"])
  }

  @Test("Broken files are named with the reason; files of other kinds are counted")
  func broken() throws {
    try writeWeights("good.safetensors")
    try write(Array("version https://git-lfs.github.com/spec/v1\n".utf8), to: "l.safetensors")
    try write([], to: "empty.pt")
    try write(Array("<!DOCTYPE html><html>".utf8), to: "page.PT")
    try write([], to: "empty.log")
    // Texts and archives that begin like a pickle or a container by chance.
    try write(Array("image,caption\n0.jpg,a cat\n".utf8), to: "train.csv")
    try write(Array("class,name\n0,cat\n".utf8), to: "classes.csv")
    try write(Array("(c) somebody\nall rights\n".utf8), to: "LICENSE")
    #expect(symlink("/nonexistent/blob", folder.file("model.bin")) == 0)
    let report = try scan()
    #expect(
      report.findings.map(\.place).sorted()
        == ["empty.pt", "l.safetensors", "model.bin", "page.PT"])
    #expect(report.findings.allSatisfy { $0.isGap && $0.kind == "unreadable-file" })
    #expect(report.findings.contains { $0.message == "the file is empty" })
    #expect(report.findings.contains { $0.message.contains("git lfs pull") })
    #expect(report.extent?.fileCount == 8)
    #expect(report.extent?.otherCount == 4)
  }

  @Test("A pickle that breaks off is a finding where it says that it is one") func cut() throws {
    try write([0x80, 4, 0x95], to: "state")
    try writeWeights("good.safetensors")
    #expect(try scan().findings.map { "\($0.kind) \($0.place)".prefix(15) } == ["malformed state"])
  }

  @Test("A folder without any checkpoint is refused, one with checkpoints further down is not")
  func nothing() throws {
    try write(Array("notes".utf8), to: "notes.md")
    #expect(throws: CheckpointError.self) { try scan() }
    try writeWeights("a/b/model.safetensors", [.nan])
    let report = try scan()
    #expect(report.findings.isEmpty)
    #expect(report.extent?.fileCount == 2)
    #expect(report.extent?.otherCount == 1)
    #expect(report.extent?.withoutValues == ["a/b/model.safetensors"])
  }

  @Test("Checkpoints of which no values are read are told, where values are asked for")
  func values() throws {
    try writeWeights("model.safetensors")
    try writeWeights("sub/other.safetensors", [.nan])
    #expect(try scan().extent?.withoutValues == ["sub/other.safetensors"])
    #expect(try scan(readsValues: false).extent?.withoutValues == [])
  }

  @Test("What an index of shards tells is told once, beside what its shards tell") func index()
    throws
  {
    let source = Fixtures.path("cases/c16_missing_shard")
    #expect(symlink(source, folder.file("shards")) == 0)
    let report = try scan()
    let missing = report.findings.filter { $0.kind == "missing-shard" }
    #expect(missing.count == 1)
    #expect(missing.allSatisfy { $0.place.hasPrefix("shards/model.safetensors.index.json: ") })
  }
}
