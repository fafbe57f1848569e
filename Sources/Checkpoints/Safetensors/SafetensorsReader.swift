import Tensors

/// Opens a safetensors file: reads the header and nothing else.
enum SafetensorsReader {
  static func open(_ path: String, file: MappedFile) throws(CheckpointError) -> OpenedContainer {
    let header = try SafetensorsHeader(file.bytes, path: path)
    var diagnostics: [Diagnostic] = []
    var entries: [Entry] = []
    entries.reserveCapacity(header.tensors.count)
    for tensor in header.tensors {
      var entry = Entry(
        path: [tensor.name], elementType: tensor.type.elementType ?? .u8, shape: tensor.shape,
        location: Location(
          file: 0, offset: header.dataOffset + tensor.begin,
          storageByteCount: tensor.end - tensor.begin))
      if tensor.type.elementType == nil {
        entry.isReadable = false
        entry.foreignType = tensor.type.spelling
        entry.remarks = ["values of type \(tensor.type.spelling) are listed but not read"]
        diagnostics.append(
          Diagnostic(
            severity: .note, kind: "unread-type", place: tensor.name,
            message: "values of type \(tensor.type.spelling) are listed but not read"))
      }
      entries.append(entry)
    }
    let catalog = Catalog(
      container: .safetensors, path: path, files: [path], entries: entries,
      metadata: header.metadata, diagnostics: diagnostics)
    return OpenedContainer(catalog: catalog, files: [file])
  }

  /// Whether `start`, the first bytes of a file, can be a length prefix and the `{` of a header.
  static func recognises(_ start: UnsafeRawBufferPointer) -> Bool {
    guard start.count > SafetensorsHeader.prefixLength,
      start[SafetensorsHeader.prefixLength] == 0x7B
    else { return false }
    let length = UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
    return length >= 2 && length <= UInt64(SafetensorsHeader.lengthLimit)
  }
}
