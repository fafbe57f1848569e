import ArgumentParser
import Cells
import ScopeEngine

struct InfoCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Say what a checkpoint is: container, dialect, architecture, totals.",
    discussion: """
      Every fact is tagged: confirmed (a config or the format says so), inferred (names and shapes say so) or \
      unknown. Only headers are read.
      """)

  @Argument(help: "A checkpoint file or folder.", completion: .file()) var path: String
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    let session = try open(path, with: engine)
    let summary = session.summary()
    if shared.json {
      print(Self.document(of: session, summary), on: console)
    } else {
      Self.printText(of: session, summary, on: console)
    }
    return ExitStatus.success
  }

  static func document(of session: Session, _ summary: CheckpointSummary) -> JSONValue {
    var document = Document()
    let identification = summary.identification
    document.add("path", .string(session.path))
    document.add("container", .string(summary.container.rawValue))
    document.add("dialect", .string(identification.dialect))
    document.add("family", .string(identification.family))
    document.add(
      "facts",
      .array(
        identification.facts.map { fact in
          [
            "name": .string(fact.name), "value": fact.value,
            "certainty": .string(fact.certainty), "reason": .string(fact.reason),
          ]
        }))
    document.add("tensor_count", .integer(summary.tensorCount))
    document.add("parameter_count", .integer(summary.parameterCount))
    document.add("byte_count", .integer(summary.byteCount))
    document.add("other_tensor_count", .integer(summary.otherTensorCount))
    document.add(
      "dtypes", .members(summary.types.map { ($0.type, .integer($0.tensorCount)) }))
    document.add(
      "metadata", .members(session.catalog.metadata.map { ($0.key, .string($0.value)) }))
    document.add("companions", .strings(session.catalog.companions.map(\.name)))
    document.add("warnings", .strings(summary.warnings))
    return document.value
  }

  /// Checkpoints of a folder that are named beside the one that it opens as.
  private static let otherLimit = 8

  static func printText(
    of session: Session, _ summary: CheckpointSummary, on console: Console
  ) {
    let style = TextStyle(isColoured: console.isColoured)
    let identification = summary.identification
    console.line(style.heading(console.shown(session.path)))
    func row(_ name: String, _ value: String, _ remark: String = "") {
      let padding = String(repeating: " ", count: max(20 - name.count, 1))
      console.line("  \(name)\(padding)\(value)\(remark.isEmpty ? "" : "  " + style.dim(remark))")
    }
    if let chosen = session.catalog.diagnostics.first(where: { $0.kind == "chosen-file" }) {
      row("file", console.shown(chosen.place), "one of several in the folder")
      let others = session.catalog.diagnostics.filter { $0.kind == "other-checkpoint" }
      for other in others.prefix(Self.otherLimit) { row("not opened", console.shown(other.place)) }
      if others.count > Self.otherLimit {
        row("not opened", "\(others.count - Self.otherLimit) more", "clipscope scan names them")
      }
    }
    row("container", summary.container.rawValue)
    if session.catalog.pickleGlobals.contains(where: { $0.standing == .dangerous }) {
      row("pickle", style.bad("not safe to load elsewhere"), "clipscope scan says why")
    }
    row("dialect", console.shown(identification.dialect))
    row("family", console.shown(identification.family))
    row("tensors", Numbers.grouped(summary.tensorCount))
    row(
      "parameters", Numbers.compact(summary.parameterCount),
      summary.parameterCount < 1000 ? "" : Numbers.grouped(summary.parameterCount))
    row("bytes", Numbers.bytes(summary.byteCount))
    if summary.otherTensorCount > 0 {
      row("other tensors", Numbers.grouped(summary.otherTensorCount), "outside the weights")
    }
    row(
      "dtypes",
      summary.types.map { "\(console.shown($0.type)) x \($0.tensorCount)" }
        .joined(separator: ", "))
    let root = session.catalog.weightsRoot
    if !root.isEmpty { row("weights at", console.shown(root.joined(separator: "."))) }
    for fact in identification.facts {
      row(
        fact.name, console.shown(fact.shown),
        fact.certainty == fact.shown
          ? console.shown(fact.reason) : "\(fact.certainty): \(console.shown(fact.reason))")
    }
    for pair in session.catalog.metadata.prefix(Console.rowLimit) {
      let value = pair.value.count > 60 ? "\(pair.value.prefix(60))... " : pair.value
      row("metadata", "\(console.shown(pair.key)) = \(console.shown(value))")
    }
    console.more(than: session.catalog.metadata.count, "pairs of metadata", style)
    for companion in session.catalog.companions {
      row("beside it", console.shown(companion.name), Numbers.bytes(companion.byteCount))
    }
    for warning in summary.warnings.prefix(Console.rowLimit) {
      console.line("  \(style.warning("warning"))  \(console.shown(warning))")
    }
    console.more(than: summary.warnings.count, "warnings", style)
  }
}
