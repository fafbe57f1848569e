package import Checkpoints

/// What a scan found, and how much of a folder it looked at.
package struct ScanReport: Sendable {
  /// Of a folder, the place of each begins with the path of its file below the folder.
  package var findings: [ScanFinding]
  /// Nil for a file.
  package var extent: Extent?

  /// How much of a folder was looked at.
  package struct Extent: Sendable, Equatable {
    /// Regular files of which at least the first bytes were read.
    package var fileCount: Int
    /// Of these, those that are neither a checkpoint nor a pickle nor named like one.
    package var otherCount: Int
    /// Checkpoints of which names and headers were read and no values, by their path below the folder; none where no values were asked for.
    package var withoutValues: [String]
  }
}

extension ScanReport {
  /// Looks at a file, or at every regular file of a folder and below.
  ///
  /// A header that lies is a finding. Notes are not: a file from a trusted library has none.
  /// - Parameters:
  ///   - path: A file or a folder.
  ///   - readsValues: Whether the values are read of the checkpoint that `path` opens as.
  ///   - context: Asked whether to stop.
  /// - Throws: `CheckpointError` where a file is no checkpoint, a folder holds none, or the job is cancelled.
  static func of(
    _ path: String, readsValues: Bool, context: JobContext
  ) throws -> ScanReport {
    if FilePath.isFolder(path) {
      var scan = try FolderScan(of: path, readsValues: readsValues, context)
      return try scan.run()
    }
    let checkpoint: CheckpointFile
    do {
      checkpoint = try context.open(path)
    } catch {
      guard let finding = ScanFinding(openingError: error) else { throw error }
      return ScanReport(findings: [finding])
    }
    let session = Session(checkpoint: checkpoint)
    return ScanReport(findings: try session.scan(readsValues: readsValues, context: context))
  }
}

extension Session {
  /// Findings of the container's reader, and of the values where `readsValues`.
  ///
  /// Of a folder only those of the checkpoint that is open.
  /// - Throws: `CheckpointError.cancelled`.
  package func scan(
    readsValues: Bool = true, context: JobContext = JobContext()
  ) throws -> [ScanFinding] {
    catalog.headerFindings + (readsValues ? try scanValues(context).map(\.finding) : [])
  }

  /// NaN and infinite values, each with the tensor that holds them.
  func scanValues(_ context: JobContext) throws -> [(entry: Entry, finding: ScanFinding)] {
    let indices = catalog.entries.indices.filter { catalog.entries[$0].mayHoldNonFinite }
    var findings: [(entry: Entry, finding: ScanFinding)] = []
    for item in try checkpointStatistics(of: indices, context: context).items {
      let entry = catalog.entries[item.entry]
      func report(_ severity: Diagnostic.Severity, _ kind: String, _ message: String) {
        let finding = ScanFinding(
          severity: severity, kind: kind, place: entry.name, message: message)
        findings.append((entry, finding))
      }
      switch item.result {
      case .failure(let error): report(.error, "unreadable-tensor", error.description)
      case .success(let statistics):
        let total = statistics.elementCount
        if statistics.nanCount > 0 {
          report(.warning, "nan", "\(statistics.nanCount) of \(total) values are NaN")
        }
        let isMask = entry.isMask && statistics.positiveInfinityCount == 0
        if statistics.infinityCount > 0, !isMask {
          report(
            .warning, "infinity", "\(statistics.infinityCount) of \(total) values are infinite")
        }
      }
    }
    return findings
  }
}

extension Catalog {
  /// What names and headers tell, without notes.
  var headerFindings: [ScanFinding] {
    var findings = scanFindings.filter { $0.severity != .note }
    let known = Set(findings)
    for entry in entries where !entry.isReadable && entry.foreignType == nil {
      let finding = ScanFinding(
        severity: .error, kind: "unreadable-tensor", place: entry.name,
        message: entry.remarks.first ?? "its bytes cannot be read")
      if !known.contains(finding) { findings.append(finding) }
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

  /// Whether its values are looked at by a scan.
  var mayHoldNonFinite: Bool {
    isReadable && (elementType.isFloatingPoint || elementType.isComplex) && !isExpanded
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
