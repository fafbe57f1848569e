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
    _ archive: ZipArchive, pickle: ZipMember
  ) throws(CheckpointError) -> OpenedContainer {
    do {
      return try archive.withData(of: pickle, limit: pickleLimit) { bytes in
        try open(archive, pickle: pickle, bytes: bytes)
      }
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw .malformed(path: archive.path, place: pickle.name, reason: "\(error)")
    }
  }

  private static func open(
    _ archive: ZipArchive, pickle: ZipMember, bytes: UnsafeRawBufferPointer
  ) throws -> OpenedContainer {
    let path = archive.path
    let root = String(pickle.name.dropLast("data.pkl".count))
    let isModule = archive.member(named: root + "constants.pkl") != nil
    var machine = PickleMachine(bytes, place: pickle.name)
    let value = try run(&machine, path: path, place: pickle.name)
    let tree = PickleTree(of: value, in: machine.graph, isModule: isModule)

    var order = ByteOrder.little
    var diagnostics: [Diagnostic] = []
    if let record = archive.member(named: root + "byteorder") {
      let text = try archive.withData(of: record, limit: 64) { String(decoding: $0, as: UTF8.self) }
      switch text.split(whereSeparator: \.isWhitespace).first.map(String.init) {
      case "big": order = .big
      case "little": break
      default:
        diagnostics.append(
          Diagnostic(
            severity: .warning, kind: "byte-order", place: record.name,
            message: "the byte order record says neither little nor big; little is assumed"))
      }
    }
    if archive.member(named: root + "version") == nil, !isModule {
      diagnostics.append(
        Diagnostic(
          severity: .note, kind: "no-version", place: root + "version",
          message: "the archive has no `version` record; torch refuses to load it"))
    }

    var storages: [String: StorageBytes] = [:]
    for storage in machine.graph.storages where storages[storage.key] == nil {
      let name = root + "data/" + storage.key
      guard let member = archive.member(named: name) else {
        storages[storage.key] = .missing("its storage `data/\(storage.key)` is missing")
        diagnostics.append(
          Diagnostic(
            severity: .error, kind: "missing-storage", place: "data/\(storage.key)",
            message: "the archive has no storage `data/\(storage.key)`"))
        continue
      }
      let offset = try archive.dataOffset(of: member)
      storages[storage.key] = .found(
        offset: offset, byteCount: member.byteCount,
        compression: member.isDeflated
          ? .deflate(byteCount: member.compressedByteCount, skipping: 0) : .none,
        identity: storages.count, name: "data/\(storage.key)")
    }
    let builder = EntryBuilder(graph: machine.graph, storages: storages, order: order)
    return assemble(
      container: isModule ? .torchscript : .pytorchZip, path: path, file: archive.file,
      tree: tree, builder: builder, diagnostics: diagnostics)
  }

  /// Python runs a pickle while it reads it, so damage does not undo a call before it: where names other than known ones
  /// came first, they are reported, with nothing in the place of the value.
  static func run(
    _ machine: inout PickleMachine, path: String, place: String
  ) throws(CheckpointError) -> PickleGraph.Reference {
    do {
      return try machine.run()
    } catch {
      if machine.graph.globals.contains(where: { $0.standing != .known }) {
        machine.graph.brokenOff = error
        return machine.graph.add(.none)
      }
      throw .malformed(
        path: path,
        place: place.isEmpty ? "offset \(error.offset)" : "\(place) offset \(error.offset)",
        reason: error.reason)
    }
  }

  /// Puts entries, other values and the place of the weights together.
  static func assemble(
    container: ContainerKind, path: String, file: MappedFile, tree: PickleTree,
    builder: EntryBuilder, diagnostics: [Diagnostic]
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
    if let fault = builder.graph.brokenOff {
      diagnostics.append(
        Diagnostic(
          severity: .error, kind: "broken-pickle", place: "offset \(fault.offset)",
          message: "the pickle is damaged (\(fault.reason)); nothing in it can be listed"))
    }
    for global in builder.graph.globals where global.standing == .dangerous {
      diagnostics.append(
        Diagnostic(
          severity: .danger, kind: "unsafe-global", place: global.place,
          message:
            "the pickle names `\(global.fullName)` at offset \(global.opcodeOffset); it was not called"
        ))
    }
    let catalog = Catalog(
      container: container, path: path, files: [path], entries: entries, others: others,
      weightsRoot: WeightsRoot.path(in: entries), diagnostics: diagnostics,
      pickleGlobals: builder.graph.globals)
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
