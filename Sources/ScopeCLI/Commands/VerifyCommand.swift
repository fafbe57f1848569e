import ArgumentParser
import Cells
import ScopeEngine

struct VerifyCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Run two checkpoints on the same inputs and compare their features.",
    discussion: """
      The inputs are generated, so no picture and no tokenizer is needed. The largest difference must stay below the \
      tolerance times the largest feature: 1e-5 where both store the same element type, what the narrower type can keep \
      otherwise. Exits with 0 where the models agree, with 1 where they do not.
      """)

  @Argument(help: ArgumentHelp("A checkpoint file or folder.", valueName: "a"), completion: .file())
  var first: String
  @Argument(help: ArgumentHelp("Another one, in any dialect.", valueName: "b"), completion: .file())
  var second: String
  @Option(help: ArgumentHelp("Largest relative difference that passes.", valueName: "number"))
  var tolerance: Double?
  @Option(
    help: ArgumentHelp(
      "Write a JSON receipt with the hash of every tensor of both.", valueName: "file.json"),
    completion: .file(extensions: ["json"]))
  var receipt: String?
  @Flag(help: "Replace the file of --receipt.") var force = false
  @OptionGroup var options: RunOptions
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    if let tolerance, !(tolerance >= 0 && tolerance.isFinite) {
      throw Ending.usage("--tolerance is a number from 0, not \(tolerance)")
    }
    if let receipt, receipt.isEmpty { throw Ending.usage("--receipt has no name") }
    try options.check(texts: false, pictures: false)
    let request = try options.request()
    if let receipt { try CompleteFile.check(receipt, isReplacing: force) }
    let a = try open(first, with: engine)
    let b = try open(second, with: engine)
    let job = engine.featureVerification(of: a, with: b, request: request, tolerance: tolerance)
    let result = try blocking(job, showingProgressOn: console)
    var document = document(result)
    if let receipt {
      let hashing = engine.start(.other("hash")) { context in
        (try a.tensorHashes(context: context), try b.tensorHashes(context: context))
      }
      let hashes = try blocking(hashing, showingProgressOn: console)
      func list(_ hashes: [(name: String, sha256: String)]) -> JSONValue {
        .array(hashes.map { ["name": .string($0.name), "sha256": .string($0.sha256)] })
      }
      var whole = document
      whole.add("a_tensors", list(hashes.0))
      whole.add("b_tensors", list(hashes.1))
      let text = whole.value.text() + "\n"
      try CompleteFile.write(Array(text.utf8), to: receipt, isReplacing: force)
      document.add("receipt", .string(receipt))
    }
    for note in result.notes { console.message("clipscope: \(note)") }
    if shared.json {
      print(document.value, on: console)
    } else {
      func line(_ name: String, _ tower: FeatureDifference.Tower?) {
        guard let tower else { return }
        console.line(
          "\(name)  max abs \(Figures.value(tower.largest))  cosine \(Numbers.fixed(tower.cosine, places: 9))"
            + (tower.isProjected ? "" : "  (pooled, not projected)"))
      }
      line("image", result.difference.image)
      line("text ", result.difference.text)
      console.line(
        result.difference.passed
          ? "the models agree (tolerance \(Figures.value(result.tolerance)))"
          : "the models differ (tolerance \(Figures.value(result.tolerance)))")
    }
    return result.difference.passed ? ExitStatus.success : ExitStatus.findings
  }

  private func document(_ result: FeatureVerification) -> Document {
    var document = Document()
    document.add("a", .string(first))
    document.add("b", .string(second))
    document.add("image", result.difference.image?.json ?? .null)
    document.add("text", result.difference.text?.json ?? .null)
    document.add("tolerance", .number(result.tolerance))
    document.add("passed", .bool(result.difference.passed))
    document.add("notes", .strings(result.notes))
    return document
  }
}
