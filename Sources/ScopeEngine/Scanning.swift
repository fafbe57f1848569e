package import Checkpoints

extension Session {
  /// Findings of the container's reader, of the other checkpoints in a folder, and of the values where `readsValues`.
  ///
  /// Values are those of the checkpoint that is open; of the files beside it only what opening tells.
  /// Notes are not findings: a file from a trusted library has none.
  /// - Throws: `CheckpointError.cancelled`.
  package func scan(
    readsValues: Bool = true, context: JobContext = JobContext()
  ) throws -> [ScanFinding] {
    var findings = catalog.scanFindings.filter { $0.severity != .note }
    for entry in catalog.entries where !entry.isReadable && entry.foreignType == nil {
      findings.append(
        ScanFinding(
          severity: .error, kind: "unreadable-tensor", place: entry.name,
          message: entry.remarks.first ?? "its bytes cannot be read"))
    }
    findings += try scanFilesBeside(context)
    if readsValues { findings += try scanValues(context) }
    return findings
  }

  /// A folder opens as one of its checkpoints, but another program may load any: a pickle beside clean weights counts.
  ///
  /// Deeper folders, and files that are not named like a checkpoint, are left out.
  private func scanFilesBeside(_ context: JobContext) throws -> [ScanFinding] {
    guard FilePath.isFolder(path) else { return [] }
    var findings: [ScanFinding] = []
    for file in try filesBeside() {
      try context.checkCancellation()
      let name = FilePath.name(of: file)
      for var finding in try Self.headerFindings(of: file, context) {
        finding.place = finding.place.isEmpty ? name : "\(name): \(finding.place)"
        findings.append(finding)
      }
    }
    return findings
  }

  /// Files named like checkpoints in the open folder and in the one its checkpoint was found in, without those that are open.
  private func filesBeside() throws -> [String] {
    var files: Set<String> = []
    for folder in Set([path] + catalog.files.map(FilePath.folder(of:))) {
      for name in try CheckpointError.catching(try DirectoryListing.names(in: folder))
      where CheckpointFolder.isNamedLikeCheckpoint(name) && !name.hasSuffix(".index.json") {
        files.insert(FilePath.join(folder, name))
      }
    }
    return files.subtracting(catalog.files).filter { !FilePath.isFolder($0) }.sorted()
  }

  /// What opening a file tells; nothing of a file that is no checkpoint.
  private static func headerFindings(
    of file: String, _ context: JobContext
  ) throws(CheckpointError) -> [ScanFinding] {
    do {
      return try context.open(file).catalog.scanFindings.filter { $0.severity != .note }
    } catch .cancelled {
      throw .cancelled
    } catch {
      return ScanFinding(openingError: error).map { [$0] } ?? []
    }
  }

  private func scanValues(_ context: JobContext) throws -> [ScanFinding] {
    let indices = catalog.entries.indices.filter { index in
      let entry = catalog.entries[index]
      return entry.isReadable && (entry.elementType.isFloatingPoint || entry.elementType.isComplex)
        && !entry.isExpanded
    }
    var findings: [ScanFinding] = []
    for item in try checkpointStatistics(of: indices, context: context).items {
      let entry = catalog.entries[item.entry]
      switch item.result {
      case .failure(let error):
        findings.append(
          ScanFinding(
            severity: .error, kind: "unreadable-tensor", place: entry.name,
            message: error.description))
      case .success(let statistics):
        let total = statistics.elementCount
        if statistics.nanCount > 0 {
          findings.append(
            ScanFinding(
              severity: .warning, kind: "nan", place: entry.name,
              message: "\(statistics.nanCount) of \(total) values are NaN"))
        }
        let isMask = entry.isMask && statistics.positiveInfinityCount == 0
        if statistics.infinityCount > 0, !isMask {
          findings.append(
            ScanFinding(
              severity: .warning, kind: "infinity", place: entry.name,
              message: "\(statistics.infinityCount) of \(total) values are infinite"))
        }
      }
    }
    return findings
  }
}

extension Entry {
  /// Attention masks hide positions by adding -inf: that is what they are for.
  var isMask: Bool {
    let last = name.split(separator: ".").last.map(String.init) ?? name
    return last.hasSuffix("mask")
  }

  /// Whether the shape names many more elements than the storage has (strides of 0), so that reading it
  /// all would be a waste, or impossible.
  var isExpanded: Bool {
    location.compression == .none && byteCount / 16 > location.storageByteCount
  }
}

extension ScanFinding {
  /// A header that lies, for checkpoints that cannot be opened because of it.
  ///
  /// nil for errors that are not about the content of a checkpoint: a missing file, a web page, ...
  package init?(openingError error: any Error) {
    guard case CheckpointError.malformed(_, let place, let reason) = error else { return nil }
    self.init(severity: .error, kind: "malformed", place: place, message: reason)
  }
}
