import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// Cases c01 to c07 and c16: every fact that `expected.json` states.
@Suite("Safetensors cases") struct SafetensorsCaseTests {
  static let cases = CaseFile.all(of: ["c01", "c02", "c03", "c04", "c05", "c06", "c07"])

  @Test func allCasesAreThere() { #expect(Self.cases.count == 33) }

  @Test(arguments: cases) func opensOrRefuses(_ file: CaseFile) throws {
    guard file.open == "ok" else {
      let error = #expect(throws: CheckpointError.self) { try CheckpointFile(opening: file.path) }
      let message = error?.description ?? ""
      #expect(message.hasPrefix(file.path + ": "))
      #expect(!message.contains("\n"))
      if let says = file.messageSays { #expect(message.contains(says)) }
      if let key = file.duplicate { #expect(message.contains(key)) }
      return
    }
    let checkpoint = try CheckpointFile(opening: file.path)
    let entries = checkpoint.catalog.entries
    if let expected = file.tensors {
      #expect(Set(entries.map(\.name)) == Set(expected.keys))
      for entry in entries {
        #expect(entry.elementType.rawValue == expected[entry.name]?.type)
        #expect(entry.shape.sizes == expected[entry.name]?.shape)
      }
    }
    for (name, values) in file.values {
      let entry = try #require(entries.first { $0.name == name })
      #expect(try checkpoint.doubles(of: entry) == values)
    }
    if let names = file.names {
      #expect(entries.map { Array($0.name.utf8) } == names.map { Array($0.utf8) })
    }
    if let count = file.count { #expect(entries.count == count) }
    if let metadata = file.metadata {
      let pairs = checkpoint.catalog.metadata.map { ($0.key, $0.value) }
      #expect(Dictionary(uniqueKeysWithValues: pairs) == metadata ?? [:])
    }
    for (key, length) in file.metadataLength {
      #expect(checkpoint.catalog.metadata.first { $0.key == key }?.value.count == length)
    }
  }

  @Test func saysHowManyBytesAreMissingOrLeftOver() throws {
    for (name, words) in [
      ("c03_truncated", "bytes are missing"), ("c03_trailing_bytes", "bytes are left over"),
    ] {
      let path = Fixtures.path("cases/\(name).safetensors")
      let error = #expect(throws: CheckpointError.self) { try CheckpointFile(opening: path) }
      let match = error?.description.firstMatch(of: try Regex("([0-9]+) \(words)"))
      #expect(match != nil, "\(name): \(error?.description ?? "")")
    }
  }
}

@Suite("Shards") struct ShardCaseTests {
  static let cases = CaseFile.all(of: ["c16"])

  @Test func allCasesAreThere() { #expect(Self.cases.count == 6) }

  @Test(arguments: cases) func namesWhatIsWrong(_ folder: CaseFile) throws {
    if folder.open == "error" {
      #expect(throws: CheckpointError.self) { try CheckpointFile(opening: folder.path) }
      return
    }
    let catalog = try CheckpointFile(opening: folder.path).catalog
    #expect(catalog.container == .safetensorsSharded)
    let problems = catalog.diagnostics.filter { $0.severity != .note }
    if let says = folder.messageSays { #expect(problems.contains { $0.message.contains(says) }) }
    if let warns = folder.warns {
      #expect(problems.map(\.kind) == ["total-size"])
      #expect(warns == "total_size 35, tensors 36")
      #expect(problems[0].message.contains("total_size 35, the tensors take 36"))
    }
    if folder.messageSays == nil, folder.warns == nil { #expect(problems.isEmpty) }
    for (name, expected) in folder.tensors ?? [:] {
      let entry = try #require(catalog.entries.first { $0.name == name })
      #expect(entry.elementType.rawValue == expected.type)
      #expect(entry.shape.sizes == expected.shape)
    }
  }

  @Test func browsesWhatIsThere() throws {
    let checkpoint = try CheckpointFile(opening: Fixtures.path("cases/c16_missing_shard"))
    let readable = checkpoint.catalog.entries.filter(\.isReadable)
    let lost = checkpoint.catalog.entries.filter { !$0.isReadable }
    #expect(!readable.isEmpty)
    #expect(!lost.isEmpty)
    for entry in readable { _ = try checkpoint.doubles(of: entry) }
    for entry in lost {
      #expect(entry.remarks.count == 1)
      #expect(throws: CheckpointError.self) { try checkpoint.doubles(of: entry) }
      #expect(checkpoint.file(of: entry) == nil)
    }
    #expect(checkpoint.catalog.diagnostics.contains { $0.kind == "missing-shard" })
    let absent = try CheckpointFile(opening: Fixtures.path("cases/c16_listed_but_absent")).catalog
    #expect(absent.entries.first { $0.name == "c.weight" }?.isReadable == false)
  }
}

extension CheckpointFile {
  /// Values of a tensor in row-major order.
  func doubles(of entry: Entry) throws -> [Double] {
    try withBytes(of: entry) { bytes in
      let decoder = ElementDecoder(type: entry.elementType)
      return (0..<entry.elementCount).map { decoder.value(at: $0, in: bytes) }
    }
  }
}
