import Foundation
import Glibc
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite("Write queue") struct WriteQueueTests {
  /// Pieces of every size, mapped and not, arrive in their order.
  @Test func keepsTheOrder() throws {
    let folder = try TemporaryFolder()
    let contents = (0..<(9 << 20) + 777).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 11) }
    try Data(contents).write(to: URL(fileURLWithPath: folder.file("source")))
    let source = try MappedFile(path: folder.file("source"))
    let output = try OutputFile(target: folder.file("out"), isReplacing: false)
    output.isDurable = false
    output.mappedSources = [source]
    var expected: [UInt8] = []
    let sizes = [1, 7 << 20, 4095, 100_000, 3 << 20, 65_536, 0, 65_535, 12, 1 << 20, 5_000_001]
    for (number, size) in sizes.enumerated() {
      let start = number * 1001
      let isMapped = number % 3 != 2
      if isMapped {
        try output.write(UnsafeRawBufferPointer(rebasing: source.bytes[start..<start + size]))
      } else {
        // Gone as soon as the call returns.
        try output.write(Array(contents[start..<start + size]))
      }
      expected += contents[start..<start + size]
    }
    try output.finish()
    #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
    try output.commit()
    #expect(output.byteCount == expected.count)
    let written = try Data(contentsOf: URL(fileURLWithPath: folder.file("out")))
    #expect(written == Data(expected))
  }

  @Test("Of two that write one target the first finds its part taken, and the second is whole")
  func twoWriters() throws {
    let folder = try TemporaryFolder()
    let target = folder.file("out")
    let first = try OutputFile(target: target, isReplacing: false)
    try first.write([1, 2, 3])
    let second = try OutputFile(target: target, isReplacing: false)
    try second.write([4])
    try first.finish()
    #expect(throws: CheckpointError.self) { try first.commit() }
    first.discard()
    #expect(!FileManager.default.fileExists(atPath: target))
    try second.write([5])
    try second.finish()
    try second.commit()
    #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data([4, 5]))
  }

  @Test("A file that cannot be made says why") func unreachable() throws {
    let target = try TemporaryFolder().file("missing/out")
    let reason = FileError(path: target, operation: "write", code: ENOENT)
    #expect(throws: CheckpointError.file(reason)) {
      try OutputFile(target: target, isReplacing: false)
    }
  }

  @Test("A device that is full ends the writing with its reason") func fullDevice() throws {
    let descriptor = open("/dev/full", O_WRONLY | O_CLOEXEC)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let queue = WriteQueue(descriptor: descriptor)
    let block = [UInt8](repeating: 1, count: 1 << 20)
    // More than all slots hold: the caller is never left waiting for a slot.
    for _ in 0..<20 { _ = try block.withUnsafeBytes { try queue.add($0, mappedIn: []) } }
    #expect(queue.finish() == ENOSPC)
  }

  @Test("A source that is cut short while it is copied ends the writing with its name")
  func cutSource() throws {
    let folder = try TemporaryFolder()
    try Data(repeating: 7, count: 3 << 20).write(to: URL(fileURLWithPath: folder.file("source")))
    let source = try MappedFile(path: folder.file("source"))
    let output = try OutputFile(target: folder.file("out"), isReplacing: false)
    output.mappedSources = [source]
    #expect(truncate(source.path, 1 << 20) == 0)
    let expected = CheckpointError.file(
      FileError(path: source.path, operation: "read", code: ENODATA))
    #expect(throws: expected) { try output.write(source.bytes) }
    output.discard()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["source"])
  }

  @Test("What is abandoned leaves no file") func abandoned() throws {
    let folder = try TemporaryFolder()
    let output = try OutputFile(target: folder.file("out"), isReplacing: false)
    for _ in 0..<30 { try output.write([UInt8](repeating: 1, count: 1 << 20)) }
    output.discard()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }
}
