package import Checkpoints

extension Session {
  /// Findings of the container's reader, and of the values where `readsValues`.
  ///
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
    if readsValues { findings += try scanValues(context) }
    return findings
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
