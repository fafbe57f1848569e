import ArgumentParser
import Cells
import Inference
import ScopeEngine

struct EmbedCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Embed pictures and texts.",
    discussion: """
      Pictures are files, folders (with all below them) or patterns; texts are strings; - reads either from standard \
      input, one a line. Embeddings have length 1; --raw leaves them as the tower gives them. A .npy holds [N, E] \
      (pictures, then texts), a .safetensors holds `images` and `texts`. Rows stand in the order of the arguments; within \
      a folder by name, numbers in names by value, a folder below it where its name stands. --json beside --out prints \
      the path of each row as `image_paths`. A run into a .npy that was stopped goes on where \
      it stopped when it is started again with the same arguments. --shard 3/16 takes the fourth of sixteen parts, for job \
      arrays.
      """)

  enum Stage: String, CaseIterable, ExpressibleByArgument {
    case features, pooled, tokens, logits
    var output: TowerOutput {
      switch self {
      case .features, .logits: .features
      case .pooled: .pooled
      case .tokens: .tokens
      }
    }
  }

  @Argument(help: "A checkpoint file or folder.", completion: .file()) var path: String
  @Option(
    name: .customLong("image"), parsing: .singleValue,
    help: ArgumentHelp(
      "A picture, a folder, a pattern, or - for a list on standard input.", valueName: "path"),
    completion: .file())
  var images: [String] = []
  @Option(
    name: .customLong("text"), parsing: .singleValue,
    help: ArgumentHelp("A text, or - for lines on standard input.", valueName: "text"))
  var texts: [String] = []
  @Option(
    help: ArgumentHelp(
      "A .npy of prepared pixels [N,3,H,W] ([N,T,3,H,W] for video) in place of pictures.",
      valueName: "x.npy"), completion: .file(extensions: ["npy"]))
  var pixels: String?
  @Option(
    help: ArgumentHelp("A .npy of token ids [N,L] in place of texts.", valueName: "x.npy"),
    completion: .file(extensions: ["npy"]))
  var tokens: String?
  @Option(
    name: .customLong("output"),
    help:
      "Stage: features, pooled (before the projection), tokens, or logits of pictures and texts.")
  var stage: Stage = .features
  @Flag(help: "Features as the tower gives them, not scaled to length 1.") var raw = false
  @Option(
    help: ArgumentHelp("File to write: .npy, .safetensors or .json.", valueName: "file"),
    completion: .file())
  var out: String?
  @Option(help: ArgumentHelp("Inputs that are run at once.", valueName: "count")) var batch = 16
  @Option(
    help: ArgumentHelp(
      "Only part i, from 0, of n parts of the pictures (and texts).", valueName: "i/n"))
  var shard: String?
  @Flag(
    name: .customLong("keep-going"),
    help:
      "Give a picture that cannot be read a row of NaN and a message, and go on; the status is 2 then."
  )
  var keepsGoing = false
  @Flag(help: "Replace the file of --out.") var force = false
  @OptionGroup var options: RunOptions
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    guard (1...4096).contains(batch) else {
      throw Ending.usage("--batch is a number from 1 to 4096, not \(batch)")
    }
    let format = try out.map(EmbeddingOutput.Format.init(path:))
    var towers: Set<Dialects.Tower> = []
    if pixels != nil || !images.isEmpty { towers.insert(.vision) }
    if tokens != nil || !texts.isEmpty { towers.insert(.text) }
    if stage == .logits, towers.count < 2 {
      throw Ending.usage("--output logits needs pictures and texts")
    }
    let (inputs, note) = try inputs()
    if let note { console.message("clipscope: \(note)") }
    guard !towers.isEmpty else {
      throw Ending.usage("give pictures with --image, texts with --text, or --pixels, --tokens")
    }
    try options.check(texts: !texts.isEmpty, pictures: !images.isEmpty)
    var request = try options.request(towers: towers, isBrief: true)
    if case .prepared(let array, _) = inputs.pictures, array.shape.count == 5 {
      request.frames = array.shape[1]
    }
    if let out { try CompleteFile.check(out, isReplacing: force) }
    let session = try open(path, for: request, with: engine)
    let run = EmbeddingRun(
      inputs: inputs, stage: stage, isRaw: raw, batch: batch, model: path, out: out,
      format: format, isReplacing: force, keepsGoing: keepsGoing)
    let model = try load(session, request, with: engine, on: console)
    let job = engine.start(.other("embed \(path)")) { context in
      try run.run(model, context: context)
    }
    let result: EmbeddingResult
    do {
      result = try blocking(
        job, showingProgressOn: console, leaving: run.isResumable(towers) ? .resumable : .nothing)
    } catch let error as InferenceError {
      throw Ending.trouble("\(tokens ?? pixels ?? path): \(error)")
    }
    for notice in result.notices { console.message("clipscope: \(notice)") }
    let status = result.brokenCount > 0 ? ExitStatus.trouble : ExitStatus.success
    if let out {
      if shared.json { print(run.summary(out: out), on: console) }
      return status
    }
    if shared.json {
      print(run.document(result), on: console)
    } else {
      run.printText(result, on: console)
    }
    return status
  }

  /// With a note on pictures that were passed over.
  private func inputs() throws -> (EmbeddingInputs, note: String?) {
    guard pixels == nil || images.isEmpty, tokens == nil || texts.isEmpty else {
      throw Ending.usage("--pixels stands in place of --image, --tokens in place of --text")
    }
    try StandardInput.checkOnce(in: images + texts)
    let shard = try shard.map(ShardChoice.init)
    var inputs = EmbeddingInputs()
    var note: String?
    if let pixels {
      let array = try InputArray.pixels(path: pixels)
      inputs.pictures = .prepared(shard.map { $0.part(of: array) } ?? array, path: pixels)
      inputs.firstPicture = shard?.part(count: array.shape[0]).lowerBound ?? 0
    } else {
      let found = try PictureFiles.find(StandardInput.expand(images))
      inputs.pictures = .files(shard.map { $0.part(of: found.paths) } ?? found.paths)
      note = found.note
    }
    if let tokens {
      let array = try InputArray.tokens(path: tokens)
      inputs.texts = .prepared(shard.map { $0.part(of: array) } ?? array, path: tokens)
      inputs.firstText = shard?.part(count: array.shape[0]).lowerBound ?? 0
    } else {
      let list = StandardInput.expand(texts)
      inputs.texts = .strings(shard.map { $0.part(of: list) } ?? list)
    }
    return (inputs, note)
  }
}
