import ArgumentParser
import Cells
import ScopeEngine

struct EpochsCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "epochs",
    abstract:
      "Show how each tensor changed over the snapshots of a training, largest movers first.",
    discussion: """
      FOLDER holds epoch_N.pt, files numbered by step, or folders checkpoint-N. The movement of a tensor between two \
      snapshots is ||w_t - w_{t-1}|| / ||w_{t-1}||; its sum orders the table. Small columns go from the smallest value of \
      their row to its largest. NaN and infinite values are left out. With labelled pictures (--pictures, or a \
      labelled-pictures.json in the folder or the one above) each snapshot is also run on them: zero-shot accuracy.
      """)

  /// Rows of the text where no number is asked for.
  private static let textRows = 20

  @Argument(help: "A folder of snapshots.", completion: .directory) var folder: String
  @Argument(help: "Only tensors whose name fits.") var glob: String?
  @Option(
    help: ArgumentHelp(
      "Show only so many tensors; 20 by default, all with --json.", valueName: "count"))
  var top: Int?
  @Option(
    help: ArgumentHelp(
      "Pictures for the zero-shot accuracy: a folder with a folder a label, or a JSON document of labels and pictures.",
      valueName: "path"), completion: .file())
  var pictures: String?
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Labels to choose from, with commas between them, or @FILE with one a line; else those of the pictures.",
      valueName: "list"))
  var labels: [String] = []
  @Option(
    help: ArgumentHelp("The text around a label, such as \"a photo of a {}\".", valueName: "text"))
  var template: String?
  @OptionGroup var options: RunOptions
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    if let top, top < 1 { throw Ending.usage("--top is a number from 1 on, not \(top)") }
    if let template { try LabelText.check(template: template) }
    let request = try options.request()
    let series = try blocking(
      engine.trainingSeries(folder: folder, matching: glob.map { GlobPattern($0) }),
      showingProgressOn: console)
    if let glob, series.rows.isEmpty {
      throw Ending.trouble(
        "\(folder): no tensor fits `\(glob)`\(question(about: glob, series, with: engine))")
    }
    let accuracy = try accuracy(of: series, request, with: engine, on: console)
    if shared.json {
      print(document(of: series, accuracy), on: console)
    } else {
      printText(of: series, accuracy, on: console)
    }
    let problems = series.problems + (accuracy?.problems ?? [])
    // A picture that cannot be read is a problem of every snapshot.
    var told: Set<String> = []
    for problem in problems where told.insert(problem).inserted {
      console.message("clipscope: \(problem)")
    }
    return problems.isEmpty ? ExitStatus.success : ExitStatus.trouble
  }

  /// A guess at the tensor that was meant, from the names in the newest snapshot.
  private func question(
    about glob: String, _ series: TrainingSeries, with engine: Engine
  ) -> String {
    guard let newest = series.snapshots.last, let session = try? open(newest.path, with: engine)
    else { return "" }
    return session.tensorQuestion(glob)
  }

  /// nil where there are no labelled pictures.
  private func accuracy(
    of series: TrainingSeries, _ request: ModelRequest, with engine: Engine, on console: Console
  ) throws -> SnapshotAccuracy? {
    let beside = try LabelledPictures.beside(series.folder)
    var found = beside
    if let pictures {
      found = try LabelledPictures(from: try DemoModels.resolved(pictures))
      // Other pictures do not make it another model.
      if found?.model == nil { found?.model = beside?.model }
    }
    guard let found else {
      guard labels.isEmpty, template == nil else {
        throw Ending.usage("--labels and --template need labelled pictures; --pictures gives them")
      }
      try options.check(texts: false, pictures: false, forward: false)
      return nil
    }
    if let newest = series.snapshots.last {
      _ = try open(newest.path, with: engine).keptIdentity(options: request.identity)
    }
    let samples = try found.choosing(from: labels.flatMap(LabelText.list), in: template)
    let job = engine.accuracy(of: series.snapshots, on: samples, request: request)
    return try blocking(job, showingProgressOn: console)
  }

  // MARK: JSON

  private func document(of series: TrainingSeries, _ accuracy: SnapshotAccuracy?) -> JSONValue {
    var document = Document()
    document.add("folder", .string(series.folder))
    document.add(
      "snapshots",
      .array(
        series.snapshots.enumerated().map { index, snapshot in
          let difference = series.differences.first { $0.snapshot == index }
          return .members([
            ("name", .string(snapshot.name)), ("path", .string(snapshot.path)),
            ("numbers", .integers(snapshot.numbers)),
            ("missing", difference.map { .strings($0.missing) }),
            ("additional", difference.map { .strings($0.additional) }),
            ("reshaped", difference.map { .strings($0.reshaped) }),
          ])
        }))
    document.add("tensor_count", .integer(series.rows.count))
    document.add(
      "tensors", .array(series.rows.prefix(top ?? series.rows.count).map(Self.members)))
    if let accuracy { document.add("zero_shot", Self.members(of: accuracy)) }
    document.add("left_out", .strings(series.leftOut))
    document.add("problems", .strings(series.problems + (accuracy?.problems ?? [])))
    return document.value
  }

  private static func members(of accuracy: SnapshotAccuracy) -> JSONValue {
    [
      "pictures": .integer(accuracy.pictureCount), "labels": .integer(accuracy.labelCount),
      "template": .string(accuracy.template),
      "correct": .array(
        accuracy.points.map { $0.map { .integer($0.correctCount) } ?? .null }),
      "accuracy": .array(accuracy.shares.map { .optional($0) }),
      "mean_probability": .array(accuracy.points.map { .optional($0?.meanProbability) }),
    ]
  }

  private static func members(of row: TrainingSeries.Row) -> JSONValue {
    func list(_ value: (TrainingSeries.Point) -> Double?) -> JSONValue {
      .array(row.points.map { .optional($0.flatMap(value)) })
    }
    return [
      "name": .string(row.name), "shape": .integers(row.shape.sizes),
      "total_movement": .optional(row.totalMovement), "movement": list { $0.movement },
      "mean": list { $0.mean }, "std": list { $0.deviation }, "l2": list { $0.norm },
      "non_finite": .array(
        row.points.map { $0.map { .integer($0.nonFiniteCount) } ?? .null }),
    ]
  }

  // MARK: Text

  private func printText(
    of series: TrainingSeries, _ accuracy: SnapshotAccuracy?, on console: Console
  ) {
    let style = TextStyle(isColoured: console.isColoured)
    let first = series.snapshots.first?.name ?? ""
    let last = series.snapshots.last?.name ?? ""
    console.line(
      "\(style.heading(console.shown(series.folder)))  \(series.snapshots.count) snapshots, "
        + "\(console.shown(first)) to \(console.shown(last)), \(Numbers.grouped(series.rows.count)) tensors"
    )
    let spark = Sparkline(asciiOnly: console.isASCIIOnly)
    if let accuracy { console.line(Self.sentence(of: accuracy, spark)) }
    console.line()
    let shown = series.rows.prefix(top ?? Self.textRows)
    var table = TextTable([
      ("moved", .right), ("steps", .left), ("mean", .left), ("", .right), ("std", .left),
      ("", .right), ("l2", .left), ("", .right), ("name", .left),
    ])
    for row in shown {
      func line(_ value: (TrainingSeries.Point) -> Double?) -> String {
        spark.text(row.points.map { $0.flatMap(value) })
      }
      func newest(_ value: (TrainingSeries.Point) -> Double?) -> String {
        row.points.last.flatMap { $0 }.flatMap(value).map { Numbers.value($0) } ?? "none"
      }
      let count = row.points.reduce(0) { $0 + ($1?.nonFiniteCount ?? 0) }
      let remark = count > 0 ? "  \(Numbers.grouped(count)) values not finite" : ""
      table.add([
        row.totalMovement.map { Numbers.value($0) } ?? "none", line { $0.movement },
        line { $0.mean }, newest { $0.mean }, line { $0.deviation }, newest { $0.deviation },
        line { $0.norm }, newest { $0.norm }, console.shown(row.name) + remark,
      ])
    }
    table.print(to: console, style: style)
    if shown.count < series.rows.count {
      console.line(
        style.dim("and \(Numbers.grouped(series.rows.count - shown.count)) more (--top)"))
    }
    printNotes(of: series, on: console, style)
  }

  private static func sentence(of accuracy: SnapshotAccuracy, _ spark: Sparkline) -> String {
    let shares = accuracy.shares.suffix(shownShares).map { $0.map(Numbers.percent) ?? "none" }
    let dots = accuracy.shares.count > shownShares ? "... " : ""
    return "zero-shot  \(spark.text(accuracy.shares))  \(dots)\(shares.joined(separator: ", ")) of "
      + "\(accuracy.pictureCount) pictures, \(accuracy.labelCount) labels "
      + "(guessing: \(Numbers.percent(accuracy.chance)))"
  }

  /// Newest snapshots whose accuracy is written out.
  private static let shownShares = 10

  private func printNotes(
    of series: TrainingSeries, on console: Console, _ style: TextStyle
  ) {
    guard !series.differences.isEmpty || !series.leftOut.isEmpty else { return }
    console.line()
    for difference in series.differences {
      let parts = [
        ("lacks", difference.missing), ("also has", difference.additional),
        ("has other shapes of", difference.reshaped),
      ].filter { !$0.1.isEmpty }
      let sentence = parts.map { verb, names in
        let rest = names.count > 3 ? " and \(names.count - 3) more" : ""
        return "\(verb) \(console.shown(names.prefix(3).joined(separator: ", ")))\(rest)"
      }.joined(separator: "; ")
      console.line(
        style.warning("\(console.shown(series.snapshots[difference.snapshot].name)) \(sentence)"))
    }
    for name in series.leftOut {
      console.line(style.dim("not in the series: \(console.shown(name))"))
    }
  }
}
