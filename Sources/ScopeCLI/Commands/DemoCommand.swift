import ArgumentParser
import ScopeEngine

/// The dashboard on the demo, as a row of the table of commands (see `OpenCommand`), and the list of what there is.
struct DemoCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Open the dashboard on a small trained model that comes with the program.",
    usage: "clipscope demo [--list] [--tour] [options]",
    discussion: """
      Takes the options of open. Every command that takes a checkpoint also takes demo, the first of these models, and \
      demo/NAME, where no file is called so.
      """)

  @Flag(help: "List the models and their pictures and end.") var list = false
  @Flag(help: "Step through the pages, one sentence each; without a terminal, print the sentences.")
  var tour = false
  @OptionGroup var dashboard: OpenCommand
  @OptionGroup var shared: SharedOptions

  /// Whether an option is one of the list's own, so that the dashboard does not read it.
  static func isOfList(_ option: String) -> Bool {
    ["--list", "--json", "--color"].contains { option == $0 || option.hasPrefix($0 + "=") }
  }

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    guard list else {
      throw Ending.usage("demo opens the dashboard; --json and --color belong to demo --list")
    }
    guard dashboard.paths.isEmpty else { throw Ending.usage("demo --list takes no path") }
    guard !tour else { throw Ending.usage("demo takes --list or --tour") }
    let demo = try DemoModels.installed()
    if shared.json {
      print(Self.document(of: demo), on: console)
    } else {
      Self.printText(of: demo, on: console)
    }
    return ExitStatus.success
  }

  private static func document(of demo: DemoModels) -> JSONValue {
    var document = Document()
    document.add(
      "models",
      .array(
        demo.models.map { model in
          .members([
            ("name", .string(model.name)), ("path", .string(model.path)),
            ("epochs", model.epochs.map { .string($0) }),
            ("labels", .strings(model.samples.labels)),
            ("template", .string(model.samples.template)),
            (
              "pictures",
              .array(
                model.samples.pictures.map {
                  ["path": .string($0.path), "label": .string($0.label)]
                })
            ),
          ])
        }))
    return document.value
  }

  private static func printText(of demo: DemoModels, on console: Console) {
    let style = TextStyle(isColoured: console.isColoured)
    for model in demo.models {
      console.line(
        "\(style.heading(console.shown("demo/" + model.name)))  \(console.shown(model.path))")
      if let epochs = model.epochs { console.line("  snapshots  \(console.shown(epochs))") }
      console.line(
        "  labels     \(model.samples.labels.count): \(console.shown(Self.sample(of: model.samples.labels)))"
      )
      console.line("  template   \(console.shown(model.samples.template))")
      console.line()
    }
    var table = TextTable([("label", .left), ("picture", .left)])
    for picture in demo.models.first?.samples.pictures ?? [] {
      table.add([console.shown(picture.label), console.shown(picture.path)])
    }
    table.print(to: console, style: style)
  }

  private static func sample(of labels: [String]) -> String {
    labels.prefix(4).joined(separator: ", ") + (labels.count > 4 ? ", ..." : "")
  }
}
