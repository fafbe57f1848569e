import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// Small files that ask for much: memory, time, or arithmetic that leaves the range of integers.
@Suite("What a small file may cost") struct HostileCostTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  // MARK: Views

  private func checkpoint(_ entry: Entry, _ bytes: [UInt8]) throws -> CheckpointFile {
    let path = try folder.write(bytes, to: "storage")
    return CheckpointFile(
      catalog: Catalog(container: .pytorchZip, path: path, files: [path], entries: [entry]),
      files: [try MappedFile(path: path)])
  }

  @Test("The stride of an axis of size 1 is never used") func unusedStride() throws {
    for stride in [Int.max, .min, 1 << 61] {
      let entry = Entry(
        path: ["w"], elementType: .u8, shape: [2, 1, 2, 1],
        location: Location(
          file: 0, offset: 0, storageByteCount: 4, strides: [1, stride, 2, stride]))
      let values = try checkpoint(entry, [10, 11, 12, 13]).withBytes(of: entry) { Array($0) }
      #expect(values == [10, 12, 11, 13])
    }
  }

  @Test("A view of one number is not written out as a gigabyte") func expansion() throws {
    let entry = Entry(
      path: ["w"], elementType: .f32, shape: [1 << 14, 1 << 14],
      location: Location(file: 0, offset: 0, storageByteCount: 4, strides: [0, 0]))
    let error = #expect(throws: CheckpointError.self) {
      try checkpoint(entry, [0, 0, 128, 63]).withBytes(of: entry) { _ in }
    }
    #expect(error?.description.contains("1073741824 bytes") == true)
  }

  @Test("A member that claims to inflate to more than deflate can is refused") func inflation() {
    let fault = #expect(throws: InflationFault.self) {
      try [UInt8](repeating: 0, count: 100).withUnsafeBytes { bytes in
        try Inflation.withInflated(bytes, byteCount: 1 << 40) { _ in }
      }
    }
    #expect(fault?.reason.contains("more than its data can hold") == true)
  }

  // MARK: Headers

  private func safetensors(shape: String, end: Int = 0) throws -> CheckpointError? {
    let header = #"{"w":{"dtype":"F32","shape":["# + shape + #"],"data_offsets":[0,\#(end)]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let path = try folder.write(length + Array(header.utf8), to: "w.safetensors")
    return #expect(throws: CheckpointError.self) { try CheckpointFile(opening: path) }
  }

  @Test("A shape of a million axes is one short sentence") func manyAxes() throws {
    let shape = Array(repeating: "1", count: 1_000_000).joined(separator: ",")
    let words = try #require(try safetensors(shape: shape)?.description)
    #expect(words.contains("a list of more than 64 numbers"))
    #expect(words.utf8.count < 500)
  }

  @Test("Sizes beside a zero must be countable too") func besideZero() throws {
    let error = try safetensors(shape: "1099511627776,1099511627776,0")
    #expect(error?.description.contains("more elements than can be counted") == true)
  }

  // MARK: Pickles

  private func machine(_ bytes: [UInt8]) throws -> (PickleGraph, PickleGraph.Reference) {
    try bytes.withUnsafeBytes { buffer in
      var machine = PickleMachine(buffer, place: "")
      let root = try machine.run()
      return (machine.graph, root)
    }
  }

  @Test("Sizes that are fetched from the memo again and again are not copied without end")
  func memoSizes() throws {
    var pickle = HostilePickleTests.bytes("\\x80\\x02]q\\x00(")
    for _ in 0..<1000 { pickle += [UInt8(ascii: "K"), 1] }
    pickle += HostilePickleTests.bytes(
      "e0ctorch._utils\n_rebuild_tensor_v2\nq\\x010"
        + "((X\\x07\\x00\\x00\\x00storagectorch\nFloatStorage\nX\\x01\\x00\\x00\\x000"
        + "X\\x03\\x00\\x00\\x00cpuK\\x01tQK\\x00h\\x00h\\x00tq\\x020")
    for _ in 0..<2000 { pickle += HostilePickleTests.bytes("h\\x01h\\x02R0") }
    let (graph, _) = try machine(pickle + [UInt8(ascii: "N"), UInt8(ascii: ".")])
    #expect(graph.tensors.count > 0 && graph.tensors.count < 20)
    #expect(graph.inert.count > 1900)
  }

  @Test("Names that are fetched from the memo again and again are put together once")
  func memoNames() throws {
    let text = "\\x8c\\xc8" + String(repeating: "a", count: 200) + "\\x94"
    let texts = HostilePickleTests.bytes("\\x80\\x04" + String(repeating: text, count: 30))
    func named(_ first: Int, _ second: Int) -> [UInt8] {
      [UInt8(ascii: "h"), UInt8(first), UInt8(ascii: "h"), UInt8(second), 0x93, UInt8(ascii: "0")]
    }
    let same = (0..<5_000).flatMap { _ in named(0, 1) }
    let (graph, _) = try machine(texts + same + [UInt8(ascii: ".")])
    #expect(graph.globals.count == 1)
    // Each pair is another name: together they may be no longer than the stream.
    let pairs = (0..<900).flatMap { named($0 / 30, $0 % 30) }
    let fault = #expect(throws: PickleFault.self) {
      try machine(texts + pairs + [UInt8(ascii: ".")])
    }
    #expect(fault?.reason.contains("longer names than it holds") == true)
  }

  @Test("Bytes that are fetched from the memo again and again make no number")
  func memoBytes() throws {
    var pickle = HostilePickleTests.bytes(
      "\\x80\\x03cnumpy\ndtype\n(X\\x02\\x00\\x00\\x00f8tRq\\x000B\\x00\\x00\\x01\\x00")
    pickle += [UInt8](repeating: 0, count: 1 << 16)
    pickle += HostilePickleTests.bytes("q\\x010cnumpy.core.multiarray\nscalar\nq\\x020")
    for _ in 0..<3 { pickle += HostilePickleTests.bytes("h\\x02h\\x00h\\x01\\x86R0") }
    let (graph, _) = try machine(pickle + [UInt8(ascii: "N"), UInt8(ascii: ".")])
    // The calls stay what they are.
    #expect(graph.inert.count == 4)
  }

  @Test("A character of many code points is kept in part") func longCharacter() throws {
    let text = "e" + String(repeating: "\u{301}", count: 100_000)
    let length = withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) }
    let item = [UInt8(ascii: "X")] + length + Array(text.utf8)
    let path = try folder.write(
      [0x80, 2] + HostilePickleTests.bytes("}") + item + [UInt8(ascii: "2")]
        + HostilePickleTests.bytes("s."), to: "long.pkl")
    let other = try #require(try CheckpointFile(opening: path).catalog.others.first)
    #expect(other.text.utf8.count <= 1_600 && other.text.hasSuffix("…"))
    #expect(other.name.utf8.count <= 1_600)
  }

  @Test("The largest integer is a setting like any other", arguments: [Int64.max, .min, 336])
  func setting(value: Int64) throws {
    let path = folder.file("archive.pt")
    let output = try OutputFile(target: path, isReplacing: false)
    var zip = ZipWriter(output)
    try zip.add(
      "m/data.pkl",
      HostilePickleTests.bytes(
        "\\x80\\x02c__torch__\nM\n)\\x81}X\\x10\\x00\\x00\\x00input_resolution"
          + "ctorch._utils\n_rebuild_tensor_v2\n"
          + "((X\\x07\\x00\\x00\\x00storagectorch\nLongStorage\nX\\x01\\x00\\x00\\x000"
          + "X\\x03\\x00\\x00\\x00cpuK\\x01tQK\\x00K\\x01\\x85K\\x01\\x85tRsb."))
    try zip.add("m/constants.pkl", HostilePickleTests.bytes("\\x80\\x02)."))
    try zip.add("m/data/0", withUnsafeBytes(of: value.littleEndian) { Array($0) })
    try zip.finish()
    try output.finish()
    try output.commit()
    let catalog = try CheckpointFile(opening: path).catalog
    #expect(catalog.container == .torchscript)
    let setting = catalog.others.first { $0.name == "input_resolution" }
    // Read through a Double, so only numbers that it holds exactly are settings.
    #expect(setting?.text == (value == .max ? nil : String(value)))
  }
}
