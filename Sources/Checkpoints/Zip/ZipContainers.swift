import Tensors

/// Decides what a zip file is: NumPy arrays, a PyTorch checkpoint or a TorchScript archive.
enum ZipContainers {
  /// - Throws: `CheckpointError` when the archive is damaged or holds neither arrays nor a `data.pkl`.
  static func open(_ path: String, file: MappedFile) throws(CheckpointError) -> OpenedContainer {
    if let reason = notACheckpoint(file.bytes) { throw .unrecognised(path: path, reason: reason) }
    let archive = try ZipArchive(path: path, file: file)
    // The root folder is whatever the name of the saved file was; the shortest path wins over nested copies.
    let pickle = archive.members.filter { $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl") }
      .min { $0.name.utf8.count < $1.name.utf8.count }
    if let pickle {
      return try PyTorchReader.open(archive: archive, pickle: pickle)
    }
    if archive.members.contains(where: { $0.name.hasSuffix(".npy") }) {
      return try NumPyReader.open(archive: archive)
    }
    throw .unrecognised(
      path: path,
      reason: "a zip file without `data.pkl` or `.npy` members: not a checkpoint")
  }

  /// What people get instead of a checkpoint, in words; nil for anything else.
  static func notACheckpoint(_ bytes: UnsafeRawBufferPointer) -> String? {
    let head = bytes.prefix(512).drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    let text = String(decoding: head, as: UTF8.self).lowercased()
    if text.hasPrefix("<!doctype") || text.hasPrefix("<html") || text.hasPrefix("<head") {
      return "not a checkpoint (HTML text)"
    }
    return nil
  }
}
