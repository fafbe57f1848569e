import Tensors

/// The layout that `torch.save` wrote before version 1.6: pickles one behind the other, then the raw storages.
///
/// | part | content |
/// |---|---|
/// | pickle | magic number 0x1950a86a20f9469cfc6c |
/// | pickle | protocol version 1001 |
/// | pickle | `{little_endian, type_sizes, ...}` |
/// | pickle | the object; storages by persistent id |
/// | pickle | list of storage keys |
/// | for each key | element count (8 bytes), then the elements |
extension PyTorchReader {
  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

  static func openLegacy(
    _ path: String, file: MappedFile
  ) throws(CheckpointError) -> OpenedContainer {
    let bytes = file.bytes
    guard let (position, magicGlobals) = magicEnd(bytes) else {
      return try openBare(path, file: file)
    }
    var offset = position
    let version = try value(path, bytes, &offset)
    guard version.graph.integer(version.root) == 1001 else {
      throw .malformed(
        path: path, place: "offset \(position)", reason: "the protocol version is not 1001")
    }
    let system = try value(path, bytes, &offset)
    // torch writes these storages little-endian on every machine; the system record only tells where that was.
    let order = ByteOrder.little
    var object = try value(path, bytes, &offset)
    // Python reads every one of the five pickles, so a call may hide in each.
    let others = magicGlobals + version.graph.globals + system.graph.globals
    object.graph.globals += others
    guard object.graph.brokenOff == nil, system.graph.brokenOff == nil else {
      object.graph.brokenOff = object.graph.brokenOff ?? system.graph.brokenOff
      return assemble(
        container: .pytorchLegacy, path: path, file: file,
        tree: PickleTree(of: object.graph.add(.none), in: object.graph),
        builder: EntryBuilder(graph: object.graph, storages: [:], order: order), diagnostics: [])
    }
    let keys = try value(path, bytes, &offset)
    object.graph.globals += keys.graph.globals
    object.graph.brokenOff = keys.graph.brokenOff
    var diagnostics: [Diagnostic] = []
    let storages = try locate(
      keys: keys, of: object.graph, path: path, bytes: bytes, offset: offset, order: order,
      diagnostics: &diagnostics)
    let tree = PickleTree(of: object.root, in: object.graph)
    let builder = EntryBuilder(graph: object.graph, storages: storages, order: order)
    return assemble(
      container: .pytorchLegacy, path: path, file: file, tree: tree, builder: builder,
      diagnostics: diagnostics)
  }

  private static func value(
    _ path: String, _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(CheckpointError) -> (graph: PickleGraph, root: PickleGraph.Reference) {
    var machine = PickleMachine(bytes, at: offset, place: "")
    let root = try run(&machine, path: path, place: "")
    offset = machine.reader.offset
    return (machine.graph, root)
  }

  /// Offset behind the pickle of the magic number; nil where the file begins otherwise.
  private static func magicEnd(
    _ bytes: UnsafeRawBufferPointer
  ) -> (offset: Int, globals: [PickleGlobal])? {
    // PROTO n, [FRAME], LONG1 10 bytes, STOP: all within the first 32 bytes.
    let start = UnsafeRawBufferPointer(rebasing: bytes.prefix(32))
    for position in 0..<max(0, start.count - magic.count) {
      guard start[position] == 0x8A, start[position + 1] == UInt8(magic.count) else { continue }
      let number = start[(position + 2)...].prefix(magic.count)
      guard number.elementsEqual(magic) else { continue }
      var machine = PickleMachine(bytes, place: "")
      guard (try? machine.run()) != nil else { return nil }
      return (machine.reader.offset, machine.graph.globals)
    }
    return nil
  }

  /// A pickle that is no checkpoint of torch's: what it holds is still listed.
  private static func openBare(
    _ path: String, file: MappedFile
  ) throws(CheckpointError) -> OpenedContainer {
    var offset = 0
    let object = try value(path, file.bytes, &offset)
    let tree = PickleTree(of: object.root, in: object.graph)
    let builder = EntryBuilder(graph: object.graph, storages: [:], order: .little)
    var note = "a plain pickle, not a checkpoint that torch wrote"
    if offset < file.byteCount { note += "; \(file.byteCount - offset) bytes follow it" }
    return assemble(
      container: .pytorchLegacy, path: path, file: file, tree: tree, builder: builder,
      diagnostics: [
        Diagnostic(severity: .note, kind: "plain-pickle", place: "offset 0", message: note)
      ])
  }

  private static func locate(
    keys: (graph: PickleGraph, root: PickleGraph.Reference), of graph: PickleGraph, path: String,
    bytes: UnsafeRawBufferPointer, offset: Int, order: ByteOrder,
    diagnostics: inout [Diagnostic]
  ) throws(CheckpointError) -> [String: StorageBytes] {
    var widths: [String: Int] = [:]
    for storage in graph.storages where widths[storage.key] == nil {
      widths[storage.key] =
        KnownGlobals.elementType(storageClass: storage.className)?.byteCount ?? 1
    }
    var storages: [String: StorageBytes] = [:]
    var reader = ByteReader(bytes, at: offset)
    for item in keys.graph.elements(keys.root) ?? [] {
      guard let key = keys.graph.text(item) ?? keys.graph.integer(item).map(String.init) else {
        throw .malformed(
          path: path, place: "storage list", reason: "a storage key is not text")
      }
      let start = reader.offset
      do {
        let count = try reader.read(Int64.self, order: order)
        let width = widths[key] ?? 1
        let (byteCount, overflow) = Int(count).multipliedReportingOverflow(by: width)
        guard count >= 0, !overflow else {
          throw OutOfBounds(offset: start, wanted: 0, available: 0)
        }
        let dataOffset = reader.offset
        try reader.skip(byteCount)
        storages[key] = .found(
          offset: dataOffset, byteCount: byteCount, compression: .none,
          identity: storages.count, name: key)
      } catch {
        diagnostics.append(
          Diagnostic(
            severity: .error, kind: "incomplete", place: "storage \(key)",
            message: "the file is incomplete: storage `\(key)` at offset \(start) is cut"))
        break
      }
    }
    return storages
  }
}
