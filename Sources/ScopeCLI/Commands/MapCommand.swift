import ArgumentParser
import ScopeEngine

extension KeyMapping.Filter: ExpressibleByArgument {}

struct MapCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Show the keys beside those of another dialect, with the transform between them.",
    discussion: """
      Keys without a counterpart come first. Every key of the file is mapped, ignored (with the reason) or unknown; \
      every key that the target needs is filled or reported as unfilled. Only headers are read.
      """)

  @Argument(help: "A checkpoint file or folder.", completion: .file()) var path: String
  @Option(
    name: .customLong("to"),
    help: ArgumentHelp(
      "openclip, openclip-custom, openai, hf, timm, eva, pe, or a dialect that can be written: hf-clip, hf-clip-vision, oc-siglip, ...",
      valueName: "dialect"
    ), completion: .list(TargetName.all))
  var target: String
  @Option(help: "Which rows to show.") var only: KeyMapping.Filter = .all
  @OptionGroup var model: ModelOptions
  @OptionGroup var shared: SharedOptions

  static let choices = [
    "--to": ConversionTarget.allCases.filter { $0 != .safetensors }.map(\.rawValue)
  ]

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    let target = try TargetName(target)
    let options = try model.identity()
    let session = try open(path, with: engine)
    let mapping: KeyMapping
    do {
      mapping = try session.mapping(
        to: target.target, layouts: target.layouts, tower: target.tower, options: options)
    } catch let refusal as Refusal {
      throw Ending.trouble(refusal, about: [path])
    }
    if shared.json {
      print(document(of: mapping), on: console)
    } else {
      printText(of: mapping, on: console)
    }
    for warning in mapping.warnings { console.message("clipscope: \(path): \(warning)") }
    return ExitStatus.success
  }

  private func document(of mapping: KeyMapping) -> JSONValue {
    var document = Document()
    document.add("path", .string(path))
    document.add("source_dialect", .string(mapping.sourceDialect))
    document.add("target_dialect", .string(mapping.targetDialect))
    document.add(
      "rows",
      .array(
        mapping.rows.filter { only.admits($0.status) }.map { row in
          .members([
            ("source", .strings(row.source)), ("target", .strings(row.target)),
            ("transform", .string(row.transform)), ("rule", .string(row.rule)),
            ("status", .string(row.status.rawValue)),
            ("reason", row.reason.isEmpty ? nil : .string(row.reason)),
          ])
        }))
    document.add("coverage", mapping.coverage.json)
    document.add("warnings", .strings(mapping.warnings))
    return document.value
  }

  private func printText(of mapping: KeyMapping, on console: Console) {
    let style = TextStyle(isColoured: console.isColoured)
    let coverage = mapping.coverage
    console.line(
      "\(style.heading(console.shown(path)))  \(mapping.sourceDialect) to \(mapping.targetDialect)")
    console.line(
      "  \(coverage.mapped) mapped to \(coverage.targets), \(coverage.ignored) ignored, \(coverage.unknown) unknown; "
        + "\(coverage.unfilled) of the target unfilled")
    console.line()
    guard mapping.rows.contains(where: { only.admits($0.status) }) else {
      console.line("  no key of this kind")
      return
    }
    var table = TextTable([("", .left), ("source", .left), ("target", .left), ("transform", .left)])
    for row in mapping.rows where only.admits(row.status) {
      let label = row.status == .mapped ? "" : row.status.rawValue
      let remark = row.status == .mapped ? row.transform : row.reason
      // A key that is split stands once, with one line for each target.
      for line in 0..<max(row.source.count, row.target.count) {
        func name(_ names: [String]) -> String {
          names.indices.contains(line) ? console.shown(names[line]) : ""
        }
        table.add([
          line == 0 ? label : "", name(row.source), name(row.target),
          line == 0 ? console.shown(remark) : "",
        ])
      }
    }
    table.print(to: console, style: style)
  }
}
