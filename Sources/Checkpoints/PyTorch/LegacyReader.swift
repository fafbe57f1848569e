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
    _ path: String, file: MappedFile, _ cancellation: Cancellation
  ) throws(CheckpointError) -> OpenedContainer {
    var stream = PickleStream(path: path, bytes: file.bytes, cancellation)
    do {
      return isStream(file.bytes)
        ? try openStream(&stream, file: file) : try openBare(&stream, file: file)
    } catch {
      return try broken(.pytorchLegacy, path: path, file: file, globals: stream.globals, by: error)
    }
  }

  private static func openStream(
    _ stream: inout PickleStream, file: MappedFile
  ) throws(CheckpointError) -> OpenedContainer {
    _ = try stream.next()
    let position = stream.offset
    let version = try stream.next()
    guard version.graph.integer(version.root) == 1001 else {
      throw .malformed(
        path: stream.path, place: "offset \(position)", reason: "the protocol version is not 1001")
    }
    // torch writes these storages little-endian on every machine; the system record only tells where that was.
    _ = try stream.next()
    let order = ByteOrder.little
    let object = try stream.next()
    let keys = try stream.next()
    var diagnostics: [Diagnostic] = []
    let storages = try locate(
      keys: keys, of: object.graph, path: stream.path, bytes: file.bytes, offset: stream.offset,
      order: order, diagnostics: &diagnostics)
    let tree = PickleTree(of: object.root, in: object.graph)
    let builder = EntryBuilder(graph: object.graph, storages: storages, order: order)
    // Python reads every one of the five pickles, so a call may hide in each.
    return assemble(
      container: .pytorchLegacy, path: stream.path, file: file, tree: tree, builder: builder,
      globals: stream.globals, diagnostics: diagnostics)
  }

  /// Whether the first pickle gives the magic number: `PROTO n, [FRAME], LONG1 10 bytes, STOP`, all within the first 32 bytes.
  private static func isStream(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let start = UnsafeRawBufferPointer(rebasing: bytes.prefix(32))
    for position in 0..<max(0, start.count - magic.count) {
      guard start[position] == 0x8A, start[position + 1] == UInt8(magic.count) else { continue }
      let number = start[(position + 2)...].prefix(magic.count)
      guard number.elementsEqual(magic) else { continue }
      var machine = PickleMachine(bytes, place: "", .never)
      return (try? machine.run()) != nil
    }
    return false
  }

  /// A pickle that is no checkpoint of torch's: what it holds is still listed.
  private static func openBare(
    _ stream: inout PickleStream, file: MappedFile
  ) throws(CheckpointError) -> OpenedContainer {
    let object = try stream.next()
    let tree = PickleTree(of: object.root, in: object.graph)
    var note = "a plain pickle, not a checkpoint that torch wrote"
    if stream.offset < file.byteCount {
      note += "; \(file.byteCount - stream.offset) bytes follow it"
      // The magic number can be spelled in many ways, and whoever understands this one reads on.
      try stream.readNames()
    }
    let builder = EntryBuilder(graph: object.graph, storages: [:], order: .little)
    return assemble(
      container: .pytorchLegacy, path: stream.path, file: file, tree: tree, builder: builder,
      globals: stream.globals,
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
    for (number, item) in (keys.graph.elements(keys.root) ?? []).enumerated() {
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
          identity: number, name: key)
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

/// Pickles one behind the other.
private struct PickleStream {
  typealias Value = (graph: PickleGraph, root: PickleGraph.Reference)

  let path: String
  let bytes: UnsafeRawBufferPointer
  let cancellation: Cancellation
  /// Where the next one begins.
  private(set) var offset = 0
  /// What those so far name, the latest first; of one that is damaged, what comes before the damage.
  private(set) var globals: [PickleGlobal] = []
  /// Pickles that torch reads of a file.
  private static let countLimit = 5

  init(path: String, bytes: UnsafeRawBufferPointer, _ cancellation: Cancellation) {
    self.path = path
    self.bytes = bytes
    self.cancellation = cancellation
  }

  mutating func next() throws(CheckpointError) -> Value {
    var machine = PickleMachine(bytes, at: offset, place: "", cancellation)
    let root = try PyTorchReader.run(&machine, path: path, globals: &globals)
    offset = machine.reader.offset
    return (machine.graph, root)
  }

  /// Reads on for the names alone, up to as many pickles as torch reads, or to something else.
  /// - Throws: `CheckpointError.cancelled`.
  mutating func readNames() throws(CheckpointError) {
    for _ in 1..<Self.countLimit where offset < bytes.count {
      do {
        _ = try next()
      } catch .cancelled {
        throw .cancelled
      } catch {
        return
      }
    }
  }
}
