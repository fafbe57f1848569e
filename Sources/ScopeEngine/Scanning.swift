import Checkpoints

extension Session {
  /// Findings of the container's reader, and of the values where `readsValues`.
  ///
  /// Notes are not findings: a file from a trusted library has none.
  /// - Throws: `CheckpointError.cancelled`.
  package func scan(
    readsValues: Bool = true, context: JobContext = JobContext()
  ) throws -> [Finding] {
    var findings = catalog.pickleGlobals.compactMap(Finding.init(global:))
    let globals = Set(findings.compactMap(\.global))
    for diagnostic in catalog.diagnostics where diagnostic.severity != .note {
      // Said already, with more facts.
      if globals.contains(where: { diagnostic.message.contains($0) }) { continue }
      findings.append(Finding(diagnostic: diagnostic))
    }
    for entry in catalog.entries where !entry.isReadable && entry.foreignType == nil {
      findings.append(
        Finding(
          severity: .error, kind: "unreadable-tensor", place: entry.name,
          message: entry.remarks.first ?? "its bytes cannot be read"))
    }
    if readsValues { findings += try scanValues(context) }
    return findings
  }

  private func scanValues(_ context: JobContext) throws -> [Finding] {
    let indices = catalog.entries.indices.filter { index in
      let entry = catalog.entries[index]
      return entry.isReadable && (entry.elementType.isFloatingPoint || entry.elementType.isComplex)
        && !entry.isExpanded
    }
    var findings: [Finding] = []
    for item in try checkpointStatistics(of: indices, context: context).items {
      let entry = catalog.entries[item.entry]
      switch item.result {
      case .failure(let error):
        findings.append(
          Finding(
            severity: .error, kind: "unreadable-tensor", place: entry.name,
            message: error.description))
      case .success(let statistics):
        let total = statistics.elementCount
        if statistics.nanCount > 0 {
          findings.append(
            Finding(
              severity: .warning, kind: "nan", place: entry.name,
              message: "\(statistics.nanCount) of \(total) values are NaN"))
        }
        let isMask = entry.isMask && statistics.positiveInfinityCount == 0
        if statistics.infinityCount > 0, !isMask {
          findings.append(
            Finding(
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

extension Finding {
  /// nil for globals that every honest checkpoint has.
  init?(global: PickleGlobal) {
    let severity: Severity
    switch global.standing {
    case .known: return nil
    case .unknown: severity = .warning
    case .dangerous: severity = .danger
    }
    let verb = global.isCalled ? "would have called" : "refers to"
    self.init(
      severity: severity, kind: "pickle-global", place: global.place,
      message: "the pickle \(verb) `\(global.fullName)` at offset \(global.opcodeOffset); "
        + "nothing was run",
      global: global.fullName, opcodeOffset: global.opcodeOffset)
  }

  init(diagnostic: Diagnostic) {
    let severity: Severity =
      switch diagnostic.severity {
      case .note: .note
      case .warning: .warning
      case .error: .error
      case .danger: .danger
      }
    self.init(
      severity: severity, kind: diagnostic.kind, place: diagnostic.place,
      message: diagnostic.message)
  }

  /// A header that lies, for checkpoints that cannot be opened because of it.
  ///
  /// nil for errors that are not about the content of a checkpoint: a missing file, a web page, ...
  package init?(openingError error: any Error) {
    guard case CheckpointError.malformed(_, let place, let reason) = error else { return nil }
    self.init(severity: .error, kind: "malformed", place: place, message: reason)
  }
}
