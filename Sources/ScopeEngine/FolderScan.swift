import Checkpoints

/// A scan of every regular file of a folder and below.
///
/// Another program may load any of them, whichever the folder opens as here.
struct FolderScan {
  private let folder: String
  private let readsValues: Bool
  private let context: JobContext
  private var survey: FolderSurvey
  /// The checkpoint that the folder opens as; nil where it opens as none.
  private let opened: CheckpointFile?
  private let openingError: CheckpointError?

  private var findings: [ScanFinding] = []
  /// What the header of each file told, by its path: an index repeats what its shards tell.
  private var told: [String: [ScanFinding]] = [:]
  private var withoutValues: [String] = []
  /// Whether any file was a checkpoint, a pickle or an index.
  private var sawCheckpoint = false

  /// - Throws: `CheckpointError.file` where the folder cannot be listed, `.cancelled`.
  init(
    of folder: String, readsValues: Bool, _ context: JobContext
  ) throws(CheckpointError) {
    self.folder = folder
    self.readsValues = readsValues
    self.context = context
    survey = try FolderSurvey(of: folder) { context.isCancelled }
    do throws(CheckpointError) {
      opened = try context.open(folder)
      openingError = nil
    } catch .cancelled {
      throw .cancelled
    } catch {
      opened = nil
      openingError = error
    }
  }

  /// - Throws: `CheckpointError` where there is nothing to look at in the folder, or the job is cancelled.
  mutating func run() throws -> ScanReport {
    for file in survey.files where file.kind != .index { try look(at: file) }
    for file in survey.files where file.kind == .index { try lookAtIndex(file) }
    for gap in survey.unreadable { add(gap, .error, ScanFinding.unreadableFile) }
    if readsValues, let opened {
      for item in try Session(checkpoint: opened).scanValues(context) {
        let files = opened.catalog.files
        let file = item.entry.location.file
        add(item.finding, of: files.indices.contains(file) ? name(of: files[file]) : "")
      }
    }
    for gap in survey.unvisited { add(gap, .warning, ScanFinding.notLookedAt) }
    if let openingError, findings.isEmpty, !sawCheckpoint { throw openingError }
    return ScanReport(
      findings: findings,
      extent: .init(
        fileCount: survey.fileCount, otherCount: survey.otherCount, withoutValues: withoutValues))
  }

  // MARK: Files

  private mutating func look(at file: FolderSurvey.File) throws(CheckpointError) {
    try context.checkCancellation()
    do {
      let catalog = try catalog(of: file)
      let found = catalog.headerFindings
      if file.kind == .maybePickle, Self.isChance(found) {
        survey.countAsOther()
        return
      }
      told[file.path] = found
      for finding in found { add(finding, of: file.name) }
      if readsValues, opened?.catalog.files.contains(file.path) != true,
        catalog.entries.contains(where: \.mayHoldNonFinite)
      {
        withoutValues.append(file.name)
      }
    } catch .cancelled {
      throw .cancelled
    } catch {
      switch (error, file.kind) {
      case (.malformed, .maybePickle):
        survey.countAsOther()
        return
      case (.unrecognised, _) where !FolderSurvey.isNamedLikeCheckpoint(file.name):
        // An archive of other things.
        survey.countAsOther()
        return
      default: add(error, of: file.name)
      }
    }
    sawCheckpoint = true
  }

  /// The headers of a file, those that are open already where it is that one.
  private func catalog(of file: FolderSurvey.File) throws(CheckpointError) -> Catalog {
    if let opened, opened.catalog.files == [file.path] { return opened.catalog }
    return try CheckpointFile(openingFile: file.path) { [context] in context.isCancelled }.catalog
  }

  /// Whether a text happened to begin like a pickle: it breaks off, and nothing in front of the break calls anything.
  private static func isChance(_ findings: [ScanFinding]) -> Bool {
    findings.contains { $0.kind == "broken-pickle" } && findings.allSatisfy { $0.global == nil }
  }

  /// What an index tells besides what its shards tell: missing shards, tensors in another one.
  private mutating func lookAtIndex(_ file: FolderSurvey.File) throws(CheckpointError) {
    sawCheckpoint = true
    do {
      let catalog = try context.open(file.path).catalog
      let known = Set(catalog.files.flatMap { told[$0] ?? [] })
      for finding in catalog.headerFindings where !known.contains(finding) {
        add(finding, of: file.name)
      }
    } catch .cancelled {
      throw .cancelled
    } catch {
      add(error, of: file.name)
    }
  }

  // MARK: Findings

  private mutating func add(_ error: CheckpointError, of file: String) {
    let finding =
      ScanFinding(openingError: error)
      ?? ScanFinding(
        severity: .error, kind: ScanFinding.unreadableFile, place: "", message: error.reason)
    add(finding, of: file)
  }

  private mutating func add(_ finding: ScanFinding, of file: String) {
    var finding = finding
    finding.place = [file, finding.place].filter { !$0.isEmpty }.joined(separator: ": ")
    findings.append(finding)
  }

  private mutating func add(
    _ gap: FolderSurvey.Gap, _ severity: Diagnostic.Severity, _ kind: String
  ) {
    findings.append(
      ScanFinding(
        severity: severity, kind: kind, place: gap.name.isEmpty ? "." : gap.name,
        message: gap.reason))
  }

  /// Path below the folder.
  private func name(of path: String) -> String {
    let start = FilePath.join(folder, "")
    return path.hasPrefix(start) ? String(path.dropFirst(start.count)) : path
  }
}
