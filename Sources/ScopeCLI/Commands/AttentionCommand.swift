import ArgumentParser
import Cells
import Inference
import ScopeEngine

struct AttentionCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "attention",
    abstract: "Show where a layer or head looks: probabilities, rollout, gradient relevance.",
    discussion: """
      Draws in the terminal, or writes .npy, .csv, .json or .png. raw shows probabilities, rollout multiplies the layers, \
      relevance weights them with the gradient of the score of a picture and a text. Layers and heads count from 0; \
      --layer pool is the map of the pooling head. Values are never rescaled.
      """)

  enum TowerChoice: String, CaseIterable, ExpressibleByArgument { case vision, text }
  enum MethodChoice: String, CaseIterable, ExpressibleByArgument { case raw, rollout, relevance }

  @Argument(help: "A checkpoint file or folder.", completion: .file()) var path: String
  @Argument(help: "A picture; of a video tower also a folder of frames.", completion: .file())
  var image: String?
  @Option(help: "Tower whose attention is shown.") var tower: TowerChoice = .vision
  @Option(
    help: ArgumentHelp("A block from 0, all, or pool.", valueName: "layer"),
    completion: .list(["all", "pool"]))
  var layer: String?
  @Option(
    help: ArgumentHelp("A head from 0, all, mean, max or min.", valueName: "head"),
    completion: .list(["all", "mean", "max", "min"]))
  var head: String = "mean"
  @Option(help: "What is computed.") var method: MethodChoice = .raw
  @Option(
    help: ArgumentHelp(
      "A text: the input of the text tower, or the pair of relevance.", valueName: "text"))
  var text: String?
  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "Whose attention: cls, pool, mean, a patch Y,X, or the number of a text token.",
      valueName: "place"), completion: .list(["cls", "pool", "mean"]))
  var origin: String?
  @Option(
    help: ArgumentHelp("Share of the weakest attention that rollout drops.", valueName: "share"))
  var discard: Double?
  @Flag(help: "The whole [T, T] matrix in place of the grid.") var full = false
  @Option(
    help: ArgumentHelp("A .npy of prepared pixels [1,3,H,W].", valueName: "x.npy"),
    completion: .file(extensions: ["npy"]))
  var pixels: String?
  @Option(
    help: ArgumentHelp("A .npy of token ids [1,L].", valueName: "x.npy"),
    completion: .file(extensions: ["npy"])) var tokens: String?
  @Option(
    help: ArgumentHelp("File to write: .npy, .csv, .json or .png.", valueName: "file"),
    completion: .file())
  var out: String?
  @Flag(help: "Replace the file of --out.") var force = false
  @OptionGroup var options: RunOptions
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    let query = try query()
    let format = try out.map(AttentionOutput.Format.init(path:))
    let prepared = try preparedPixels()
    let picture =
      try prepared.map { .pixels($0.values) }
      ?? image.map { Model.PictureInput.file(try DemoModels.resolved($0)) }
    let text = try textInput()
    try check(picture, text)
    try options.check(texts: self.text != nil, pictures: image != nil)
    var towers: Set<Dialects.Tower> = [tower == .vision ? .vision : .text]
    if method == .relevance { towers = [.vision, .text] }
    var request = try options.request(towers: towers)
    request.frames = prepared?.shape.count == 5 ? prepared?.shape[1] : nil
    if let out { try CompleteFile.check(out, isReplacing: force) }
    let session = try open(path, for: request, with: engine)
    if case .file(let path) = picture {
      let clip = try session.clipFrames(of: path, options: request.identity)
      if let note = clip?.note { console.message("clipscope: \(note)") }
      request.frames = clip?.count
    }
    let model = try load(session, request, with: engine, on: console)
    let wantsPair = method == .relevance
    let towerChoice = tower
    let job = engine.start(.other("attention \(path)")) { context in
      switch towerChoice {
      case .vision:
        guard let picture else { throw Self.lacksPicture }
        return try model.attention(
          ofPicture: picture, text: wantsPair ? text : nil, context: context)
      case .text:
        guard let text else { throw Self.lacksText }
        return try model.attention(
          ofText: text, picture: wantsPair ? picture : nil, context: context)
      }
    }
    do {
      try show(try blocking(job), query, as: format, on: console)
      return ExitStatus.success
    } catch let error as AttentionError {
      throw Ending.trouble("\(path): \(error)")
    } catch let error as InferenceError {
      throw Ending.trouble("\(path): \(error)")
    }
  }

  // MARK: Arguments

  private static let lacksPicture = Ending.usage("give a picture, or --pixels")
  private static let lacksText = Ending.usage("give --text, or --tokens")

  /// Refuses inputs that are missing or would not be looked at.
  private func check(_ picture: Model.PictureInput?, _ text: Model.TextInput?) throws {
    if tower == .vision, picture == nil, text != nil, method != .relevance {
      throw Ending.usage("give a picture, or --tower text to look at the text")
    }
    if tower == .vision, picture == nil { throw Self.lacksPicture }
    if tower == .text, text == nil { throw Self.lacksText }
    if method == .relevance {
      guard picture != nil, text != nil else {
        throw Ending.usage("relevance needs a picture and a text")
      }
      return
    }
    if tower == .vision, text != nil {
      throw Ending.usage(
        "\(tokens == nil ? "--text" : "--tokens") is for --method relevance, or --tower text")
    }
    if tower == .text, picture != nil {
      throw Ending.usage("a picture is for --tower vision, or --method relevance")
    }
  }

  /// The one input of `--pixels`; nil where a picture is given.
  private func preparedPixels() throws -> InputArray<Float>? {
    guard pixels == nil || image == nil else {
      throw Ending.usage("--pixels stands in place of the picture")
    }
    guard let pixels else { return nil }
    let array = try InputArray.pixels(path: pixels)
    guard array.shape[0] == 1 else {
      throw Ending.trouble("\(pixels): holds \(array.shape[0]) inputs; attention is shown of one")
    }
    return array
  }

  private func textInput() throws -> Model.TextInput? {
    guard tokens == nil || text == nil else {
      throw Ending.usage("--tokens stands in place of --text")
    }
    if let tokens {
      let array = try InputArray.tokens(path: tokens)
      guard array.shape[0] == 1 else {
        throw Ending.trouble("\(tokens): holds \(array.shape[0]) inputs; attention is shown of one")
      }
      return .tokens(array.values)
    }
    return text.map { .text($0) }
  }

  private func query() throws -> AttentionQuery {
    let discard = discard ?? 0
    guard discard >= 0, discard < 1 else {
      throw Ending.usage("--discard is a share from 0 to below 1, not \(discard)")
    }
    guard self.discard == nil || self.method == .rollout else {
      throw Ending.usage("--discard belongs to --method rollout")
    }
    let method: AttentionQuery.Method =
      switch self.method {
      case .raw: .raw
      case .rollout: .rollout(discard: discard)
      case .relevance: .relevance
      }
    var query = AttentionQuery(method: method, full: full)
    switch layer {
    case nil: break
    case "all": query.layer = .all
    case "pool": query.layer = .pool
    case let text?:
      guard let index = Int(text), index >= 0 else {
        throw Ending.usage(
          "--layer is a number from 0, all or pool, not \(text)"
            + NearMatch.question(text, in: ["all", "pool"]))
      }
      query.layer = .index(index)
    }
    switch head {
    case "mean": query.head = .fused(.mean)
    case "max": query.head = .fused(.max)
    case "min": query.head = .fused(.min)
    case "all": query.head = .all
    default:
      guard let index = Int(head), index >= 0 else {
        throw Ending.usage(
          "--head is a number from 0, all, mean, max or min, not \(head)"
            + NearMatch.question(head, in: ["all", "mean", "max", "min"]))
      }
      query.head = .index(index)
    }
    query.origin = try originChoice()
    return query
  }

  private func originChoice() throws -> AttentionQuery.Origin? {
    switch origin {
    case nil: return nil
    case "cls": return .classToken
    case "pool": return .pool
    case "mean": return .mean
    case let text?:
      let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      guard !parts.contains(nil), (1...3).contains(parts.count) else {
        throw Ending.usage(
          "--from is cls, pool, mean, Y,X or the number of a token, not \(text)"
            + NearMatch.question(text, in: ["cls", "pool", "mean"]))
      }
      let numbers = parts.compactMap { $0 }
      return numbers.count == 1 ? .token(numbers[0]) : .patch(numbers)
    }
  }

  // MARK: Output

  private func show(
    _ captured: CapturedAttention, _ query: AttentionQuery, as format: AttentionOutput.Format?,
    on console: Console
  ) throws {
    let isMeasured = method == .raw && query.layer == .all && query.head == .all
    let values = try captured.view.values(query)
    var axes = query.layer == .all ? ["layer"] : []
    if query.head == .all { axes.append("head") }
    if values.kind == .grid, captured.view.grid.count == 3 { axes.append("frame") }
    let output = AttentionOutput(
      captured: captured, values: values, title: title(captured), axes: axes)
    let document = document(
      captured, values, isMeasured: isMeasured, needsValues: !isMeasured || format == .json)
    if let out, let format {
      try output.write(to: out, as: format, document: document, isReplacing: force)
      if shared.json { print(document, on: console) }
    } else if shared.json {
      print(document, on: console)
    } else if isMeasured {
      printMeasures(captured, on: console)
    } else {
      output.draw(on: console)
    }
  }

  private func title(_ captured: CapturedAttention) -> String {
    var text = "\(method.rawValue) attention of the \(tower.rawValue) tower"
    text += layer.map { ", layer \($0)" } ?? ""
    text += ", head \(head)"
    text += origin.map { ", from \($0)" } ?? ""
    if let score = captured.score { text += ", score \(Numbers.value(Double(score)))" }
    return text
  }

  private func document(
    _ captured: CapturedAttention, _ values: AttentionValues, isMeasured: Bool, needsValues: Bool
  ) -> JSONValue {
    var document = Document()
    document.add("path", .string(path))
    document.add("tower", .string(tower.rawValue))
    document.add("method", .string(method.rawValue))
    document.add("grid", .integers(captured.view.grid))
    document.add("prefix_tokens", .integer(captured.view.prefixTokens))
    document.add("tokens", .integer(captured.view.tokens))
    if !captured.labels.isEmpty { document.add("labels", .strings(captured.labels)) }
    if let score = captured.score { document.add("score", .number(Double(score))) }
    if isMeasured {
      document.add(
        "heads",
        .array(
          captured.measures.map {
            [
              "layer": .integer($0.layer), "head": .integer($0.head),
              "entropy": .number($0.entropy), "distance_raw": .optional($0.distance),
              "distance_renormalized": .optional($0.renormalizedDistance),
            ]
          }))
    }
    document.add("shape", .integers(values.shape))
    if needsValues {
      document.add("values", .array(values.values.map { .number(Double($0)) }))
    }
    return document.value
  }

  private func printMeasures(_ captured: CapturedAttention, on console: Console) {
    var table = TextTable([
      ("layer", .right), ("head", .right), ("entropy", .right), ("distance", .right),
      ("renormalized", .right),
    ])
    for item in captured.measures {
      table.add([
        "\(item.layer)", "\(item.head)", Numbers.value(item.entropy),
        item.distance.map { Numbers.value($0) } ?? "",
        item.renormalizedDistance.map { Numbers.value($0) } ?? "",
      ])
    }
    table.print(to: console, style: TextStyle(isColoured: console.isColoured))
  }
}
