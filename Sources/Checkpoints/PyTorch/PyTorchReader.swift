import Tensors

/// Opens what `torch.save` and `torch.jit.save` write: zip archives, the stream from before PyTorch 1.6, bare pickles.
///
/// The tar layout from before PyTorch 0.1.10 is not read.
enum PyTorchReader {
  // MARK: - Zip

  static func open(
    archive: ZipArchive, pickle: ZipArchive.Member
  ) throws(CheckpointError) -> OpenedContainer {
    let root = String(pickle.name.dropLast("data.pkl".count))
    let isTorchScript =
      archive.member(root + "constants.pkl") != nil
      || archive.members.contains { $0.name.hasPrefix(root + "code/") }
    var order = ByteOrder.little
    var diagnostics: [Diagnostic] = []
    if let record = archive.member(root + "byteorder") {
      let text = try archive.withContents(of: record, limit: 64) {
        (bytes, _) throws(CheckpointError) -> String in String(decoding: bytes.prefix(16), as: UTF8.self)
      }
      switch text {
      case "big": order = .big
      case "little": break
      default:
        diagnostics.append(
          Diagnostic(
            severity: .warning, kind: "byte-order", place: record.name,
            message: "unknown byte order `\(text)`; little-endian is assumed"))
      }
    }
    if archive.member(root + "version") == nil {
      diagnostics.append(
        Diagnostic(
          severity: .note, kind: "no-version", place: root + "version",
          message: "the archive has no `version` entry; PyTorch itself refuses it"))
    }
    var catalog = Catalog(
      container: isTorchScript ? .torchscript : .pytorchZip, path: archive.path,
      files: [archive.path], diagnostics: diagnostics)
    var places = ZipStorages(archive: archive, root: root)
    try archive.withContents(of: pickle) { (bytes, _) throws(CheckpointError) in
      var machine = PickleMachine(bytes, place: pickle.name)
      guard try interpret(&machine, place: pickle.name, into: &catalog) else { return }
      noteTrailingBytes(bytes.count - machine.endOffset, place: pickle.name, into: &catalog)
      let walk = CheckpointWalk(
        graph: machine.graph, stream: bytes, isTorchScript: isTorchScript)
      list(walk, order: order, into: &catalog) { places.place(of: $0) }
    }
    // Local headers stand among the tensor bytes; what came in with their pages goes again.
    if archive.file.byteCount > 1 << 24 { archive.file.release(0..<archive.file.byteCount) }
    return OpenedContainer(catalog: catalog, files: [archive.file])
  }

  /// Runs the machine and records what the pickle names. False where the pickle is damaged but names something worth
  /// telling: Python would have run that before it met the damage.
  private static func interpret(
    _ machine: inout PickleMachine, place: String, into catalog: inout Catalog
  ) throws(CheckpointError) -> Bool {
    var fault: PickleFault?
    do { try machine.run() } catch { fault = error }
    record(machine.graph.globals, into: &catalog)
    guard let fault else { return true }
    let suspicious = machine.graph.globals.contains { $0.standing != .known }
    guard suspicious else {
      throw .malformed(
        path: catalog.path, place: "\(place) at byte \(fault.offset)", reason: fault.reason)
    }
    catalog.diagnostics.append(
      Diagnostic(
        severity: .error, kind: "broken-pickle", place: "\(place) at byte \(fault.offset)",
        message: fault.reason))
    return false
  }

  private static func record(_ globals: [PickleGlobal], into catalog: inout Catalog) {
    // Container plumbing is not worth a line; everything else is.
    catalog.pickleGlobals += globals
  }

  private static func noteTrailingBytes(_ count: Int, place: String, into catalog: inout Catalog) {
    guard count > 0 else { return }
    catalog.diagnostics.append(
      Diagnostic(
        severity: .note, kind: "trailing-bytes", place: place,
        message: "\(count) bytes follow the pickle's end"))
  }

  // MARK: - Listing

  private static func list(
    _ walk: CheckpointWalk, order: ByteOrder, into catalog: inout Catalog,
    place: (TensorRecipe) -> StoragePlace
  ) {
    catalog.entries = walk.tensors.map { found in
      entry(found, order: order, place: place(found.recipe))
    }
    catalog.others += walk.others
    catalog.diagnostics += walk.diagnostics
    catalog.weightsRoot = walk.weightsRoot()
    for entry in catalog.entries where !entry.isReadable && entry.foreignType == nil {
      catalog.diagnostics.append(
        Diagnostic(
          severity: .error, kind: "invalid-tensor", place: entry.name,
          message: entry.remarks.first ?? "its bytes cannot be read"))
    }
  }

  private static func entry(
    _ found: CheckpointWalk.Found, order: ByteOrder, place: StoragePlace
  ) -> Entry {
    let recipe = found.recipe
    let shape = Shape(recipe.sizes)
    let strides = recipe.strides == shape.contiguousStrides ? nil : recipe.strides
    var obstacle = recipe.obstacle ?? place.obstacle
    if obstacle == nil { obstacle = boundsObstacle(recipe, storageByteCount: place.byteCount) }
    return Entry(
      path: found.path, elementType: recipe.type.elementType, shape: shape,
      location: Location(
        file: 0, offset: place.offset, storageByteCount: place.byteCount,
        storageOffset: recipe.storageOffset, strides: strides, order: order,
        compression: place.compression, storageIdentity: place.identity, storageName: place.name),
      remarks: obstacle.map { [$0] } ?? [], isReadable: obstacle == nil,
      foreignType: recipe.type.foreignName)
  }

  /// Checks that a view stays inside its storage, with arithmetic that cannot overflow.
  static func boundsObstacle(_ recipe: TensorRecipe, storageByteCount: Int) -> String? {
    let shape = Shape(recipe.sizes)
    guard let count = shape.elementCount else {
      return "invalid shape \(shape): a size is negative or the product overflows"
    }
    guard recipe.storageOffset >= 0 else {
      return "invalid storage offset \(recipe.storageOffset)"
    }
    let strides = recipe.strides ?? shape.contiguousStrides
    guard strides.count == recipe.sizes.count else {
      return "invalid strides: \(strides.count) strides for \(recipe.sizes.count) axes"
    }
    if strides.contains(where: { $0 < 0 }) { return "invalid strides \(Shape(strides))" }
    if count == 0 { return nil }
    var last = recipe.storageOffset
    for (size, stride) in zip(recipe.sizes, strides) {
      let (span, spanOverflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflow) = last.addingReportingOverflow(span)
      guard !spanOverflow, !sumOverflow else {
        return "invalid strides \(Shape(strides)): they overflow"
      }
      last = sum
    }
    let available = storageByteCount / recipe.type.elementType.byteCount
    guard last < available else {
      return "invalid offset or strides: reaches element \(last) of a storage of \(available)"
    }
    return nil
  }

  // MARK: - Stream before PyTorch 1.6

  /// The numbers that open a legacy stream.
  static let magic = "0x1950a86a20f9469cfc6c"
  private static let legacyProtocol = 1001

  /// True where the first bytes can be a pickle of protocol 2 or later.
  static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 3 && bytes[0] == 0x80 && bytes[1] >= 1 && bytes[1] <= 5
  }

  /// Opens a legacy stream or a bare pickle.
  /// - Throws: `CheckpointError.malformed` naming the byte at fault.
  static func openPickle(
    _ path: String, file: MappedFile
  ) throws(CheckpointError) -> OpenedContainer {
    if let reason = ZipContainers.notACheckpoint(file.bytes) {
      throw .unrecognised(path: path, reason: reason)
    }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    var catalog = Catalog(container: .pytorchLegacy, path: path, files: [path])
    var machine = PickleMachine(file.bytes, place: name)
    guard try interpret(&machine, place: name, into: &catalog) else {
      return OpenedContainer(catalog: catalog, files: [file])
    }
    if case .wideInteger(magic) = machine.graph[machine.graph.root] {
      try openStream(
        after: machine.endOffset, name: name, file: file, into: &catalog)
    } else {
      noteTrailingBytes(file.byteCount - machine.endOffset, place: name, into: &catalog)
      let walk = CheckpointWalk(graph: machine.graph, stream: file.bytes, isTorchScript: false)
      list(walk, order: .little, into: &catalog) { _ in
        StoragePlace(obstacle: "its storage is not in this pickle")
      }
    }
    return OpenedContainer(catalog: catalog, files: [file])
  }

  /// ```
  /// pickle: magic | pickle: 1001 | pickle: system | pickle: object | pickle: [keys] | (Int64 count, elements)*
  /// ```
  private static func openStream(
    after offset: Int, name: String, file: MappedFile, into catalog: inout Catalog
  ) throws(CheckpointError) {
    var position = offset
    for step in 0..<2 {
      var header = PickleMachine(file.bytes, at: position, place: name)
      guard try interpret(&header, place: name, into: &catalog) else { return }
      position = header.endOffset
      if step == 0, header.graph.integer(header.graph.root) != legacyProtocol {
        throw .malformed(
          path: catalog.path, place: "byte \(offset)",
          reason: "PyTorch stream of a protocol other than \(legacyProtocol)")
      }
    }
    var content = PickleMachine(file.bytes, at: position, place: name)
    guard try interpret(&content, place: name, into: &catalog) else { return }
    let walk = CheckpointWalk(graph: content.graph, stream: file.bytes, isTorchScript: false)
    var keys = PickleMachine(file.bytes, at: content.endOffset, place: name)
    guard try interpret(&keys, place: name, into: &catalog) else { return }
    var storages = StreamStorages(file: file, recipes: walk.tensors.map(\.recipe))
    storages.read(
      keys: (keys.graph.sequence(keys.graph.root) ?? []).map {
        keys.graph.text($0) ?? keys.graph.wording($0, stream: file.bytes)
      }, from: keys.endOffset)
    if let obstacle = storages.obstacle {
      catalog.diagnostics.append(
        Diagnostic(severity: .error, kind: "truncated", place: name, message: obstacle))
    }
    list(walk, order: .little, into: &catalog) { storages.place(of: $0) }
  }
}
