import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Safetensors writer") struct SafetensorsWriterTests {
  static func tensors(of checkpoint: CheckpointFile) -> [TensorToWrite] {
    checkpoint.catalog.entries.map { TensorToWrite(copying: $0, of: checkpoint) }
  }

  static func bytes(of checkpoint: CheckpointFile) throws -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    for entry in checkpoint.catalog.entries {
      result[entry.name] = try checkpoint.withBytes(of: entry) { Array($0) }
    }
    return result
  }

  @Test("A list that no file can hold is refused by the name of the file") func refusedList() throws
  {
    func tensor(_ name: String) -> TensorToWrite {
      TensorToWrite(name: name, elementType: .f32, shape: [1]) { _ in }
    }
    let error = try #require(throws: CheckpointError.self) {
      try SafetensorsWriter().write([tensor("w"), tensor("w")], to: "/nowhere/x.safetensors")
    }
    #expect(
      error.description == "/nowhere/x.safetensors: tensor `w`: two tensors would have this name")
  }

  @Test("An empty tensor may claim to begin anywhere") func emptyAnywhere() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([0], to: "a")
    let entry = Entry(
      path: ["w"], elementType: .f64, shape: [0],
      location: Location(file: 0, offset: 0, storageByteCount: 0, storageOffset: 1 << 62))
    let checkpoint = CheckpointFile(
      catalog: Catalog(container: .pytorchZip, path: path, files: [path], entries: [entry]),
      files: [try MappedFile(path: path)])
    let written = try SafetensorsWriter().write(
      [TensorToWrite(copying: entry, of: checkpoint)], to: folder.file("out.safetensors"))
    #expect(try CheckpointFile(opening: written.paths[0]).catalog.entries[0].shape == [0])
  }

  @Test(arguments: [
    "containers/types.safetensors", "containers/open_clip.safetensors",
    "cases/c04_zero_and_scalar.safetensors", "cases/c06_hostile_names.safetensors",
    "cases/c07_wide_names.safetensors", "cases/c05_no_tensors.safetensors",
  ])
  func copiesByteForByte(_ name: String) throws {
    let folder = try TemporaryFolder()
    let source = try CheckpointFile(opening: Fixtures.path(name))
    var writer = SafetensorsWriter()
    writer.metadata = source.catalog.metadata
    let written = try writer.write(Self.tensors(of: source), to: folder.file("copy.safetensors"))
    let copy = try CheckpointFile(opening: folder.file("copy.safetensors"))
    #expect(copy.catalog.metadata == source.catalog.metadata)
    #expect(try Self.bytes(of: copy) == Self.bytes(of: source))
    for entry in copy.catalog.entries {
      let original = source.catalog.entries.first { $0.path == entry.path }
      #expect(entry.shape == original?.shape)
      #expect(entry.elementType == original?.elementType)
      // Wider types first, data at a multiple of eight: every tensor is aligned.
      #expect(entry.location.offset % entry.elementType.byteCount == 0)
    }
    let attributes = try FileManager.default.attributesOfItem(atPath: written.paths[0])
    #expect(attributes[.size] as? Int == written.byteCount)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["copy.safetensors"])
  }

  @Test func writesShardsThatOpenAgain() throws {
    let folder = try TemporaryFolder()
    let source = try CheckpointFile(opening: Fixtures.path("containers/open_clip.safetensors"))
    let written = try SafetensorsWriter().write(
      Self.tensors(of: source), inFolder: folder.path, shardByteCount: 40_000)
    #expect(written.paths.count > 3)
    #expect(written.paths.last == folder.file("model.safetensors.index.json"))
    for path in written.paths.dropLast() {
      let shard = try CheckpointFile(opening: path)
      let size = shard.catalog.entries.reduce(0) { $0 + $1.byteCount }
      #expect(size <= 40_000 || shard.catalog.entries.count == 1)
    }
    let copy = try CheckpointFile(opening: folder.path)
    #expect(copy.catalog.container == .safetensorsSharded)
    #expect(copy.catalog.diagnostics.isEmpty)
    #expect(try Self.bytes(of: copy) == Self.bytes(of: source))
  }

  @Test func writesOneFileWhereOneShardIsEnough() throws {
    let folder = try TemporaryFolder()
    let source = try CheckpointFile(opening: Fixtures.path("containers/types.safetensors"))
    try SafetensorsWriter().write(
      Self.tensors(of: source), inFolder: folder.path, shardByteCount: 1 << 20)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.safetensors"])
  }

  private func tensor(_ name: String, producing count: Int) -> TensorToWrite {
    TensorToWrite(name: name, elementType: .u8, shape: [16]) { emit in
      try [UInt8](repeating: 1, count: count).withUnsafeBytes { try emit($0) }
    }
  }

  @Test func refusesWhatTheFormatCannotHold() throws {
    let folder = try TemporaryFolder()
    let writer = SafetensorsWriter()
    for tensors in [
      [tensor("__metadata__", producing: 16)],
      [tensor("a", producing: 16), tensor("a", producing: 16)],
      [tensor("a", producing: 15)], [tensor("a", producing: 17)],
    ] {
      #expect(throws: CheckpointError.self) {
        try writer.write(tensors, to: folder.file("x.safetensors"))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
    // Composed and decomposed letters are different names.
    try writer.write(
      [tensor("\u{e9}", producing: 16), tensor("e\u{301}", producing: 16)],
      to: folder.file("x.safetensors"))
    #expect(try CheckpointFile(opening: folder.file("x.safetensors")).catalog.entries.count == 2)
  }

  @Test func keepsAnExistingTarget() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], to: "x.safetensors")
    var writer = SafetensorsWriter()
    #expect(throws: CheckpointError.self) {
      try writer.write([tensor("a", producing: 16)], to: path)
    }
    #expect(FileManager.default.contents(atPath: path) == Data([1, 2, 3]))
    writer.options.isReplacing = true
    writer.options.isCancelled = { true }
    #expect(throws: CheckpointError.cancelled) {
      try writer.write([tensor("a", producing: 16)], to: path)
    }
    #expect(FileManager.default.contents(atPath: path) == Data([1, 2, 3]))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x.safetensors"])
    writer.options.isCancelled = { false }
    try writer.write([tensor("a", producing: 16)], to: path)
    #expect(try CheckpointFile(opening: path).catalog.entries.count == 1)
  }

  @Test func leavesNothingWhenAProducerFails() throws {
    struct Stop: Error {}
    let folder = try TemporaryFolder()
    let failing = TensorToWrite(name: "b", elementType: .u8, shape: [4]) { _ in throw Stop() }
    #expect(throws: Stop.self) {
      try SafetensorsWriter().write(
        [tensor("a", producing: 16), failing], inFolder: folder.path, shardByteCount: 16)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func namesTheTargetThatCannotBeWritten() throws {
    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsWriter().write([tensor("a", producing: 16)], to: "/proc/none/x.safetensors")
    }
    #expect(error?.description.hasPrefix("/proc/none/x.safetensors: cannot write: ") == true)
  }

  @Test func aTensorReportsThePiecesThatWereTaken() throws {
    let folder = try TemporaryFolder()
    var taken: [Int] = []
    let tensors = [tensor("a", producing: 16), tensor("b", producing: 16)].map {
      $0.reporting { taken.append($0) }
    }
    try SafetensorsWriter().write(tensors, to: folder.file("x.safetensors"))
    #expect(taken == [16, 16])
  }
}
