import Checkpoints
import Foundation
import Glibc
import Tensors
import TestSupport
import Testing

@testable import ScopeEngine

@Suite("Conversion") struct ConversionTests {
  private func session(_ name: String) throws -> Session {
    Session(checkpoint: try CheckpointFile(opening: Fixtures.path("cases/" + name)))
  }

  private func request(_ output: String, _ target: ConversionTarget) -> ConversionRequest {
    ConversionRequest(
      output: output, options: ConversionOptions(target: target),
      identity: IdentityOptions(heads: 2),
      isVerifying: true)
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func bytes(_ path: String) throws -> [String: [UInt8]] {
    let file = try CheckpointFile(opening: path)
    var result: [String: [UInt8]] = [:]
    for entry in file.catalog.entries {
      result[entry.name] = try file.withBytes(of: entry) { Array($0) }
    }
    return result
  }

  @Test(
    "There and back gives the same bytes",
    arguments: [
      ("c19_openclip_quick", ConversionTarget.transformers, ConversionTarget.openClip),
      ("c19_hf_quick", .openClip, .transformers), ("c22_square_hf", .openClipCustom, .transformers),
      ("c20_without_ids", .openClip, .transformers),
    ])
  func thereAndBack(name: String, there: ConversionTarget, back: ConversionTarget) throws {
    let folder = try TemporaryFolder()
    let source = try session(name)
    let receipt = try source.convert(request(folder.file("there"), there))
    #expect(receipt.verification?.passed == true)
    #expect((receipt.verification?.comparedSources ?? 0) > 30)
    #expect(receipt.tensors.allSatisfy { $0.digest?.count == 64 })
    #expect(receipt.sourceFiles.allSatisfy { $0.digest?.count == 64 })
    let middle = Session(checkpoint: try CheckpointFile(opening: folder.file("there")))
    _ = try middle.convert(request(folder.file("back"), back))
    #expect(try bytes(folder.file("back")) == bytes(source.catalog.files[0]))
  }

  @Test("Why features were not compared is told") func featuresSkipped() throws {
    let folder = try TemporaryFolder()
    let name = "image_encoder.model.patch_embed.0.rbr_conv.0.conv.weight"
    let header = #"{"\#(name)":{"dtype":"U8","shape":[1,3,1,1],"data_offsets":[0,3]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    bytes += Array(header.utf8) + [1, 2, 3]
    try Data(bytes).write(to: URL(fileURLWithPath: folder.file("s.safetensors")))
    let model = Session(checkpoint: try CheckpointFile(opening: folder.file("s.safetensors")))
    let compare = ConversionRequest.featureComparison(ModelRequest())
    let outcome = try compare(model, model, JobContext())
    #expect(outcome == .skipped("the forward pass of fastvit towers is not built in"))
    var verification = ConversionVerification()
    verification.featuresSkipped = "x"
    #expect(verification.json["features_skipped"]?.string == "x")
  }

  @Test("A dropped buffer is named with its reason") func dropped() throws {
    let folder = try TemporaryFolder()
    let receipt = try session("c20_with_ids").convert(request(folder.file("out"), .openClip))
    #expect(
      receipt.plan.dropped.map(\.name).sorted()
        == ["text_model.embeddings.position_ids", "vision_model.embeddings.position_ids"])
    #expect(receipt.plan.dropped.allSatisfy { !$0.reason.isEmpty })
  }

  @Test("Shards hold all tensors and their index opens") func shards() throws {
    let folder = try TemporaryFolder()
    let source = try session("c19_hf_quick")
    var request = request(folder.file("out"), .openClip)
    request.options.maxShardByteCount = 20_000
    let receipt = try source.convert(request)
    #expect(receipt.plan.files.count > 2)
    #expect(receipt.verification?.passed == true)
    let single = try TemporaryFolder()
    _ = try source.convert(self.request(single.file("one"), .openClip))
    #expect(try bytes(folder.file("out")) == bytes(single.file("one")))
  }

  @Test("A PyTorch state dict holds the same tensors") func stateDict() throws {
    let folder = try TemporaryFolder()
    let source = try session("c19_hf_quick")
    var pickled = request(folder.file("pt"), .openClip)
    pickled.options.format = .pt
    _ = try source.convert(pickled)
    _ = try source.convert(request(folder.file("st"), .openClip))
    #expect(try bytes(folder.file("pt")) == bytes(folder.file("st")))
  }

  @Test("Only the weights of a training checkpoint are taken") func training() throws {
    let folder = try TemporaryFolder()
    let receipt = try session("c10_epoch_3.pt").convert(request(folder.file("out"), .safetensors))
    #expect(receipt.plan.dropped.contains { $0.reason.contains("outside") })
    #expect(receipt.verification?.passed == true)
  }

  // MARK: The target folder

  @Test("An existing folder is not touched without force, and replaced whole with it") func force()
    throws
  {
    let folder = try TemporaryFolder()
    let output = folder.file("out")
    _ = try session("c19_hf_quick").convert(request(output, .openClip))
    let before = try bytes(output)
    #expect(throws: Refusal.self) {
      _ = try session("c20_without_ids").convert(request(output, .openClip))
    }
    #expect(try bytes(output) == before)
    try "mine".write(toFile: output + "/NOTES.txt", atomically: true, encoding: .utf8)
    try "old".write(
      toFile: output + "/model-00001-of-00002.safetensors", atomically: true, encoding: .utf8)
    var forced = request(output, .transformers)
    forced.isReplacing = true
    _ = try session("c22_square_openclip").convert(forced)
    #expect(
      try names(output) == [
        "NOTES.txt", "clipscope_receipt.json", "config.json", "model.safetensors",
        "preprocessor_config.json",
      ])
    #expect(try names(folder.path) == ["out"])
  }

  @Test("A folder that is empty may be the target") func emptyFolder() throws {
    let folder = try TemporaryFolder()
    mkdir(folder.file("out"), 0o755)
    _ = try session("c19_hf_quick").convert(request(folder.file("out"), .openClip))
    #expect(try names(folder.file("out")).contains("open_clip_model.safetensors"))
  }

  @Test("The source's own folder and folders with folders are refused") func protectsSources()
    throws
  {
    let folder = try TemporaryFolder()
    let output = folder.file("out")
    _ = try session("c19_hf_quick").convert(request(output, .openClip))
    let own = Session(checkpoint: try CheckpointFile(opening: output))
    var forced = request(output, .transformers)
    forced.isReplacing = true
    #expect(throws: Refusal.self) { _ = try own.convert(forced) }
    mkdir(output + "/images", 0o755)
    #expect(throws: Refusal.self) { _ = try session("c19_hf_quick").convert(forced) }
    #expect(try names(folder.path) == ["out"])
  }

  @Test("What a killed run left is replaced, what somebody else left is not") func leftovers()
    throws
  {
    let folder = try TemporaryFolder()
    let part = folder.file("out.part")
    mkdir(part, 0o755)
    try "half".write(
      toFile: part + "/open_clip_model.safetensors.part", atomically: true, encoding: .utf8)
    #expect(throws: Refusal.self) {
      _ = try session("c19_hf_quick").convert(request(folder.file("out"), .openClip))
    }
    try "".write(toFile: part + "/" + StagedFolder.mark, atomically: true, encoding: .utf8)
    _ = try session("c19_hf_quick").convert(request(folder.file("out"), .openClip))
    #expect(try names(folder.path) == ["out"])
    #expect(
      try !names(folder.file("out")).contains { $0.hasSuffix(".part") || $0 == StagedFolder.mark })
  }

  @Test("Two conversions do not write to one folder at once") func locked() throws {
    let folder = try TemporaryFolder()
    let first = try StagedFolder(target: folder.file("out"), isReplacing: false, sources: [])
    #expect(throws: Refusal.self) {
      _ = try StagedFolder(target: folder.file("out"), isReplacing: false, sources: [])
    }
    first.discard()
    #expect(try names(folder.path) == [])
  }

  @Test("What came into the folder while it was replaced stays") func newcomers() throws {
    let folder = try TemporaryFolder()
    let target = folder.file("out")
    mkdir(target, 0o755)
    try "{}".write(toFile: target + "/config.json", atomically: true, encoding: .utf8)
    let staged = try StagedFolder(target: target, isReplacing: true, sources: [])
    try staged.write("{ }", as: "config.json")
    try "mine".write(toFile: target + "/notes.txt", atomically: true, encoding: .utf8)
    try staged.commit()
    #expect(try names(target).sorted() == ["config.json", "notes.txt"])
    #expect(try String(contentsOfFile: target + "/config.json", encoding: .utf8) == "{ }")

    let second = try StagedFolder(target: target, isReplacing: true, sources: [])
    try second.write("{  }", as: "config.json")
    mkdir(target + "/images", 0o755)
    #expect(throws: Refusal.self) { try second.commit() }
    second.discard()
    #expect(try names(target).sorted() == ["config.json", "images", "notes.txt"])
    #expect(try names(folder.path) == ["out"])
  }

  @Test("Composed and decomposed letters are different names in another container, too")
  func composed() throws {
    let folder = try TemporaryFolder()
    let session = try TinyCheckpoint.session(
      [
        .init(name: "\u{e9}", shape: [1], values: [1]),
        .init(name: "e\u{301}", shape: [1], values: [2]),
      ], in: folder)
    _ = try session.convert(request(folder.file("out"), .safetensors))
    let copy = try CheckpointFile(opening: folder.file("out"))
    #expect(copy.catalog.entries.count == 2)
  }

  @Test("One tensor that differs is one tensor") func oneDiffers() {
    var verification = ConversionVerification()
    verification.comparedTargets = 2
    verification.differingTargets = ["a"]
    #expect(verification.failure == "`a` as written differs from the source")
    verification.differingTargets = ["a", "b"]
    #expect(
      verification.failure == "2 written tensors differ from the source, the first is `a`")
    verification.differingTargets = []
    verification.differingSources = ["a"]
    #expect(verification.failure == "`a` does not come back unchanged")
    verification.differingSources = ["a", "b"]
    #expect(verification.failure == "2 tensors do not come back unchanged, the first is `a`")
  }

  private func fill(_ folder: String, _ files: [String]) throws {
    mkdir(folder, 0o755)
    for name in files {
      try name.write(toFile: folder + "/" + name, atomically: false, encoding: .utf8)
    }
  }

  @Test("An old folder that a killed run did not come to remove is removed by the next one")
  func killedAfterExchange() throws {
    let folder = try TemporaryFolder()
    let target = folder.file("out")
    try fill(target, ["config.json", "notes.txt"])
    let killed = try StagedFolder(target: target, isReplacing: true, sources: [])
    try killed.write("{ }", as: "config.json")
    let old = try killed.exchange()
    // Locks end with a process; its objects must not clear up here.
    close(old.lock)
    rename(old.path, folder.file("saved"))
    killed.discard()
    rename(folder.file("saved"), old.path)
    #expect(try names(old.path) == [StagedFolder.mark, "config.json", "notes.txt"])

    let next = try StagedFolder(target: target, isReplacing: true, sources: [])
    try next.write("{  }", as: "config.json")
    try next.commit()
    #expect(try names(folder.path) == ["out"])
    #expect(try names(target) == ["config.json"])
  }

  @Test("An old folder that a killed run had put aside comes back") func putAside() throws {
    let folder = try TemporaryFolder()
    let target = folder.file("out")
    try fill(target + ".old.part", ["config.json", "notes.txt", StagedFolder.mark])
    #expect(throws: Refusal.self) {
      _ = try StagedFolder(target: target, isReplacing: false, sources: [])
    }
    #expect(try names(folder.path) == ["out"])
    let staged = try StagedFolder(target: target, isReplacing: true, sources: [])
    try staged.write("{ }", as: "config.json")
    try staged.commit()
    #expect(try names(folder.path) == ["out"])
    #expect(try names(target) == ["config.json", "notes.txt"])
  }

  @Test("An old folder that was replaced and not yet removed is removed by the next run")
  func notRemoved() throws {
    let folder = try TemporaryFolder()
    let target = folder.file("out")
    try fill(target, ["config.json", StagedFolder.mark])
    try fill(target + ".old.part", ["config.json", StagedFolder.mark])
    let staged = try StagedFolder(target: target, isReplacing: true, sources: [])
    try staged.write("{ }", as: "config.json")
    try staged.commit()
    #expect(try names(folder.path) == ["out"])
    // Without the mark it is somebody else's.
    try fill(target + ".old.part", ["config.json"])
    #expect(throws: Refusal.self) {
      _ = try StagedFolder(target: target, isReplacing: true, sources: [])
    }
    #expect(try names(folder.path) == ["out", "out.old.part"])
  }

  @Test("A cancelled conversion leaves nothing") func cancelled() throws {
    let folder = try TemporaryFolder()
    let context = JobContext()
    context.cancel()
    #expect(throws: CheckpointError.cancelled) {
      _ = try session("c19_hf_quick").convert(
        request(folder.file("out"), .openClip), context: context)
    }
    #expect(try names(folder.path) == [])
  }

  @Test("A device that is full gives the reason and no target") func fullDevice() throws {
    // A file size limit would kill the process; /dev/full cannot hold folders. A read-only parent fails in the same place.
    let folder = try TemporaryFolder()
    try "".write(toFile: folder.file("file"), atomically: true, encoding: .utf8)
    #expect(throws: (any Error).self) {
      _ = try session("c19_hf_quick").convert(request(folder.file("file") + "/out", .openClip))
    }
    #expect(try names(folder.path) == ["file"])
  }

  // MARK: Comparison

  @Test("Dialects are aligned") func aligned() throws {
    let folder = try TemporaryFolder()
    let source = try session("c19_openclip_quick")
    _ = try source.convert(request(folder.file("hf"), .transformers))
    let other = Session(checkpoint: try CheckpointFile(opening: folder.file("hf")))
    let options = IdentityOptions(heads: 2)
    for (a, b) in [(source, other), (other, source)] {
      let comparison = try AlignedComparison(
        of: a, with: b, options: options, readsValues: true, context: JobContext())
      #expect(comparison.isSame)
      #expect(comparison.rows.count > 38)
      #expect(comparison.rows.contains { ($0.a + $0.b).contains("text_projection.weight") })
    }
  }

  @Test("Buffers are no differences") func buffers() throws {
    let comparison = try AlignedComparison(
      of: session("c20_with_ids"), with: session("c20_without_ids"), options: IdentityOptions(),
      readsValues: true,
      context: JobContext())
    #expect(comparison.isSame)
    #expect(comparison.ignored.count == 2)
  }

  @Test("Unknown files are compared by name") func unknown() throws {
    let folder = try TemporaryFolder()
    let a = try TinyCheckpoint.session(
      [
        .init(name: "x", shape: [2], values: [1, .nan]),
        .init(name: "y", shape: [2], values: [1, 2]),
        .init(name: "only", shape: [], values: [1]),
      ], in: folder, name: "a")
    let b = try TinyCheckpoint.session(
      [
        .init(name: "x", shape: [2], values: [1, .nan]),
        .init(name: "y", shape: [2], values: [1, 4]),
        .init(name: "z", shape: [3], values: [1, 2, 3]),
      ], in: folder, name: "b")
    let comparison = try AlignedComparison(
      of: a, with: b, options: IdentityOptions(), readsValues: true, context: JobContext())
    #expect(comparison.rows.map(\.status) == [.same, .differs, .onlyInA, .onlyInB])
    #expect(comparison.rows[1].largestDifference == 2)
    #expect(comparison.rows[1].relativeDifference == 1)
  }
}
