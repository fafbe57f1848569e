import ArgumentParser
import Cells
import ScopeEngine

struct DiffCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract:
      "Compare two checkpoints tensor by tensor, through the mapping when their dialects differ.",
    discussion: """
      Exit status 0: the same weights, 1: they differ, 2: trouble. Values are compared after the transform; NaN equals \
      NaN. Training wrappers, position buffers and settings are no differences.
      """)

  enum Filter: String, CaseIterable, ExpressibleByArgument { case all, different, same }

  @Argument(help: "A checkpoint file or folder.", completion: .file()) var a: String
  @Argument(help: "Another one.", completion: .file()) var b: String
  @Option(help: "Which rows to print as text.") var only: Filter = .different
  @Flag(name: .customLong("headers-only"), help: "Compare names and shapes, not values.")
  var headersOnly = false
  @OptionGroup var model: ModelOptions
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    let options = try model.identity()
    let first = try open(a, with: engine)
    let second = try open(b, with: engine)
    let comparison = try blocking(
      engine.alignedComparison(
        of: first, with: second, options: options, readsValues: !headersOnly),
      showingProgressOn: console)
    if shared.json {
      print(document(of: comparison), on: console)
    } else {
      printText(of: comparison, on: console)
    }
    if let row = comparison.rows.first(where: { $0.status == .unreadable }) {
      throw Ending.trouble(row.reason ?? "a tensor cannot be read")
    }
    let isSame =
      headersOnly ? comparison.rows.allSatisfy { $0.status == .unread } : comparison.isSame
    return isSame ? ExitStatus.success : ExitStatus.findings
  }

  private static let statuses: [Comparison.Row.Status] = [
    .same, .differs, .onlyInA, .onlyInB, .shape, .unread, .unreadable,
  ]

  private func document(of comparison: AlignedComparison) -> JSONValue {
    func name(_ names: [String]) -> JSONValue {
      names.isEmpty ? .null : .string(names.joined(separator: " + "))
    }
    var document = Document()
    document.add("a", .string(a))
    document.add("b", .string(b))
    document.add("dialect_a", .string(comparison.dialectA))
    document.add("dialect_b", .string(comparison.dialectB))
    document.add("layout", comparison.layout.map { .string($0) } ?? .null)
    document.add(
      "rows",
      .array(
        comparison.rows.map { row in
          .members([
            ("a", name(row.a)), ("b", name(row.b)), ("status", .string(row.status.rawValue)),
            ("max_abs", .optional(row.largestDifference)),
            ("relative", .optional(row.relativeDifference)),
            ("cosine", .optional(row.cosine)), ("reason", row.reason.map { .string($0) }),
          ])
        }))
    var summary = JSONObject()
    for status in Self.statuses {
      let count = comparison.count(status)
      if count > 0 || ![.unread, .unreadable].contains(status) {
        summary[status.rawValue] = .integer(count)
      }
    }
    summary["max_abs"] = .optional(Self.largest(comparison))
    summary["identical"] = .bool(comparison.isSame)
    document.add("summary", .object(summary))
    document.add(
      "ignored",
      .array(
        comparison.ignored.map {
          ["in": $0.isInA ? "a" : "b", "name": .string($0.name), "reason": .string($0.reason)]
        }))
    return document.value
  }

  private static func largest(_ comparison: AlignedComparison) -> Double? {
    let differences = comparison.rows.compactMap(\.largestDifference)
    return differences.contains { $0.isNaN } ? .nan : differences.max()
  }

  private func printText(of comparison: AlignedComparison, on console: Console) {
    let style = TextStyle(isColoured: console.isColoured)
    let rows = comparison.rows.filter { row in
      switch only {
      case .all: true
      case .same: row.status == .same
      case .different: row.status != .same && row.status != .unread
      }
    }
    if !rows.isEmpty {
      var table = TextTable([
        ("status", .left), ("max abs", .right), ("relative", .right), ("cosine", .right),
        ("a", .left), ("b", .left),
      ])
      for row in rows {
        func number(_ value: Double?) -> String { value.map { Numbers.value($0) } ?? "" }
        let b = row.a == row.b ? "=" : row.b.joined(separator: " + ")
        table.add([
          row.status.rawValue, number(row.largestDifference), number(row.relativeDifference),
          number(row.cosine),
          console.shown(row.a.joined(separator: " + ")), console.shown(row.b.isEmpty ? "-" : b),
        ])
      }
      table.print(to: console, style: style)
      console.line()
    }
    let counts = Self.statuses.filter { comparison.count($0) > 0 }
      .map { "\(comparison.count($0)) \($0.rawValue.replacingUnderscores)" }
    let through =
      comparison.dialectA == comparison.dialectB
      ? "" : " (\(comparison.dialectA) against \(comparison.dialectB))"
    console.line((counts.isEmpty ? "no tensors" : counts.joined(separator: ", ")) + through)
    if !comparison.ignored.isEmpty {
      console.line(
        style.dim(
          "\(comparison.ignored.count) buffers and settings are no weights and were not compared"))
    }
  }
}

extension String {
  fileprivate var replacingUnderscores: String { String(map { $0 == "_" ? " " : $0 }) }
}
