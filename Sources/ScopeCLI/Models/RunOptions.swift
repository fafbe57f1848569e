import ArgumentParser
import Inference
import Preprocess
import ScopeEngine

/// Options of every command that runs a model.
struct RunOptions: ParsableArguments {
  enum PictureOrder: String, CaseIterable, ExpressibleByArgument {
    case rgb, exact

    init(_ order: PreprocessConfig.Order) { self = order == .exact ? .exact : .rgb }
  }

  @OptionGroup var model: ModelOptions
  @OptionGroup var picture: ImageSizeOption

  @Option(
    help: ArgumentHelp(
      "The tokenizer: a folder, a tokenizer.json, a vocab.json or a bpe_*.txt.gz; else it is looked for beside the model.",
      valueName: "path"), completion: .file())
  var tokenizer: String?

  @Option(
    name: .customLong("preprocess"),
    help: ArgumentHelp(
      "rgb, the usual one, converts pictures to RGB first; exact follows the order of the reference library for palette and 16-bit pictures.",
      valueName: "order"))
  var order: PictureOrder?

  @Option(help: ArgumentHelp("Threads; one a core where not given.", valueName: "count"))
  var threads: Int?

  @Flag(help: "Make all products with OpenBLAS instead of the packed kernel.")
  var blas = false

  /// Refuses options that the rest of the command line leaves nothing to do for.
  ///
  /// - Parameters:
  ///   - texts: whether a tokenizer reads texts.
  ///   - pictures: whether picture files are prepared.
  ///   - forward: whether a tower runs.
  /// - Throws: `Ending` with the first of them.
  func check(texts: Bool, pictures: Bool, forward: Bool = true) throws {
    if tokenizer != nil, !texts {
      throw Ending.usage("--tokenizer is for texts, and none is read here")
    }
    if order != nil, !pictures {
      throw Ending.usage("--preprocess is for picture files, and none is read here")
    }
    guard !forward else { return }
    if blas { throw Ending.usage("--blas is for a forward pass, and none is made here") }
    if threads != nil {
      throw Ending.usage("--threads is for a forward pass, and none is made here")
    }
  }

  /// - Parameter isBrief: the program may end after one input, so packing the weights waits for a second one.
  func request(
    towers: Set<Dialects.Tower> = [.vision, .text], isBrief: Bool = false
  ) throws -> ModelRequest {
    if let threads, !(1...256).contains(threads) {
      throw Ending.usage("--threads is a number from 1 to 256, not \(threads)")
    }
    var identity = try model.identity()
    identity.imageSize = picture.imageSize
    return ModelRequest(
      identity: identity, towers: towers,
      load: LoadOptions(
        path: blas ? .blas : .packed, threads: threads, defersPacking: isBrief),
      tokenizer: try tokenizer.map { try DemoModels.resolved($0) },
      order: order == .exact ? .exact : .rgbFirst)
  }
}

extension Command {
  /// Opens a checkpoint that a model is to be loaded from.
  func open(_ path: String, for request: ModelRequest, with engine: Engine) throws -> Session {
    request.prepare()
    return try open(path, with: engine)
  }

  /// Loads a model, telling what was assumed.
  func load(
    _ session: Session, _ request: ModelRequest, with engine: Engine, on console: Console
  ) throws -> Model {
    let job = engine.model(of: session, request: request)
    let model = try blocking(job)
    for note in model.notes { console.message("clipscope: \(session.path): \(note)") }
    return model
  }
}

/// Lines of standard input, for `-`.
enum StandardInput {
  static func lines() -> [String] {
    var lines: [String] = []
    while let line = readLine() { lines.append(line) }
    return lines
  }

  /// Refuses a second `-`, which would find nothing left to read.
  ///
  /// - Parameter arguments: all words of the command line that may be `-`.
  /// - Throws: `Ending` of a wrong command line.
  static func checkOnce(in arguments: [String]) throws {
    guard arguments.count(where: { $0 == "-" }) > 1 else { return }
    throw Ending.usage("standard input is read once: - stands in one place of the command line")
  }

  /// `-` is replaced by the lines of standard input.
  static func expand(_ arguments: [String]) -> [String] {
    arguments.flatMap { $0 == "-" ? lines() : [$0] }
  }
}

/// `i/n` of `--shard`: the inputs `i, i + n, ...` counted from 0 would mix folders, so a shard is a run of neighbours.
struct ShardChoice: Equatable {
  var index: Int
  var count: Int

  init(_ text: String) throws {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], count >= 1,
      count <= 1_000_000, (0..<count).contains(index)
    else {
      throw Ending.usage("--shard is INDEX/COUNT with the index from 0, such as 0/8, not \(text)")
    }
    self.index = index
    self.count = count
  }

  /// The shard's inputs among `total`; the shards of a job array cover all of them once, and some may be empty.
  func part(count total: Int) -> Range<Int> {
    total * index / count..<total * (index + 1) / count
  }

  func part<Element>(of all: [Element]) -> [Element] { Array(all[part(count: all.count)]) }

  func part<Element>(of all: InputArray<Element>) -> InputArray<Element> {
    let rows = part(count: all.shape[0])
    let size = all.shape.dropFirst().reduce(1, *)
    var shard = all
    shard.shape[0] = rows.count
    shard.values = Array(all.values[rows.lowerBound * size..<rows.upperBound * size])
    return shard
  }
}
