import ArgumentParser
import Cells
import Inference
import ScopeEngine

extension RotaryScaling.Method: ExpressibleByArgument {}
extension RotarySpecification.Normalization: ExpressibleByArgument {}
extension RotaryGridView.Function: ExpressibleByArgument {}
extension RotaryEmbedding.Axis: ExpressibleByArgument {}

struct RopeCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "rope",
    abstract: "Rotary position embeddings: tables, spectra, grids, relative kernels.",
    discussion: """
      The parameters are those of a preset, or follow from a checkpoint; every one can be changed by an option. On a \
      terminal it draws; elsewhere it prints text or CSV. --out writes .npy, .csv, .json or .png. Tables are in the \
      model's own token and channel order, prefix tokens left out. Learned position tables: --view similarity.
      """)

  enum View: String, CaseIterable, ExpressibleByArgument {
    case table, grid, spectrum, kernel, similarity
  }

  enum TowerChoice: String, CaseIterable, ExpressibleByArgument { case vision, text }

  @Argument(help: "A checkpoint file or folder.", completion: .file()) var path: String?
  @Option(
    help: "A published embedding; --list names them.",
    completion: .list(RotaryPreset.all.map(\.name))) var preset: String?
  @Flag(help: "List the presets with their parameters.") var list = false
  @Option(help: ArgumentHelp("Rows x columns, or frames x rows x columns.", valueName: "HxW|TxHxW"))
  var grid: String?
  @Option(help: "Width of a head in channels.") var headDim: Int?
  @Option(help: "Base of the spectrum.") var theta: Double?
  @Option(help: "Change of the spectrum for another size.") var scaling: RotaryScaling.Method?
  @Option(help: "New over trained length; else the longer side over --trained-length.")
  var factor: Double?
  @Option(help: "Tokens along an axis in training; else the longer side of the model's own grid.")
  var trainedLength: Double?
  @Option(help: "DINOv3: which side normalises the coordinates.")
  var normalize: RotarySpecification.Normalization?
  @Option(help: ArgumentHelp("Patch that the kernel starts from.", valueName: "Y,X|T,Y,X"))
  var query: String?
  @Option(
    help: "Learned frequencies of a mixed embedding, an array [2, blocks, heads, D/2].",
    completion: .file())
  var freqs: String?
  @Option(help: "Block of the learned frequencies, from 0; the first where not given.")
  var layer: Int?
  @Option(help: "Head of the learned frequencies, from 0; the first where not given.")
  var head: Int?
  @Option(help: "What to show; spectrum unless --out is .npy (table) or .png (grid).")
  var view: View?
  @Option(help: "Channel of the grid view, from 0; the first where not given.")
  var channel: Int?
  @Option(help: "Function of the grid view; cos where not given.")
  var function: RotaryGridView.Function?
  @Option(help: "Tower whose learned position table is shown.") var tower: TowerChoice?
  @Option(help: "Heads of the tower, where the file does not tell.") var heads: Int?
  @Option(
    help: ArgumentHelp("Write .npy, .csv, .json or .png.", valueName: "file"), completion: .file())
  var out: String?
  @Flag(help: "Replace an existing file.") var force = false
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    if list {
      RopeListing.print(isJSON: shared.json, on: console, command: self)
      return ExitStatus.success
    }
    do {
      let result = try result(with: engine, console)
      return try show(result, on: console)
    } catch let error as RotaryError {
      throw Ending.usage(error.description)
    } catch let error as NoRotaryEmbedding {
      throw Ending.trouble(error.description)
    }
  }

  // MARK: What is asked

  private func result(with engine: Engine, _ console: Console) throws -> RopeResult {
    let format = try out.map { try RopeFormat(path: $0) }
    let view = view ?? (format == .npy ? .table : format == .png ? .grid : .spectrum)
    try checkTogether(view)
    if view == .similarity { return try similarity(with: engine) }
    var origin = RopeOrigin()
    let specification = try specification(with: engine, &origin)
    for note in origin.notes { console.message("clipscope: \(note)") }
    if let scaling, scaling != .none, specification.scaling.factor == 1 {
      console.message(
        "clipscope: the factor is 1, so \(scaling.rawValue) changes nothing; give --factor or a "
          + "larger --grid")
    }
    let hasTime = specification.hasFrames
    let content: RopeResult.Content
    switch view {
    case .table:
      try specification.checkTableSize()
      content = .table
    case .grid:
      content = .picture(try .channel(channel ?? 0, function ?? .cosine, of: specification))
    case .spectrum: content = .spectrum(try RotarySpectrum(of: specification))
    case .kernel, .similarity:
      let place = try queryPlace(of: specification.grid, hasTime: hasTime)
      let kernel = try RotaryKernel(
        of: specification, frame: place[0], row: place[1], column: place[2])
      origin.query = hasTime ? place : Array(place.dropFirst())
      content = .picture(.kernel(kernel, hasTime: hasTime))
    }
    return RopeResult(
      view: view, origin: origin, specification: specification, content: content)
  }

  /// Refuses options that the view has no use for.
  private func checkTogether(_ view: View) throws(RotaryError) {
    let embedding: [View] = [.table, .grid, .spectrum, .kernel]
    let others: [(option: String, isGiven: Bool, views: [View])] = [
      ("--channel", channel != nil, [.grid]), ("--function", function != nil, [.grid]),
      ("--query", query != nil, [.kernel, .similarity]), ("--tower", tower != nil, [.similarity]),
      ("--head-dim", headDim != nil, embedding), ("--theta", theta != nil, embedding),
      ("--scaling", scaling != nil, embedding), ("--factor", factor != nil, embedding),
      ("--trained-length", trainedLength != nil, embedding),
      ("--normalize", normalize != nil, embedding), ("--freqs", freqs != nil, embedding),
      ("--layer", layer != nil, embedding), ("--head", head != nil, embedding),
      ("--heads", heads != nil, embedding),
    ]
    for other in others where other.isGiven && !other.views.contains(view) {
      let names = other.views.map(\.rawValue).joined(separator: " or ")
      throw RotaryError("\(other.option) is for --view \(names), not \(view.rawValue)")
    }
    guard heads == nil || path != nil else {
      throw RotaryError("--heads is for a checkpoint; a preset takes --head-dim")
    }
  }

  private func specification(
    with engine: Engine, _ origin: inout RopeOrigin
  ) throws -> RotarySpecification {
    guard path == nil || preset == nil else {
      throw RotaryError("give a checkpoint or --preset, not both")
    }
    var base: RotarySpecification
    var learned: LearnedFrequencies?
    if let path {
      let source = try open(path, with: engine).rotarySource(
        options: IdentityOptions(heads: heads))
      base = source.specification
      learned = source.learned
      origin.path = path
      origin.summary = source.summary
      origin.notes = source.notes.filter { headDim == nil || $0 != RotarySource.assumedWidth }
      origin.storedTables = source.storedTables
    } else if let name = preset ?? (freqs == nil ? nil : "rope-vit-mixed") {
      let preset = try RotaryPreset.find(name)
      base = preset.specification
      origin.preset = preset.name
      origin.summary = preset.summary
    } else {
      throw RotaryError("give a checkpoint, --preset NAME, or --list")
    }
    if let freqs {
      guard base.family == .mixed else {
        throw RotaryError("--freqs belongs to mixed embeddings; use --preset rope-vit-mixed")
      }
      let session = try open(freqs, with: engine)
      guard session.catalog.entries.count == 1 else {
        throw RotaryError("\(freqs): --freqs is a file of one array, .npy")
      }
      learned = try LearnedFrequencies(of: 0, in: session)
    }
    if let learned {
      let (block, head) = (layer ?? 0, head ?? 0)
      base.learnedFrequencies = try learned.values(block: block, head: head)
      base.headWidth = learned.headWidth
      origin.block = block
      origin.head = head
    } else if layer != nil || head != nil {
      throw RotaryError(
        "--layer and --head are for learned frequencies, which this embedding has not")
    }
    return try changes().applied(to: base)
  }

  private func changes() throws(RotaryError) -> RotaryChanges {
    var changes = RotaryChanges()
    if let grid { changes.grid = try Self.grid(grid) }
    changes.headWidth = headDim
    changes.theta = theta
    changes.method = scaling
    changes.factor = factor
    changes.trainedLength = trainedLength
    changes.normalization = normalize
    return changes
  }

  static func grid(_ text: String) throws(RotaryError) -> TokenGrid {
    guard let grid = TokenGrid(parsing: text) else {
      throw RotaryError(
        "--grid is HxW or TxHxW with sides from 1 to 4096, such as 24x24 or 8x16x16, not \(text)")
    }
    return grid
  }

  /// Frame, row and column; the middle patch of the first frame unless asked otherwise.
  private func queryPlace(of grid: TokenGrid, hasTime: Bool) throws(RotaryError) -> [Int] {
    guard let query else { return [0, grid.rows / 2, grid.columns / 2] }
    let parts = query.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    var place: [Int] = []
    for part in parts {
      guard let part else {
        place = []
        break
      }
      place.append(part)
    }
    if place.count == 2 { place.insert(0, at: 0) }
    guard place.count == 3, hasTime || parts.count == 2 else {
      throw RotaryError(
        "--query is Y,X\(hasTime ? " or T,Y,X" : ""), such as 7,4, not \(query)")
    }
    return place
  }

  // MARK: Learned tables

  private func similarity(with engine: Engine) throws -> RopeResult {
    guard let path, preset == nil else {
      throw RotaryError(
        "--view similarity shows a learned position table: give a checkpoint, and no preset")
    }
    var table = try open(path, with: engine).positionTable(wantsText: tower.map { $0 == .text })
    let own = TokenGrid(rows: table.rows, columns: table.columns)
    if let grid {
      let wanted = try Self.grid(grid)
      guard wanted.frames == 1 else { throw RotaryError("a position table has no time axis") }
      guard !table.isText || wanted.rows == 1 else {
        throw RotaryError("a text table is a line: --grid 1xN")
      }
      guard (wanted.tokenCount + table.prefixRows) * table.width <= 1 << 26,
        table.rows * wanted.columns * table.width <= 1 << 26
      else { throw RotaryError("the resized table would be too large; choose a smaller grid") }
      table = table.resized(rows: wanted.rows, columns: wanted.columns)
    }
    let place = try queryPlace(
      of: TokenGrid(rows: table.rows, columns: table.columns), hasTime: false)
    var origin = RopeOrigin()
    origin.path = path
    origin.summary = "learned position table \(table.name)"
    origin.table = RopeOrigin.Table(
      name: table.name, width: table.width, prefixRows: table.prefixRows, storedGrid: own,
      grid: TokenGrid(rows: table.rows, columns: table.columns))
    origin.query = Array(place.dropFirst())
    return RopeResult(
      view: .similarity, origin: origin, specification: nil,
      content: .picture(try .similarity(of: table, row: place[1], column: place[2])))
  }

  // MARK: Showing

  private func show(_ result: RopeResult, on console: Console) throws -> Int32 {
    if let out {
      try RopeFile(result).write(to: out, as: try RopeFormat(path: out), isReplacing: force)
      if shared.json { print(result.head, on: console) }
    } else if shared.json {
      print(result.document(), on: console)
    } else if console.outputIsTerminal || shared.color == .always {
      RopeDrawing(result, on: console).print()
    } else {
      RopeText.print(result, on: console)
    }
    return ExitStatus.success
  }
}
