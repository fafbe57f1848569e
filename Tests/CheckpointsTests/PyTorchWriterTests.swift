import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite("Writing PyTorch and NumPy files") struct PyTorchWriterTests {
  private func tensors(of checkpoint: CheckpointFile) -> [TensorToWrite] {
    checkpoint.catalog.entries.filter(\.isReadable).map { checkpoint.tensorToWrite($0) }
  }

  @Test(
    "What is written reads back byte for byte, with names, shapes and types",
    arguments: ["cases/c14_every_dtype.pt", "pickled/openclip.pt", "cases/c13_big.pt"])
  func roundTrip(file: String) throws {
    let folder = try TemporaryFolder()
    let source = try CheckpointFile(opening: Fixtures.path(file))
    let target = folder.file("out.pt")
    try PyTorchWriter().write(tensors(of: source), to: target)
    let copy = try CheckpointFile(opening: target)
    #expect(copy.catalog.container == .pytorchZip)
    #expect(copy.catalog.entries.map(\.name) == source.catalog.entries.map(\.name))
    #expect(copy.catalog.scanFindings.isEmpty)
    for (a, b) in zip(source.catalog.entries, copy.catalog.entries) {
      #expect(a.shape == b.shape)
      #expect(a.elementType == b.elementType)
      #expect(b.location.offset % 64 == 0)
      let bytes = try source.withBytes(of: a) { Array($0) }
      #expect(try copy.withBytes(of: b) { Array($0) } == bytes)
    }
    #expect(!FileManager.default.fileExists(atPath: target + ".part"))
  }

  @Test("A cancelled or failing write leaves nothing, and an existing file needs a wish")
  func leavesNothing() throws {
    let folder = try TemporaryFolder()
    let source = try CheckpointFile(opening: Fixtures.path("pickled/openclip.pt"))
    let target = folder.file("out.pt")
    var writer = PyTorchWriter()
    var pieces = 0
    writer.options.isCancelled = {
      pieces += 1
      return pieces > 3
    }
    #expect(throws: CheckpointError.cancelled) {
      try writer.write(tensors(of: source), to: target)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    _ = try folder.write([1, 2, 3], to: "out.pt")
    #expect(throws: (any Error).self) {
      try PyTorchWriter().write(tensors(of: source), to: target)
    }
    #expect(FileManager.default.contents(atPath: target)?.count == 3)
    let short = TensorToWrite(name: "w", elementType: .f32, shape: [4]) { emit in
      try [UInt8](repeating: 0, count: 8).withUnsafeBytes { try emit($0) }
    }
    #expect(throws: (any Error).self) {
      try PyTorchWriter().write([short], to: folder.file("short.pt"))
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("short.pt")))
  }

  @Test("Arrays read back", arguments: [[2, 3, 4], [5], [], [0, 7]])
  func arrays(sizes: [Int]) throws {
    let folder = try TemporaryFolder()
    let count = sizes.reduce(1, *)
    let values = (0..<count).map { Float($0) * 0.5 }
    let path = folder.file("a.npy")
    try values.withUnsafeBytes {
      try NumPyWriter.write($0, type: .f32, shape: Shape(sizes), to: path)
    }
    let copy = try CheckpointFile(opening: path)
    let entry = try #require(copy.catalog.entries.first)
    #expect(entry.shape.sizes == sizes)
    #expect(entry.location.offset % 64 == 0)
    let back = try copy.withBytes(of: entry) { Array($0.bindMemory(to: Float.self)) }
    #expect(back == values)
  }
}
