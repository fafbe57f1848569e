import ArgumentParser
import Cells
import ScopeEngine

struct ScanCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Look for what a checkpoint should not hold; exit 1 when something is found.",
    discussion: """
      Reports what a pickle would have run (nothing is ever run), headers that lie, missing shards, tensors that hold \
      NaN or infinite values. Masks full of -inf are normal and not reported. Of a folder the values are those of the \
      checkpoint that it opens as; of the other checkpoints in it pickles and headers are looked at.
      """)

  @Argument(help: "Checkpoint files or folders.", completion: .file()) var paths: [String]
  @Flag(name: .customLong("headers-only"), help: "Do not read the values of tensors.")
  var headersOnly = false
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    guard !paths.isEmpty else { throw Ending.usage("scan needs a PATH") }
    var status = ExitStatus.success
    var all: [(path: String, findings: [ScanFinding])] = []
    for path in paths {
      let findings = try findings(in: path, with: engine, on: console)
      if !findings.isEmpty { status = ExitStatus.findings }
      all.append((path, findings))
    }
    if shared.json {
      print(Self.document(of: all), on: console)
    } else {
      Self.printText(of: all, on: console)
    }
    return status
  }

  /// A header that lies keeps the checkpoint shut, and is the finding.
  private func findings(
    in path: String, with engine: Engine, on console: Console
  ) throws -> [ScanFinding] {
    let session: Session
    do {
      session = try open(path, with: engine)
    } catch {
      guard let finding = ScanFinding(openingError: error) else { throw error }
      return [finding]
    }
    return try blocking(
      engine.scan(session, readsValues: !headersOnly), showingProgressOn: console)
  }

  static func document(of all: [(path: String, findings: [ScanFinding])]) -> JSONValue {
    var document = Document()
    document.add("path", .string(all.first?.path ?? ""))
    document.add(
      "findings",
      .array(
        all.flatMap { path, findings in
          findings.map { finding in
            .members([
              ("severity", .string(finding.severity.rawValue)),
              ("kind", .string(finding.kind)),
              ("where", .string(finding.place)),
              ("message", .string(finding.message)),
              ("global", finding.global.map { .string($0) }),
              ("opcode_offset", finding.opcodeOffset.map { .integer($0) }),
              ("path", all.count > 1 ? .string(path) : nil),
            ])
          }
        }))
    return document.value
  }

  private static func printText(
    of all: [(path: String, findings: [ScanFinding])], on console: Console
  ) {
    let style = TextStyle(isColoured: console.isColoured)
    for (path, findings) in all {
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
}
