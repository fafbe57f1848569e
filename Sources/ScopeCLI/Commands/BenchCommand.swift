import ArgumentParser
import Cells
import Inference
import ScopeEngine

struct BenchCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Time the forward pass of a tower, with its results to check the timing against.",
    discussion: """
      The k-th timed forward runs rows kB ..< (k+1)B of X; W others on the first B rows come before. `first` is the time from \
      opening the file to the features of one first forward, which no other number contains. `products` is the time of the \
      matrix products alone, the floor of the forward.
      """)

  enum TowerChoice: String, CaseIterable, ExpressibleByArgument { case vision, text }

  @Argument(help: "A checkpoint file or folder.", completion: .file()) var path: String
  @Option(help: "Tower to run: vision takes --pixels, text takes --tokens.") var tower: TowerChoice
  @Option(
    help: ArgumentHelp("A .npy of pixels [N,3,H,W].", valueName: "x.npy"),
    completion: .file(extensions: ["npy"]))
  var pixels: String?
  @Option(
    help: ArgumentHelp("A .npy of token ids [N,L].", valueName: "x.npy"),
    completion: .file(extensions: ["npy"])) var tokens: String?
  @Option(help: ArgumentHelp("Inputs of one forward; N is a multiple of it.", valueName: "count"))
  var batch = 1
  @Option(help: ArgumentHelp("Untimed forwards before.", valueName: "count")) var warmup = 1
  @Option(
    help: ArgumentHelp("A .npy for the raw features [N,E].", valueName: "y.npy"),
    completion: .file(extensions: ["npy"]))
  var out: String?
  @Flag(help: "Replace the file of --out.") var force = false
  @OptionGroup var options: RunOptions
  @OptionGroup var shared: SharedOptions

  static let choices = ["--tower": TowerChoice.allCases.map(\.rawValue)]

  private struct Times: Sendable {
    /// From opening the checkpoint to the features of the first batch.
    var first = 0.0
    var seconds: [Double] = []
    var products: Double?
    var operations: Double?
    var features = FeatureRows(count: 0, tokens: 1, width: 0, values: [])
  }

  /// What is run, a batch of the input at a time.
  private struct Work: Sendable {
    /// Batches that there are.
    var forwards: Int
    /// Frames of a clip, where the input is clips.
    var frames: Int?
    var run: @Sendable (Model, Int) throws -> FeatureRows
  }

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    guard (1...4096).contains(batch) else {
      throw Ending.usage("--batch is a number from 1 to 4096, not \(batch)")
    }
    guard (0...10_000).contains(warmup) else {
      throw Ending.usage("--warmup is a number from 0 to 10000, not \(warmup)")
    }
    try options.check(texts: false, pictures: false)
    var request = try options.request(
      towers: tower == .vision ? [.vision] : [.text], isBrief: true)
    let work = tower == .vision ? try pictureWork() : try textWork()
    if let frames = work.frames { request.frames = frames }
    if let out { try CompleteFile.check(out, isReplacing: force) }
    let opening = Self.now()
    let session = try open(path, for: request, with: engine)
    let model = try load(session, request, with: engine, on: console)
    let (warmup, batch) = (warmup, batch)
    let job = engine.start(.other("bench \(path)")) { context in
      try Self.measure(
        model, work, batch: batch, warmup: warmup, opening: opening, context: context)
    }
    let times: Times
    do {
      times = try blocking(job)
    } catch let error as InferenceError {
      throw Ending.trouble("\(pixels ?? tokens ?? path): \(error)")
    }
    if let out {
      try times.features.values.withUnsafeBytes {
        try NumPyWriter.write(
          $0, type: .f32, shape: times.features.shape, to: out, isReplacing: force)
      }
    }
    report(times, model, on: console)
    return ExitStatus.success
  }

  private func pictureWork() throws -> Work {
    guard let pixels, tokens == nil else { throw Ending.usage("--tower vision takes --pixels") }
    let array = try InputArray.pixels(path: pixels)
    let size = array.shape.dropFirst().reduce(1, *)
    let batch = batch
    return Work(
      forwards: try count(array.shape[0], in: pixels),
      frames: array.shape.count == 5 ? array.shape[1] : nil
    ) { [batches = Self.batches(of: array.values, batch * size)] model, index in
      try model.encode(pixels: batches[index], count: batch)
    }
  }

  private func textWork() throws -> Work {
    guard let tokens, pixels == nil else { throw Ending.usage("--tower text takes --tokens") }
    let array = try InputArray.tokens(path: tokens)
    let size = array.shape[1]
    let batch = batch
    return Work(
      forwards: try count(array.shape[0], in: tokens)
    ) { [batches = Self.batches(of: array.values, batch * size)] model, index in
      try model.encode(ids: batches[index], count: batch, batch: batch)
    }
  }

  /// The values of one forward each, cut before the clock runs.
  private static func batches<Value>(of values: [Value], _ size: Int) -> [[Value]] {
    stride(from: 0, to: values.count, by: max(size, 1)).map {
      Array(values[$0..<min($0 + size, values.count)])
    }
  }

  /// - Parameter opening: when the checkpoint began to be opened.
  private static func measure(
    _ model: Model, _ work: Work, batch: Int, warmup: Int, opening: Double, context: JobContext
  ) throws -> Times {
    var times = Times()
    _ = try work.run(model, 0)
    times.first = now() - opening
    try model.pack()
    for _ in 0..<warmup {
      try context.checkCancellation()
      _ = try work.run(model, 0)
    }
    for index in 0..<work.forwards {
      try context.checkCancellation()
      let start = now()
      let rows = try work.run(model, index)
      times.seconds.append(now() - start)
      times.features.append(rows)
    }
    var products: [Double] = []
    for _ in 0..<min(max(work.forwards, 1), 5) {
      try context.checkCancellation()
      let start = now()
      times.operations =
        model.imageTower.flatMap { $0.products(count: batch) }
        ?? model.textTower?.products(count: batch)
      products.append(now() - start)
    }
    if times.operations != nil { times.products = products.sorted()[products.count / 2] }
    return times
  }

  private func count(_ rows: Int, in path: String) throws -> Int {
    guard rows > 0, rows % batch == 0 else {
      throw Ending.trouble("\(path): holds \(rows) rows, not a multiple of the batch of \(batch)")
    }
    return rows / batch
  }

  private static func now() -> Double {
    let elapsed = ContinuousClock.now - epoch
    return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
  }
  private static let epoch = ContinuousClock.now

  private func report(_ times: Times, _ model: Model, on console: Console) {
    let threads = options.threads ?? Threads.count
    if shared.json {
      var document = Document()
      document.add("path", .string(path))
      document.add("tower", .string(tower.rawValue))
      document.add("batch", .integer(batch))
      document.add("threads", .integer(threads))
      document.add("warmup", .integer(warmup))
      document.add("load_seconds", .number(model.loadSeconds))
      document.add("first_seconds", .number(times.first))
      document.add("seconds", .array(times.seconds.map { .number($0) }))
      document.add("gflop", .optional(times.operations.map { $0 / 1e9 }))
      document.add("products_seconds", .optional(times.products))
      print(document.value, on: console)
      return
    }
    let median = times.seconds.sorted()[times.seconds.count / 2]
    console.line(
      "first     \(Numbers.value(times.first)) s (opening, loading and the first forward; \(Numbers.value(times.first / median)) of a later one)"
    )
    console.line(
      "forward   \(Numbers.value(median)) s (median of \(times.seconds.count), batch \(batch), \(threads) threads)"
    )
    if let products = times.products, let operations = times.operations {
      console.line(
        "products  \(Numbers.value(products)) s, forward / products \(Numbers.value(median / products))"
      )
      console.line("rate      \(Numbers.value(operations / median / 1e9)) GFLOP/s")
    }
  }
}
