import Tensors

/// Decides what a zip archive holds: NumPy arrays, a PyTorch checkpoint or a TorchScript module.
enum ZipContainers {
  static func open(
    _ path: String, file: MappedFile, _ cancellation: Cancellation
  ) throws(CheckpointError) -> OpenedContainer {
    let archive = try ZipArchive(path: path, file: file, cancellation: cancellation)
    if let pickle = archive.members.first(where: { isPickle($0.name) }) {
      return try PyTorchReader.openArchive(archive, pickle: pickle, cancellation)
    }
    if archive.members.contains(where: { $0.name.hasSuffix(".npy") }) {
      return try NumPyReader.openArchive(archive, cancellation)
    }
    throw .unrecognised(
      path: path,
      reason: "a zip archive with neither a `data.pkl` nor NumPy arrays; not a checkpoint")
  }

  /// `ROOT/data.pkl`, one level deep: the root folder has the name that the writer chose, and torch compares names without case.
  private static func isPickle(_ name: String) -> Bool {
    let name = name.lowercased()
    guard name.hasSuffix("/data.pkl") else { return name == "data.pkl" }
    return !name.dropLast("/data.pkl".count).contains("/")
  }
}
