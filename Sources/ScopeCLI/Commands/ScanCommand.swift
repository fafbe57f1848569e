import ArgumentParser
import Cells
import ScopeEngine

struct ScanCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Look for what a checkpoint should not hold; exit 1 when something is found.",
    discussion: """
      Reports what a pickle would have run (nothing is ever run), headers that lie, missing shards, tensors that hold \
      NaN or infinite values. Masks full of -inf are normal and not reported. \
      Of a folder every regular file is looked at, and every one below it but for .git, by its first bytes and \
      whatever its name: what is a checkpoint or begins as a pickle is scanned, files of other kinds are counted. \
      What is named like a checkpoint and is none (a web page, a Git LFS pointer, an empty file) is named, with the \
      reason, and so is a part of the folder that lies too deep or behind too many files: where these are all, scan \
      exits 2. Values are read of the checkpoint that the folder opens as; the others of which none are read are listed. \
      Of several paths each is reported, and one that cannot be read is named on standard error and does not keep the \
      others from being scanned: scan then ends with 1 where something was found and with 2 otherwise.
      """)

  @Argument(help: "Checkpoint files or folders.", completion: .file()) var paths: [String]
  @Flag(name: .customLong("headers-only"), help: "Do not read the values of tensors.")
  var headersOnly = false
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    guard !paths.isEmpty else { throw Ending.usage("scan needs a PATH") }
    var all: [(path: String, report: ScanReport)] = []
    var unread: [(path: String, reason: String)] = []
    for path in paths {
      let job = engine.scan(path, readsValues: !headersOnly)
      do {
        all.append((path, try blocking(job, showingProgressOn: console)))
      } catch let error where paths.count > 1 && !(error is Ending) {
        unread.append((path, CommandLineProgram.sentence(of: error)))
      }
    }
    if shared.json {
      print(document(of: all, unread), on: console)
    } else {
      Self.printText(of: all, on: console)
    }
    for (_, reason) in unread { console.message("clipscope: \(reason)") }
    return Self.status(
      of: all.flatMap(\.report.findings), isEverythingRead: unread.isEmpty)
  }

  /// What was found counts for more than what could not be looked at.
  static func status(of findings: [ScanFinding], isEverythingRead: Bool = true) -> Int32 {
    if !findings.allSatisfy(\.isGap) { return ExitStatus.findings }
    return findings.isEmpty && isEverythingRead ? ExitStatus.success : ExitStatus.trouble
  }

  private func document(
    of all: [(path: String, report: ScanReport)], _ unread: [(path: String, reason: String)]
  ) -> JSONValue {
    let isOneOfSeveral = paths.count > 1
    var document = Document()
    document.add("path", .string(paths.first ?? ""))
    document.add(
      "findings",
      .array(
        all.flatMap { path, report in
          report.findings.map { finding in
            .members([
              ("severity", .string(finding.severity.rawValue)),
              ("kind", .string(finding.kind)),
              ("where", .string(finding.place)),
              ("message", .string(finding.message)),
              ("global", finding.global.map { .string($0) }),
              ("opcode_offset", finding.opcodeOffset.map { .integer($0) }),
              ("path", isOneOfSeveral ? .string(path) : nil),
            ])
          }
        }))
    if isOneOfSeveral {
      document.add(
        "unread",
        .array(unread.map { ["path": .string($0.path), "error": .string($0.reason)] }))
    }
    let folders = all.compactMap { path, report in report.extent.map { (path: path, extent: $0) } }
    guard !folders.isEmpty else { return document.value }
    document.add(
      "files_looked_at", .integer(folders.reduce(0) { $0 + $1.extent.fileCount }))
    document.add(
      "files_of_other_kinds", .integer(folders.reduce(0) { $0 + $1.extent.otherCount }))
    document.add(
      "values_not_looked_at",
      .array(
        folders.flatMap { path, extent in
          extent.withoutValues.map { .string(FilePath.join(path, $0)) }
        }))
    return document.value
  }

  private static func printText(
    of all: [(path: String, report: ScanReport)], on console: Console
  ) {
    let style = TextStyle(isColoured: console.isColoured)
    for (path, report) in all {
      defer { if let extent = report.extent { printText(of: extent, on: console) } }
      let findings = report.findings
      guard !findings.isEmpty else {
        console.line("\(console.shown(path)): \(style.good("nothing found"))")
        continue
      }
      console.line(
        "\(console.shown(path)): \(Numbers.counted(findings.count, "finding"))")
      for finding in Console.shownRows(findings, \.severity) where console.hasReader {
        let severity = finding.severity.rawValue
        let padding = String(repeating: " ", count: max(7 - severity.count, 0))
        let label =
          switch finding.severity {
          case .danger, .error: style.bad(severity)
          case .warning: style.warning(severity)
          case .note: style.dim(severity)
          }
        let place = finding.place.isEmpty ? "" : "\(console.shown(finding.place)): "
        console.line("  \(label)\(padding)  \(place)\(console.shown(finding.message))")
      }
      console.more(than: findings.count, "findings", style)
    }
  }

  /// How much of a folder was looked at, and what of it for names and headers only.
  private static func printText(of extent: ScanReport.Extent, on console: Console) {
    let style = TextStyle(isColoured: console.isColoured)
    let files = Numbers.counted(extent.fileCount, "file")
    console.line(
      style.dim("  \(files) looked at, \(Numbers.grouped(extent.otherCount)) of other kinds"))
    guard !extent.withoutValues.isEmpty else { return }
    let named = extent.withoutValues.prefix(8).map { console.shown($0) }.joined(separator: ", ")
    let rest = extent.withoutValues.count - 8
    let more = rest > 0 ? " and \(Numbers.grouped(rest)) more" : ""
    console.line(style.dim("  values not looked at: \(named)\(more)"))
  }
}
