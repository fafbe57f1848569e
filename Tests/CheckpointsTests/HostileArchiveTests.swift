import Synchronization
import TestSupport
import Testing

@testable import Checkpoints

/// Archives that cost more than they weigh, or show one program another pickle than the next.
@Suite("Hostile archives") struct HostileArchiveTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ bytes: [UInt8], as name: String = "hostile.pt") throws -> Catalog {
    try CheckpointFile(opening: try folder.write(bytes, to: name)).catalog
  }

  // MARK: Arrays

  /// An array of 8 bytes with a header of `length` bytes.
  private static func array(headerLength length: Int) -> [UInt8] {
    let fields = "{'descr': '|u1', 'fortran_order': False, 'shape': (8,), "
    let text = fields + String(repeating: " ", count: length - fields.utf8.count - 1) + "}"
    return NumPyHeader.magic + [1, 0] + HandMadeZip.bytes(UInt16(length)) + Array(text.utf8)
      + [UInt8](0..<8)
  }

  @Test("Of a compressed array no more is inflated than the longest header takes")
  func inflatesPrefix() throws {
    let array = Self.array(headerLength: 9_000) + [UInt8](repeating: 0, count: 2_000)
    // A block of the reserved kind: whoever inflates that far finds the data damaged.
    let damaged = HandMadeZip.deflated(array, isComplete: false) + [7, 7, 7]
    let zip = HandMadeZip([
      .init(name: "w.npy", data: damaged, isDeflated: true, byteCount: 1 << 20)
    ])
    let catalog = try open(zip.bytes, as: "w.npz")
    #expect(catalog.entries.map(\.name) == ["w"])
    #expect(catalog.diagnostics.isEmpty)
    #expect(DeflatedPrefix.byteCount < 10_100)
  }

  @Test("A header longer than NumPy reads is refused") func longHeader() throws {
    let zip = HandMadeZip([.init(name: "w.npy", data: Self.array(headerLength: 10_001))])
    let catalog = try open(zip.bytes, as: "w.npz")
    #expect(catalog.entries.isEmpty)
    #expect(catalog.diagnostics.map(\.kind) == ["unreadable-member"])
    #expect(catalog.diagnostics.first?.message.contains("10001 bytes, more than 10000") == true)
  }

  @Test("Members that share their bytes are read once") func overlapping() throws {
    let zip = HandMadeZip([
      .init(
        name: "w.npy", data: HandMadeZip.deflated(Self.array(headerLength: 100)), isDeflated: true,
        byteCount: 118, entryCount: 1_000)
    ])
    let catalog = try open(zip.bytes, as: "w.npz")
    #expect(catalog.entries.count == 1)
    #expect(catalog.diagnostics.count == 999)
    #expect(catalog.diagnostics.allSatisfy { $0.message.contains("overlaps") })
  }

  @Test("Opening an archive of many arrays stops when it is told to") func cancelling() throws {
    let member = HandMadeZip.deflated(Self.array(headerLength: 100))
    let zip = HandMadeZip(
      (0..<500).map {
        .init(name: "\($0).npy", data: member, isDeflated: true, byteCount: 118)
      })
    let path = try folder.write(zip.bytes, to: "many.npz")
    for limit in [0, 1, 100] {
      let asked = Atomic<Int>(0)
      #expect(throws: CheckpointError.cancelled) {
        try CheckpointFile(opening: path) {
          asked.add(1, ordering: .relaxed).newValue > limit
        }
      }
      #expect(asked.load(ordering: .relaxed) == limit + 1)
    }
    #expect(try CheckpointFile(opening: path).catalog.entries.count == 500)
  }

  @Test("A pickle of many opcodes stops when it is told to") func cancellingPickle() throws {
    let pickle = [0x80, 2] + [UInt8](repeating: UInt8(ascii: "N"), count: 1 << 18)
    let path = try folder.write(pickle + [UInt8(ascii: ".")], to: "long.pkl")
    let asked = Atomic<Int>(0)
    #expect(throws: CheckpointError.cancelled) {
      try CheckpointFile(opening: path) { asked.add(1, ordering: .relaxed).newValue > 2 }
    }
    #expect(asked.load(ordering: .relaxed) <= 4)
  }

  // MARK: Which pickle

  private static let good = HostilePickleTests.bytes("\\x80\\x02}.")
  private static let call = HostilePickleTests.bytes("\\x80\\x02cposix\nsystem\n(S'ls'\ntR.")

  private func expectDanger(_ catalog: Catalog, _ comment: Comment? = nil) {
    let dangers = catalog.scanFindings.filter { $0.severity == .danger }
    #expect(dangers.map(\.global) == ["posix.system"], comment)
    #expect(dangers.allSatisfy { $0.message.contains("would call") }, comment)
  }

  @Test(
    "Whichever pickle of an archive holds the call, it is reported",
    arguments: [
      // torch takes the second of two equal names.
      ["a/data.pkl", "a/data.pkl"], ["a/data.pkl", "a/DATA.pkl"],
      ["a/data.pkl", "a/constants.pkl"],
      ["b/data.pkl", "a/data.pkl"],
    ])
  func everyPickle(names: [String]) throws {
    for position in names.indices {
      let zip = HandMadeZip(
        names.enumerated().map { .init(name: $1, data: $0 == position ? Self.call : Self.good) })
      expectDanger(try open(zip.bytes), "\(names), \(position)")
    }
  }

  @Test("A pickle is found whatever the case of its name") func anyCase() throws {
    expectDanger(try open(HandMadeZip([.init(name: "a/DATA.PKL", data: Self.call)]).bytes))
  }

  /// Two archives in one file; which one counts depends on the end records.
  private static func twoArchives() -> (good: HandMadeZip, bad: HandMadeZip, bytes: [UInt8]) {
    let bad = HandMadeZip([.init(name: "a/data.pkl", data: call)])
    let good = HandMadeZip([.init(name: "a/data.pkl", data: Self.good)], start: bad.body.count)
    return (good, bad, bad.body + good.body + bad.directory + good.directory)
  }

  @Test("Of two end records the last counts, as for torch, even where its comment is cut")
  func lastEndRecord() throws {
    let (good, bad, bytes) = Self.twoArchives()
    let start = bad.body.count + good.body.count
    let last = bad.end(directoryOffset: start, comment: 500)
    let end = good.end(directoryOffset: start + bad.directory.count, comment: last.count)
    expectDanger(try open(bytes + end + last))
  }

  @Test("A large end record counts whatever the small one says, as for torch")
  func largeEndRecord() throws {
    let (good, bad, bytes) = Self.twoArchives()
    let start = bad.body.count + good.body.count
    let end = good.end(directoryOffset: start + bad.directory.count)
    expectDanger(try open(bytes + bad.largeEnd(directoryOffset: start, at: bytes.count) + end))
  }

  @Test("Damage beside the pickle does not hide what it calls") func damagedMember() throws {
    let storage =
      "ctorch._utils\n_rebuild_tensor_v2\n"
      + "((X\\x07\\x00\\x00\\x00storagectorch\nFloatStorage\nX\\x01\\x00\\x00\\x000"
      + "X\\x03\\x00\\x00\\x00cpuK\\x01tQK\\x00K\\x01\\x85K\\x01\\x85tR."
    let pickle = HostilePickleTests.bytes(
      "\\x80\\x02cposix\nsystem\n(S'ls'\ntR0" + storage)
    var zip = HandMadeZip([
      .init(name: "a/data.pkl", data: pickle),
      .init(name: "a/byteorder", data: [UInt8](repeating: 65, count: 100)),
      .init(name: "a/data/0", data: [0, 0, 0, 0], flags: 1),
    ])
    expectDanger(try open(zip.bytes))
    // The listed pickle itself cannot be read, another one calls.
    zip = HandMadeZip([
      .init(name: "a/data.pkl", data: Self.good, flags: 1),
      .init(name: "a/data.pkl", data: Self.call),
    ])
    expectDanger(try open(zip.bytes))
    zip = HandMadeZip([
      .init(name: "a/data.pkl", data: [0x80, 2, 0xFE]),
      .init(name: "a/constants.pkl", data: Self.call),
    ])
    expectDanger(try open(zip.bytes))
  }

  @Test("An array of objects is a pickle that somebody may load") func objects() throws {
    for type in ["'|O'", "[('a', '<f4'), ('b', [('c', 'O')])]"] {
      let text = "{'descr': \(type), 'fortran_order': False, 'shape': (1,), }"
      let array =
        NumPyHeader.magic + [1, 0] + HandMadeZip.bytes(UInt16(text.utf8.count)) + Array(text.utf8)
        + Self.call
      expectDanger(try open(array, as: "w.npy"))
      expectDanger(try open(HandMadeZip([.init(name: "w.npy", data: array)]).bytes, as: "w.npz"))
      let deflated = HandMadeZip.Member(
        name: "w.npy", data: HandMadeZip.deflated(array), isDeflated: true, byteCount: array.count)
      expectDanger(try open(HandMadeZip([deflated]).bytes, as: "w.npz"))
      let beside = HandMadeZip([.init(name: "a/data.pkl", data: Self.good), deflated])
      expectDanger(try open(beside.bytes))
    }
  }
}
