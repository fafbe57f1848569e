import ArgumentParser
import Cells
import Inference
import ScopeEngine

struct ClassifyCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Score pictures against labels without training (zero-shot).",
    discussion: """
      Each label stands at {} of each template; several templates are averaged after normalisation. CLIP models share \
      probabilities out over the labels (softmax), SigLIP models judge each label for itself (sigmoid). Without a template \
      a label is the whole text.
      """)

  @Argument(help: "A checkpoint file or folder.", completion: .file()) var path: String
  @Argument(
    help: ArgumentHelp("Pictures, folders or patterns.", valueName: "image"), completion: .file())
  var images: [String]
  @Option(
    name: .customLong("label"), parsing: .singleValue,
    help: ArgumentHelp("A label; may be repeated.", valueName: "text"))
  var label: [String] = []
  @Option(
    name: .customLong("labels"), parsing: .singleValue,
    help: ArgumentHelp(
      "Labels with commas between them, or @FILE with one a line.", valueName: "list"))
  var lists: [String] = []
  @Option(
    name: .customLong("template"), parsing: .singleValue,
    help: ArgumentHelp(
      "A template such as \"a photo of a {}\", or @FILE with one a line; may be repeated.",
      valueName: "text"))
  var templates: [String] = []
  @Option(help: ArgumentHelp("Best labels to print as text.", valueName: "count")) var top = 5
  @OptionGroup var options: RunOptions
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    let labels = try allLabels()
    guard !labels.isEmpty else { throw Ending.usage("give labels with --label or --labels") }
    guard top >= 1 else { throw Ending.usage("--top is a number from 1, not \(top)") }
    let templates = try self.templates.flatMap(LabelText.lines)
    for template in templates { try LabelText.check(template: template) }
    try StandardInput.checkOnce(in: images)
    let found = try PictureFiles.find(StandardInput.expand(images))
    if let note = found.note { console.message("clipscope: \(note)") }
    let pictures = found.paths
    guard !pictures.isEmpty else { throw Ending.usage("give at least one picture") }
    let request = try options.request(isBrief: true)
    let session = try open(path, for: request, with: engine)
    try session.requireTowers(of: request)
    let model = try load(session, request, with: engine, on: console)
    _ = try model.requireScoring()
    let job = engine.start(.other("classify \(path)")) { context in
      context.expect(count: pictures.count, of: "picture")
      let features = try model.encode(pictures: pictures, context: context)
      return try model.zeroShot(
        images: features, labels: labels, templates: templates, context: context)
    }
    let result = try blocking(job, showingProgressOn: console)
    for notice in result.notices { console.message("clipscope: \(notice)") }
    for (picture, scores) in zip(pictures, result.scores)
    where scores.contains(where: { !$0.logit.isFinite }) {
      console.message("clipscope: \(picture): the scores are not finite")
    }
    if shared.json {
      print(document(result, pictures, templates), on: console)
    } else {
      printText(result, pictures, on: console)
    }
    return ExitStatus.success
  }

  private func allLabels() throws -> [String] {
    try label + lists.flatMap(LabelText.list)
  }

  private func document(
    _ result: ZeroShot, _ pictures: [String], _ templates: [String]
  ) -> JSONValue {
    var document = Document()
    document.add("path", .string(path))
    document.add("function", .string(result.function.rawValue))
    document.add("templates", .strings(templates.isEmpty ? ["{}"] : templates))
    document.add(
      "images",
      .array(
        zip(pictures, result.scores).map { picture, scores in
          [
            "path": .string(picture),
            "function": .string(result.function.rawValue),
            "scores": .array(
              scores.map {
                [
                  "label": .string($0.label), "logit": .number(Double($0.logit)),
                  "probability": .number(Double($0.probability)),
                ]
              }),
          ]
        }))
    return document.value
  }

  private func printText(_ result: ZeroShot, _ pictures: [String], on console: Console) {
    let style = TextStyle(isColoured: console.isColoured)
    for (picture, scores) in zip(pictures, result.scores) {
      console.line(style.heading(console.shown(picture)))
      var table = TextTable([
        (result.function.rawValue, .right), ("logit", .right), ("label", .left),
      ])
      for score in ZeroShot.ranked(scores).prefix(top) {
        table.add([
          Numbers.percent(Double(score.probability)), Numbers.value(Double(score.logit)),
          console.shown(score.label),
        ])
      }
      table.print(to: console, style: style)
    }
  }
}
