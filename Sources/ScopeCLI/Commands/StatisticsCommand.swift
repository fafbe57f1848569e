import ArgumentParser
import Cells
import ScopeEngine

struct StatisticsCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Minimum, maximum, mean, deviation, norm, zeros, NaN, Inf, quantiles, histogram.",
    discussion: """
      NaN and infinite values are counted and left out of everything else. Tensors without elements have no minimum, \
      maximum or mean: they show as "none". Pages are let go behind the reading, so memory stays small.
      """)

  @Argument(help: "A checkpoint file or folder.", completion: .file()) var path: String
  @Argument(help: "Only tensors whose name fits.") var glob: String?
  @Flag(help: "Draw a histogram under each tensor.") var histogram = false
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    let session = try open(path, with: engine)
    let indices = try session.wanted(glob)
    let statistics = try blocking(
      engine.checkpointStatistics(of: session, entries: indices), showingProgressOn: console)
    if shared.json {
      print(Self.document(of: session, statistics), on: console)
    } else {
      printText(of: session, statistics, on: console)
    }
    var status = ExitStatus.success
    for item in statistics.items {
      guard case .failure(let error) = item.result else { continue }
      console.message("clipscope: \(error.description)")
      status = ExitStatus.trouble
    }
    return status
  }

  // MARK: JSON

  static func document(of session: Session, _ statistics: CheckpointStatistics) -> JSONValue {
    var document = Document()
    document.add("path", .string(session.path))
    document.add(
      "entries",
      .array(
        statistics.items.map { item in
          let name = JSONValue.string(session.catalog.entries[item.entry].name)
          switch item.result {
          case .success(let values):
            return .members([("name", name)] + members(of: values))
          case .failure(let error):
            return ["name": name, "error": .string(error.description)]
          }
        }))
    let readCount = statistics.items.count { if case .success = $0.result { true } else { false } }
    document.add(
      "total", .members([("tensors", .integer(readCount))] + members(of: statistics.total)))
    return document.value
  }

  private static func members(of values: TensorStatistics) -> [(String, JSONValue?)] {
    [
      ("count", .integer(values.elementCount)),
      ("min", .optional(values.minimum)),
      ("max", .optional(values.maximum)),
      ("mean", .optional(values.mean)),
      ("std", .optional(values.deviation)),
      ("l2", .optional(values.norm)),
      ("zeros", .integer(values.zeroCount)),
      ("nan", .integer(values.nanCount)),
      ("inf", .integer(values.infinityCount)),
      ("positive_inf", .integer(values.positiveInfinityCount)),
      ("negative_inf", .integer(values.negativeInfinityCount)),
      (
        "quantiles",
        .array(
          values.quantiles.map {
            ["fraction": .number($0.fraction), "value": .number($0.value)]
          })
      ),
      (
        "histogram",
        values.histogram.map {
          [
            "lower": .number($0.lower), "upper": .number($0.upper), "counts": .integers($0.counts),
          ]
        } ?? .null
      ),
    ]
  }

  // MARK: Text

  private func printText(
    of session: Session, _ statistics: CheckpointStatistics, on console: Console
  ) {
    let style = TextStyle(isColoured: console.isColoured)
    var table = TextTable([
      ("name", .left), ("count", .right), ("min", .right), ("max", .right), ("mean", .right),
      ("std", .right), ("l2", .right), ("zeros", .right), ("NaN", .right), ("Inf", .right),
    ])
    for item in statistics.items {
      let name = console.shown(session.catalog.entries[item.entry].name)
      guard case .success(let values) = item.result else {
        table.add([name, "unreadable"])
        continue
      }
      table.add([name] + cells(of: values))
    }
    if statistics.items.count != 1 { table.add(["total"] + cells(of: statistics.total)) }
    table.print(to: console, style: style)
    let shown: [(String, TensorStatistics)] =
      histogram
      ? statistics.items.compactMap { item in
        guard case .success(let values) = item.result else { return nil }
        return (session.catalog.entries[item.entry].name, values)
      } : [(statistics.items.count == 1 ? "" : "total", statistics.total)]
    for (name, values) in shown where console.hasReader {
      printDistribution(of: values, name: name, on: console, style)
    }
  }

  private func cells(of values: TensorStatistics) -> [String] {
    [
      Numbers.grouped(values.elementCount), Figures.value(values.minimum),
      Figures.value(values.maximum), Figures.value(values.mean), Figures.value(values.deviation),
      Figures.value(values.norm), Numbers.grouped(values.zeroCount),
      Numbers.grouped(values.nanCount), Numbers.grouped(values.infinityCount),
    ]
  }

  private func printDistribution(
    of values: TensorStatistics, name: String, on console: Console, _ style: TextStyle
  ) {
    guard !values.quantiles.isEmpty || values.histogram != nil else { return }
    console.line()
    if !name.isEmpty { console.line(style.heading(console.shown(name))) }
    if !values.quantiles.isEmpty {
      console.line(
        "  quantiles  "
          + values.quantiles.map {
            "\(Figures.value($0.fraction * 100)) %: \(Figures.value($0.value))"
          }.joined(separator: "  "))
    }
    guard let histogram = values.histogram, !histogram.counts.isEmpty else { return }
    // 64 bins in 16 lines read better than 64 lines.
    let group = max((histogram.counts.count + 15) / 16, 1)
    let sums = stride(from: 0, to: histogram.counts.count, by: group).map { start in
      histogram.counts[start..<min(start + group, histogram.counts.count)].reduce(0, +)
    }
    let largest = max(sums.max() ?? 1, 1)
    let width = (histogram.upper - histogram.lower) / Double(histogram.counts.count)
    for (index, count) in sums.enumerated() {
      let edge = Figures.value(histogram.lower + Double(index * group) * width)
      let padding = String(repeating: " ", count: max(12 - edge.count, 0))
      let bar = String(repeating: "#", count: Int((Double(count) / Double(largest) * 40).rounded()))
      console.line("  \(padding)\(edge)  \(style.accent(bar)) \(count == 0 ? "" : "\(count)")")
    }
  }
}
