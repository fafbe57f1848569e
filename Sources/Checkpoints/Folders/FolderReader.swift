import Tensors

/// Opens the weights that a folder holds: hub layouts of OpenCLIP and Transformers, shards, a folder of epochs.
enum FolderReader {
  static func open(
    _ folder: String, _ cancellation: Cancellation
  ) throws(CheckpointError) -> OpenedContainer {
    let candidates = try CheckpointFolder.candidates(in: folder)
    guard let chosen = candidates.first(where: { $0.kind != nil }) else {
      if let first = candidates.first {
        throw .unrecognised(path: first.path, reason: first.reason ?? "no reader knows this file")
      }
      // OpenCLIP's training writes `logs/NAME/checkpoints/epoch_N.pt`.
      let inner = FilePath.join(folder, "checkpoints")
      if FilePath.isFolder(inner), FilePath.name(of: folder) != "checkpoints" {
        var opened = try open(inner, cancellation)
        opened.catalog.path = folder
        opened.catalog.companions += CompanionFiles.inside(folder)
        return opened
      }
      throw .unrecognised(
        path: folder,
        reason:
          "the folder holds no checkpoint: no file named like one (\(CheckpointFolder.endings.prefix(6).joined(separator: ", ")), ...)"
      )
    }
    var opened =
      chosen.name.hasSuffix(ShardIndex.suffix)
      ? try ShardedReader.open(chosen.path, cancellation)
      : try ContainerSniffer.openFile(chosen.path, cancellation)
    opened.catalog.path = folder
    opened.catalog.companions = CompanionFiles.inside(folder)
    let others = candidates.filter { $0.name != chosen.name }
    if !others.isEmpty {
      opened.catalog.diagnostics.append(
        Diagnostic(
          severity: .note, kind: "chosen-file", place: chosen.name,
          message:
            "`\(chosen.name)` was opened, one of \(candidates.count) files that the folder holds"
        ))
    }
    for other in others {
      let what = other.kind.map { "\($0.rawValue), \(other.byteCount) bytes" }
      opened.catalog.diagnostics.append(
        Diagnostic(
          severity: .note, kind: "other-checkpoint", place: other.name,
          message: "`\(other.name)` stands beside it (\(what ?? other.reason ?? "unknown"))"))
    }
    // A folder that is one model keeps the kind of its weights; a folder of many is a folder.
    if !others.isEmpty, !FolderOrder.preferred.contains(chosen.name),
      !chosen.name.hasSuffix(ShardIndex.suffix)
    {
      opened.catalog.container = .folder
    }
    return opened
  }
}
