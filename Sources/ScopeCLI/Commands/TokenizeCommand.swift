import ArgumentParser
import Cells
import Preprocess
import ScopeEngine

struct TokenizeCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Show the token ids of texts, as the model's text tower takes them.",
    discussion: """
      PATH is a model, a tokenizer folder, a tokenizer.json, or a bpe_*.txt.gz.
      """)

  enum Cleaning: String, CaseIterable, ExpressibleByArgument {
    case lower, whitespace, canonicalize, none
  }

  @Argument(help: "A model or a tokenizer.", completion: .file()) var path: String
  @Argument(help: ArgumentHelp("Texts; - reads lines of standard input.", valueName: "text"))
  var words: [String] = []
  @Option(
    name: .customLong("texts"),
    help: ArgumentHelp("A JSON file with a list of strings.", valueName: "file.json"),
    completion: .file(extensions: ["json"]))
  var file: String?
  @Option(
    name: .customLong("context-length"),
    help: ArgumentHelp("Length of each row.", valueName: "count"))
  var contextLength: Int?
  @Option(help: "Cleaning of the text, where it is not the model's own.") var clean: Cleaning?
  @Option(
    name: .customLong("pad-id"), help: ArgumentHelp("Id that fills a row.", valueName: "id"))
  var padID: Int?
  @Option(
    help: ArgumentHelp("The tokenizer, in place of the model's own.", valueName: "path"),
    completion: .file())
  var tokenizer: String?
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    if let contextLength, !(1...65536).contains(contextLength) {
      throw Ending.usage("--context-length is a number from 1 to 65536, not \(contextLength)")
    }
    try StandardInput.checkOnce(in: words)
    var texts = StandardInput.expand(words)
    if let file { texts += try Self.list(file) }
    guard !texts.isEmpty else { throw Ending.usage("give a text, or a list with --texts") }
    var request = try request(with: engine)
    request.tokenizer = try tokenizer.map { try DemoModels.resolved($0) }
    request.contextLength = contextLength ?? request.contextLength
    request.cleaning = clean.flatMap { TextCleaning(rawValue: $0.rawValue) }
    request.padId = padID
    let tokenizer = try TokenizerLocator.open(request)
    let rows = texts.map { tokenizer.encode($0) }
    if shared.json {
      var document = Document()
      document.add("path", .string(path))
      document.add("tokenizer", .string(tokenizer.summary))
      document.add("context_length", .integer(tokenizer.contextLength))
      document.add("ids", .array(rows.map { .integers($0.ids) }))
      document.add(
        "texts",
        .array(
          zip(texts, rows).map { text, row in
            [
              "text": .string(text), "count": .integer(row.count),
              "needed": .integer(row.neededCount), "tokens": .strings(tokenizer.labels(of: row)),
            ]
          }))
      print(document.value, on: console)
    } else {
      console.line("\(console.shown(tokenizer.summary)), context \(tokenizer.contextLength)")
      for (text, row) in zip(texts, rows) {
        console.line("\"\(console.shown(text))\": \(row.count) tokens")
        for (id, label) in zip(row.ids, tokenizer.labels(of: row)) {
          let number = "\(id)"
          console.line(
            "  \(String(repeating: " ", count: max(8 - number.count, 0)))\(number)  \(console.shown(label))"
          )
        }
      }
    }
    for (text, row) in zip(texts, rows) {
      if let notice = row.notice {
        console.message("clipscope: \"\(text.prefix(40))\": \(notice)")
      }
    }
    return ExitStatus.success
  }

  /// What PATH says: a checkpoint knows its text tower; what is none has to be a tokenizer, or a folder that holds one.
  private func request(with engine: Engine) throws -> TokenizerLocator.Request {
    let model = try DemoModels.resolved(path)
    do {
      let session = try open(path, with: engine)
      return TokenizerLocator.Request(model: model, identity: session.identity())
    } catch  where FilePath.isFolder(model) || TokenizerLocator.isTokenizer(file: model) {
      return TokenizerLocator.Request(model: model)
    }
  }

  private static func list(_ path: String) throws -> [String] {
    let mapped: MappedFile
    do {
      mapped = try MappedFile(path: path)
    } catch {
      throw Ending.trouble("\(error)")
    }
    let document = withExtendedLifetime(mapped) { try? JSONValue(parsing: mapped.bytes) }
    guard let list = document?.array else {
      throw Ending.trouble("\(path): is not a JSON list of strings")
    }
    return try list.enumerated().map { index, value in
      guard let text = value.string else {
        throw Ending.trouble("\(path): element \(index) is no string")
      }
      return text
    }
  }
}
