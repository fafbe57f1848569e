import ArgumentParser
import Cells
import ScopeEngine

struct EditCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "edit",
    abstract: "Rename, drop and keep tensors, set metadata, cast; write the result.",
    discussion: """
      OUT is a .safetensors, .pt, .pth or .bin file, or a folder. A rename is PATTERN=TEMPLATE, where * and ? in the \
      template stand for what those of the pattern caught, or s/expression/replacement/[g] with a regular expression. \
      Renames are applied one after the other; --drop and --keep look at the old names. --dry-run shows the table and \
      writes nothing.
      """)

  @Argument(
    help: ArgumentHelp("A checkpoint file or folder.", valueName: "in"), completion: .file())
  var path: String
  @Argument(
    help: ArgumentHelp("The file or folder to write.", valueName: "out"), completion: .file())
  var output: String
  @Option(
    help: ArgumentHelp(
      "PATTERN=TEMPLATE or s/expression/replacement/; may be given several times.",
      valueName: "rule"))
  var rename: [String] = []
  @Option(
    help: ArgumentHelp(
      "Leave out the tensors that fit; may be given several times.", valueName: "glob"))
  var drop: [String] = []
  @Option(
    help: ArgumentHelp(
      "Keep only the tensors that fit; may be given several times.", valueName: "glob"))
  var keep: [String] = []
  @Option(
    name: .customLong("set-metadata"),
    help: ArgumentHelp(
      "Set a pair of the file's metadata; an empty value removes it.", valueName: "key=value"))
  var metadata: [String] = []
  @Option(
    help: ArgumentHelp(
      "Element type of the floating point tensors: F32, F16, BF16, F64.", valueName: "type"),
    completion: .list(Amounts.floatingTypeNames))
  var cast: String?
  @Flag(name: .customLong("dry-run"), help: "Show what would change, and write nothing.")
  var isDryRun = false
  @Flag(help: "Replace OUT where it exists.") var force = false
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    let request = try request()
    let session = try open(path, with: engine)
    let plan: EditPlan
    do {
      if isDryRun {
        plan = try session.editPlan(request)
      } else {
        let job = engine.edit(session, request)
        plan = try blocking(job, showingProgressOn: console, leaving: .removedOutput)
      }
    } catch let refusal as Refusal {
      throw Ending.trouble(refusal, about: [path, output])
    }
    if shared.json {
      print(document(of: plan), on: console)
    } else {
      printText(of: plan, on: console)
    }
    for warning in plan.warnings { console.message("clipscope: \(path): \(warning)") }
    return ExitStatus.success
  }

  private func request() throws -> EditRequest {
    try OutputName.check(
      output, accepted: [".safetensors", ".pt", ".pth", ".bin"],
      otherwise: "OUT is a .safetensors, .pt, .pth or .bin file, or a folder")
    var request = EditRequest(
      output: output, drops: drop.map { GlobPattern($0) }, keeps: keep.map { GlobPattern($0) },
      isReplacing: force)
    for text in rename {
      do {
        request.renames.append(try RenameRule(parsing: text))
      } catch {
        throw Ending.usage("--rename \(text): \(error.reason)")
      }
    }
    for text in metadata {
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
        throw Ending.usage("--set-metadata is key=value, not \(text)")
      }
      request.metadata.append(
        MetadataPair(
          key: String(text[..<equals]), value: String(text[text.index(after: equals)...])))
    }
    if let cast {
      guard let type = Amounts.floatingType(cast) else {
        throw Ending.usage("--cast is F32, F16, BF16 or F64, not \(cast)")
      }
      request.elementType = type
    }
    return request
  }

  private func document(of plan: EditPlan) -> JSONValue {
    var document = Document()
    document.add("path", .string(path))
    document.add("output", .string(output))
    document.add("dry_run", .bool(isDryRun))
    document.add(
      "rows",
      .array(
        plan.rows.map { row in
          [
            "name": .string(row.name), "new_name": row.newName.map { .string($0) } ?? .null,
            "action": .string(row.action.rawValue), "dtype": .string(row.elementType.rawValue),
            "bytes": .integer(row.byteCount),
          ]
        }))
    document.add("metadata", .members(plan.metadata.map { ($0.key, .string($0.value)) }))
    document.add("byte_count", .integer(plan.byteCount))
    document.add("warnings", .strings(plan.warnings))
    return document.value
  }

  private func printText(of plan: EditPlan, on console: Console) {
    let style = TextStyle(isColoured: console.isColoured)
    let changed = plan.rows.filter { $0.action != .same }
    if !changed.isEmpty {
      var table = TextTable([
        ("action", .left), ("name", .left), ("new name", .left), ("dtype", .left),
      ])
      for row in changed {
        table.add([
          row.action.rawValue, console.shown(row.name), console.shown(row.newName ?? "-"),
          row.newName == nil ? "" : row.elementType.rawValue,
        ])
      }
      table.print(to: console, style: style)
      console.line()
    }
    console.line(
      "\(Numbers.grouped(plan.kept.count)) of \(Numbers.grouped(plan.rows.count)) tensors, \(changed.count) changed, "
        + "\(Numbers.bytes(plan.byteCount))\(isDryRun ? ", not written" : " written to \(console.shown(output))")"
    )
  }
}
