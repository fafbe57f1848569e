import Tensors

/// Reads `.npy` arrays and `.npz` archives of them.
///
/// Object arrays hold a pickle; it is never run, but what it names is reported.
enum NumPyReader {
  static func openArray(
    _ path: String, file: MappedFile, _ cancellation: Cancellation
  ) throws(CheckpointError) -> OpenedContainer {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let entry: Entry
    var globals: [PickleGlobal] = []
    do {
      let header = try NumPyHeader(file.bytes)
      if header.holdsObjects {
        globals = try PickleNames.globals(
          in: file.bytes, at: header.byteCount, place: name, cancellation)
      }
      entry = self.entry(
        named: name.hasSuffix(".npy") ? String(name.dropLast(4)) : name, header: header,
        offset: header.byteCount, available: file.byteCount - header.byteCount,
        compression: .none)
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw .malformed(path: path, place: "", reason: "\(error)")
    }
    guard entry.isReadable || entry.foreignType != nil else {
      throw .malformed(path: path, place: entry.name, reason: entry.remarks.first ?? "unreadable")
    }
    let catalog = Catalog(
      container: .npy, path: path, files: [path], entries: [entry],
      diagnostics: PickleNames.dangers(of: globals), pickleGlobals: globals)
    return OpenedContainer(catalog: catalog, files: [file])
  }

  static func openArchive(
    _ archive: ZipArchive, _ cancellation: Cancellation
  ) throws(CheckpointError) -> OpenedContainer {
    var catalog = Catalog(container: .npz, path: archive.path, files: [archive.path])
    var names = PickleNames(in: archive, cancellation)
    try names.addPickles()
    for member in archive.members where member.name.hasSuffix(".npy") {
      try cancellation.check()
      let name = String(member.name.dropLast(4))
      do {
        let offset = try archive.dataOffset(of: member)
        let header = try header(of: member, at: offset, in: archive)
        if header.holdsObjects { try names.add(member, from: header.byteCount) }
        let entry = entry(of: member, named: name, at: offset, header)
        if !entry.isReadable, entry.foreignType == nil {
          catalog.diagnostics.append(
            Diagnostic(
              severity: .error, kind: "unreadable-tensor", place: name,
              message: entry.remarks.first ?? "its bytes cannot be read"))
        }
        catalog.entries.append(entry)
      } catch CheckpointError.cancelled {
        throw .cancelled
      } catch {
        let reason = (error as? CheckpointError)?.description ?? "\(error)"
        catalog.diagnostics.append(
          Diagnostic(
            severity: .error, kind: "unreadable-member", place: member.name, message: reason))
      }
    }
    catalog.pickleGlobals = names.globals
    catalog.diagnostics += names.diagnostics + PickleNames.dangers(of: names.globals)
    return OpenedContainer(catalog: catalog, files: [archive.file])
  }

  /// Header of the array that a member holds.
  static func header(
    of member: ZipMember, at offset: Int, in archive: ZipArchive
  ) throws -> NumPyHeader {
    guard !member.isOverlapping else { throw NumPyFault("its data overlaps another member's") }
    if member.isDeflated {
      return try DeflatedPrefix.header(of: member, at: offset, in: archive)
    }
    return try NumPyHeader(
      UnsafeRawBufferPointer(rebasing: archive.file.bytes[offset..<offset + member.byteCount]))
  }

  private static func entry(
    of member: ZipMember, named name: String, at offset: Int, _ header: NumPyHeader
  ) -> Entry {
    entry(
      named: name, header: header, offset: member.isDeflated ? offset : offset + header.byteCount,
      available: member.byteCount - header.byteCount,
      compression: member.isDeflated
        ? .deflate(byteCount: member.compressedByteCount, skipping: header.byteCount) : .none)
  }

  private static func entry(
    named name: String, header: NumPyHeader, offset: Int, available: Int,
    compression: Location.Compression
  ) -> Entry {
    let shape = Shape(header.sizes)
    var remarks: [String] = []
    var isReadable = true
    let kind = header.elementType
    let type = kind?.type ?? .u8
    if kind == nil {
      isReadable = false
      remarks.append(
        header.holdsObjects
          ? "an array of pickled objects; it is listed, never run"
          : "elements of type `\(header.typeText)` are listed but not read")
    } else if kind?.isAssumed == true {
      remarks.append("stored as raw 2-byte values (|V2); bfloat16 is assumed")
    }
    var storageByteCount = max(available, 0)
    if kind != nil {
      let count = shape.elementCount
      let needed = count.map { $0.multipliedReportingOverflow(by: type.byteCount) }
      if let needed, !needed.overflow, needed.partialValue <= available {
        storageByteCount = compression == .none ? needed.partialValue : available
      } else {
        isReadable = false
        let wanted = needed.map { $0.overflow ? "more than can be" : "\($0.partialValue) bytes" }
        remarks.insert(
          "invalid: shape \(shape) needs \(wanted ?? "more than can be"), \(available) are stored",
          at: 0)
      }
    }
    var strides: [Int]?
    if header.isFortranOrdered, shape.rank > 1, shape.elementCount != nil {
      var step = 1
      strides = header.sizes.map { size in
        defer { step = step &* max(size, 1) }
        return step
      }
    }
    return Entry(
      path: [name], elementType: type, shape: shape,
      location: Location(
        file: 0, offset: offset, storageByteCount: storageByteCount, strides: strides,
        order: kind?.order ?? .little, compression: compression, storageName: name + ".npy"),
      remarks: remarks, isReadable: isReadable,
      foreignType: kind == nil ? header.typeText : nil)
  }
}
