import Tensors

/// Reads what `torch.save` and `torch.jit.save` write, without calling anything.
///
/// A zip archive holds `ROOT/data.pkl` (the object, storages replaced by keys), `ROOT/data/KEY` (the storages, aligned to 64 bytes) and
/// optionally `ROOT/byteorder`; TorchScript adds `ROOT/constants.pkl` and `ROOT/code/`. Only the directory, the pickle and the local
/// headers are read.
enum PyTorchReader {
  /// Larger pickles than this are refused: a state dict of a million tensors stays far below.
  static let pickleLimit = 1 << 28

  static func openArchive(
    _ archive: ZipArchive, pickle: ZipMember, _ cancellation: Cancellation
  ) throws(CheckpointError) -> OpenedContainer {
    var names = PickleNames(in: archive, cancellation)
    try names.addPickles(besides: pickle)
    try names.addObjectArrays()
    var globals = names.globals
    do {
      var opened = try archive.withData(of: pickle, limit: pickleLimit) { bytes in
        try open(archive, pickle: pickle, bytes: bytes, globals: &globals, cancellation)
      }
      opened.catalog.diagnostics += names.diagnostics
      return opened
    } catch let error as CheckpointError {
      return try broken(
        .pytorchZip, path: archive.path, file: archive.file, globals: globals, by: error)
    } catch {
      throw .malformed(path: archive.path, place: pickle.name, reason: "\(error)")
    }
  }

  /// - Parameter globals: what other pickles of the archive name; gets the names of this one, even where it throws.
  private static func open(
    _ archive: ZipArchive, pickle: ZipMember, bytes: UnsafeRawBufferPointer,
    globals: inout [PickleGlobal], _ cancellation: Cancellation
  ) throws(CheckpointError) -> OpenedContainer {
    let path = archive.path
    let root = String(pickle.name.dropLast("data.pkl".count))
    let isModule = archive.member(named: root + "constants.pkl") != nil
    var machine = PickleMachine(bytes, place: pickle.name, cancellation)
    let value = try run(&machine, path: path, globals: &globals)
    let tree = PickleTree(of: value, in: machine.graph, isModule: isModule)

    var (order, diagnostics) = byteOrder(of: archive, root: root)
    if archive.member(named: root + "version") == nil, !isModule {
      diagnostics.append(
        Diagnostic(
          severity: .note, kind: "no-version", place: root + "version",
          message: "the archive has no `version` record; torch refuses to load it"))
    }
    let storages = try storages(
      of: machine.graph, in: archive, root: root, diagnostics: &diagnostics, cancellation)
    let builder = EntryBuilder(graph: machine.graph, storages: storages, order: order)
    return assemble(
      container: isModule ? .torchscript : .pytorchZip, path: path, file: archive.file,
      tree: tree, builder: builder, globals: globals, diagnostics: diagnostics)
  }

  /// What the record of the byte order says; little where there is none or it says something else.
  private static func byteOrder(
    of archive: ZipArchive, root: String
  ) -> (ByteOrder, [Diagnostic]) {
    guard let record = archive.member(named: root + "byteorder") else { return (.little, []) }
    let text = try? archive.withData(of: record, limit: 64) { String(decoding: $0, as: UTF8.self) }
    switch text?.split(whereSeparator: \.isWhitespace).first.map(String.init) {
    case "big": return (.big, [])
    case "little": return (.little, [])
    default:
      let diagnostic = Diagnostic(
        severity: .warning, kind: "byte-order", place: record.name,
        message: "the byte order record says neither little nor big; little is assumed")
      return (.little, [diagnostic])
    }
  }

  /// Where the storages are that a pickle names; those that cannot be found are reported, and do not keep the rest from being listed.
  private static func storages(
    of graph: PickleGraph, in archive: ZipArchive, root: String, diagnostics: inout [Diagnostic],
    _ cancellation: Cancellation
  ) throws(CheckpointError) -> [String: StorageBytes] {
    var storages: [String: StorageBytes] = [:]
    for storage in graph.storages where storages[storage.key] == nil {
      try cancellation.check()
      func unusable(_ reason: String, _ kind: String, _ message: String) {
        storages[storage.key] = .missing(reason)
        diagnostics.append(
          Diagnostic(
            severity: .error, kind: kind, place: "data/\(storage.key)", message: message))
      }
      guard let member = archive.member(named: root + "data/" + storage.key) else {
        unusable(
          "its storage `data/\(storage.key)` is missing", "missing-storage",
          "the archive has no storage `data/\(storage.key)`")
        continue
      }
      do throws(CheckpointError) {
        guard !member.isOverlapping else {
          throw .malformed(
            path: archive.path, place: member.name, reason: "its data overlaps another member's")
        }
        storages[storage.key] = .found(
          offset: try archive.dataOffset(of: member), byteCount: member.byteCount,
          compression: member.isDeflated
            ? .deflate(byteCount: member.compressedByteCount, skipping: 0) : .none,
          identity: storages.count, name: "data/\(storage.key)")
      } catch {
        unusable(
          "its storage cannot be read: \(error.reason)", "unreadable-storage",
          "the storage cannot be read: \(error.reason)")
      }
    }
    return storages
  }

  /// Runs a pickle.
  ///
  /// - Parameter globals: gets what it names, in front of the damage where there is some.
  static func run(
    _ machine: inout PickleMachine, path: String, globals: inout [PickleGlobal]
  ) throws(CheckpointError) -> PickleGraph.Reference {
    do {
      defer { globals = machine.graph.globals + globals }
      return try machine.run()
    } catch {
      try machine.cancellation.check()
      throw .malformed(
        path: path,
        place: machine.place.isEmpty
          ? "offset \(error.offset)" : "\(machine.place) offset \(error.offset)",
        reason: error.reason)
    }
  }

  /// What stands for a checkpoint that is damaged behind a call.
  ///
  /// Python runs a pickle while it reads it, so damage does not undo a call before it: where names other than known ones came first, they
  /// are reported, with nothing in the place of the value.
  /// - Throws: `error`, where there are no such names or it is about something else.
  static func broken(
    _ container: ContainerKind, path: String, file: MappedFile, globals: [PickleGlobal],
    by error: CheckpointError
  ) throws(CheckpointError) -> OpenedContainer {
    guard case .malformed(_, let place, let reason) = error,
      globals.contains(where: { $0.standing != .known })
    else { throw error }
    var graph = PickleGraph()
    return assemble(
      container: container, path: path, file: file,
      tree: PickleTree(of: graph.add(.none), in: graph),
      builder: EntryBuilder(graph: graph, storages: [:], order: .little), globals: globals,
      diagnostics: [
        Diagnostic(
          severity: .error, kind: "broken-pickle", place: place,
          message: "the checkpoint is damaged (\(reason)); nothing in it can be listed")
      ])
  }

  /// Puts entries, other values and the place of the weights together.
  ///
  /// - Parameter globals: what the pickles of the file name, listed or not.
  static func assemble(
    container: ContainerKind, path: String, file: MappedFile, tree: PickleTree,
    builder: EntryBuilder, globals: [PickleGlobal], diagnostics: [Diagnostic]
  ) -> OpenedContainer {
    var diagnostics = diagnostics
    var entries: [Entry] = []
    var others = tree.others
    for leaf in tree.tensors {
      var entry = builder.entry(leaf)
      if container == .torchscript {
        // Attributes of modules: their path is the parameter's name.
        entry.path = [leaf.path.joined(separator: ".")]
        if let setting = setting(entry, file: file) {
          others.append(setting)
          continue
        }
      }
      if !entry.isReadable {
        diagnostics.append(
          Diagnostic(
            severity: .error, kind: "unreadable-tensor", place: entry.name,
            message: entry.remarks.first ?? "its bytes cannot be read"))
      }
      entries.append(entry)
    }
    if tree.isShortened {
      diagnostics.append(
        Diagnostic(
          severity: .note, kind: "shortened", place: "",
          message: "the file holds more values besides its tensors than are listed"))
    }
    diagnostics += PickleNames.dangers(of: globals)
    let catalog = Catalog(
      container: container, path: path, files: [path], entries: entries, others: others,
      weightsRoot: WeightsRoot.path(in: entries), diagnostics: diagnostics,
      pickleGlobals: globals)
    return OpenedContainer(catalog: catalog, files: [file])
  }

  /// OpenAI's archives keep three settings as integer tensors.
  private static func setting(_ entry: Entry, file: MappedFile) -> OtherValue? {
    guard ["input_resolution", "context_length", "vocab_size"].contains(entry.name),
      entry.shape.elementCount == 1, entry.elementType == .i64 || entry.elementType == .i32,
      entry.isReadable
    else { return nil }
    let value = try? StoredTensor(entry: entry, file: file, path: file.path)
      .withContiguousBytes(limit: 64) {
        ElementDecoder(type: entry.elementType).value(at: 0, in: $0)
      }
    return value.flatMap { Int(exactly: $0) }.map {
      OtherValue(path: entry.path, kind: "int", text: String($0))
    }
  }
}

/// Where the bytes of a storage are.
enum StorageBytes {
  case found(
    offset: Int, byteCount: Int, compression: Location.Compression, identity: Int, name: String)
  case missing(String)
}
