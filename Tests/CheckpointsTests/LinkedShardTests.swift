import Glibc
import TestSupport
import Testing

@testable import Checkpoints

@Suite("Shards that are links") struct LinkedShardTests {
  @Test("Names that lead to one file have its header read once") func links() throws {
    let folder = try TemporaryFolder()
    let header = #"{"w0":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    _ = try folder.write(length + Array(header.utf8) + [5], to: "s0.safetensors")
    for number in 1..<5 {
      try #require(symlink("s0.safetensors", folder.file("s\(number).safetensors")) == 0)
    }
    let map = (0..<5).map { #""w\#($0)":"s\#($0).safetensors""# }.joined(separator: ",")
    let path = try folder.write(
      Array(#"{"weight_map":{\#(map)}}"#.utf8), to: "model.safetensors.index.json")
    let catalog = try CheckpointFile(opening: path).catalog
    #expect(catalog.entries.count { $0.isReadable } == 1)
    let missing = catalog.diagnostics.filter { $0.kind == "missing-shard" }
    #expect(missing.count == 4)
    #expect(missing.allSatisfy { $0.message.contains("the same file as `s0.safetensors`") })
    #expect(!catalog.diagnostics.contains { $0.kind == "duplicate-tensor" })
  }
}
