import CDeflate
import Tensors

/// Opens `.npy` arrays and `.npz` archives of them. Object arrays are listed, the pickle inside is not looked at.
enum NumPyReader {
  static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 6 && bytes[0] == 0x93 && bytes[1...5].elementsEqual("NUMPY".utf8)
  }

  static func openArray(
    _ path: String, file: MappedFile
  ) throws(CheckpointError) -> OpenedContainer {
    let header: NumPyHeader
    do { header = try NumPyHeader(file.bytes) } catch {
      throw .malformed(path: path, place: "byte \(error.offset)", reason: error.reason)
    }
    let file_ = path.split(separator: "/").last.map(String.init) ?? path
    let name = file_.hasSuffix(".npy") ? String(file_.dropLast(4)) : file_
    let entry = entry(
      name, header, offset: header.byteCount, available: file.byteCount - header.byteCount,
      compression: .none, identity: 0, member: nil)
    var catalog = Catalog(container: .npy, path: path, files: [path], entries: [entry])
    report(&catalog)
    return OpenedContainer(catalog: catalog, files: [file])
  }

  static func openArchive(
    _ path: String, file: MappedFile
  ) throws(CheckpointError) -> OpenedContainer {
    try open(archive: ZipArchive(path: path, file: file))
  }

  static func open(archive: ZipArchive) throws(CheckpointError) -> OpenedContainer {
    var catalog = Catalog(container: .npz, path: archive.path, files: [archive.path])
    for (index, member) in archive.members.enumerated() {
      guard member.name.hasSuffix(".npy") else {
        if !member.name.hasSuffix("/") {
          catalog.others.append(
            OtherValue(path: [member.name], kind: "member", text: "\(member.byteCount) bytes"))
        }
        continue
      }
      let name = String(member.name.dropLast(4))
      do {
        if let obstacle = archive.obstacle(of: member) {
          throw PickleFault(offset: 0, reason: obstacle)
        }
        let offset = try archive.dataOffset(of: member)
        let data = UnsafeRawBufferPointer(
          rebasing: archive.file.bytes[offset..<offset + member.compressedCount])
        let header =
          member.isStored ? try NumPyHeader(data) : try inflatedHeader(data, member.byteCount)
        catalog.entries.append(
          entry(
            name, header, offset: member.isStored ? offset + header.byteCount : offset,
            available: member.byteCount - header.byteCount,
            compression: member.isStored
              ? .none
              : .deflate(byteCount: member.compressedCount, skipping: header.byteCount),
            identity: index, member: member.name))
      } catch let fault as PickleFault {
        catalog.others.append(
          OtherValue(path: [name], kind: "damaged array", text: fault.reason))
        catalog.diagnostics.append(
          Diagnostic(
            severity: .error, kind: "invalid-tensor",
            place: "\(member.name) at byte \(fault.offset)", message: fault.reason))
      } catch let error as CheckpointError {
        throw error
      } catch {
        throw .malformed(path: archive.path, place: member.name, reason: "cannot be read")
      }
    }
    report(&catalog)
    return OpenedContainer(catalog: catalog, files: [archive.file])
  }

  private static func report(_ catalog: inout Catalog) {
    for entry in catalog.entries where !entry.isReadable && entry.foreignType == nil {
      catalog.diagnostics.append(
        Diagnostic(
          severity: .error, kind: "invalid-tensor", place: entry.name,
          message: entry.remarks.first ?? ""))
    }
  }

  /// Inflates only as much as the header needs: libdeflate fills the buffer it is given before it reports that there
  /// is more. What it wrote is checked like any other header, and the whole member is inflated where that fails.
  private static func inflatedHeader(
    _ source: UnsafeRawBufferPointer, _ byteCount: Int
  ) throws(PickleFault) -> NumPyHeader {
    guard let decompressor = libdeflate_alloc_decompressor() else {
      throw PickleFault(offset: 0, reason: "no memory to inflate it")
    }
    defer { libdeflate_free_decompressor(decompressor) }
    var fault = PickleFault(offset: 0, reason: "its compressed data is damaged")
    for room in [min(byteCount, 1 << 16), min(byteCount, 1 << 28)] where room > 0 {
      let target = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 64)
      defer { target.deallocate() }
      if room <= 1 << 16 { target.initializeMemory(as: UInt8.self, repeating: 0) }
      var written = 0
      let result = libdeflate_deflate_decompress(
        decompressor, source.baseAddress, source.count, target.baseAddress, room, &written)
      let isUsable =
        result == LIBDEFLATE_SUCCESS || result == LIBDEFLATE_INSUFFICIENT_SPACE && room <= 1 << 16
      guard isUsable else { continue }
      let count = result == LIBDEFLATE_SUCCESS ? written : room
      do { return try NumPyHeader(UnsafeRawBufferPointer(rebasing: target[0..<count])) } catch {
        fault = error
      }
      if room == byteCount { break }
    }
    throw fault
  }

  private static func entry(
    _ name: String, _ header: NumPyHeader, offset: Int, available: Int,
    compression: Location.Compression, identity: Int, member: String?
  ) -> Entry {
    var order = ByteOrder.little
    var code = header.descriptor
    if let sign = code.first, "<>|=".contains(sign) {
      code.removeFirst()
      if sign == ">" { order = .big }
    }
    let shape = Shape(header.sizes)
    var remarks: [String] = []
    var isReadable = true
    var foreignType: String?
    var type = ElementType.u8
    if code == "V2" {
      type = .bf16
      remarks.append("assumed bfloat16 (the file says 2 raw bytes)")
    } else if let element = NumPyType.element(code: code) {
      type = element
    } else {
      foreignType = header.descriptor
      isReadable = false
      remarks.append(obstacle(code))
    }
    if isReadable {
      if let count = shape.elementCount {
        let (wanted, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
        if overflow || wanted > available {
          isReadable = false
          remarks.insert(
            "claims \(overflow ? "too many" : String(wanted)) bytes but \(max(available, 0)) are stored",
            at: 0)
        }
      } else {
        isReadable = false
        remarks.insert("invalid shape \(shape): its size overflows", at: 0)
      }
    }
    var strides: [Int]?
    if header.isFortranOrder, isReadable, shape.rank > 1 {
      strides = Array(Shape(header.sizes.reversed()).contiguousStrides.reversed())
    }
    return Entry(
      path: [name], elementType: type, shape: shape,
      location: Location(
        file: 0, offset: offset, storageByteCount: max(available, 0), strides: strides,
        order: order, compression: compression, storageIdentity: identity, storageName: member),
      remarks: remarks, isReadable: isReadable, foreignType: foreignType)
  }

  private static func obstacle(_ code: String) -> String {
    switch code.first {
    case "O": "an object array: a pickle that is not run"
    case "U", "S", "a": "a text array, listed without values"
    case "M", "m": "dates or durations, listed without values"
    case "(", "[": "a structured array, listed without values"
    default: "element type `\(PickleGraph.cut(code, 60))` is not read here"
    }
  }
}
