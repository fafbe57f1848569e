import Analysis
import Cells
import Checkpoints
import Foundation
import ScopeEngine
import TestSupport
import Testing

@testable import ScopeUI

@Suite("The attention page") struct AttentionPageTests {
  // MARK: Inputs

  @Test("Without a picture it says how to give one, and asks for those beside the model")
  func empty() {
    var state = State.showing(SampleCatalogs.training())
    let effects = state.press("5")
    #expect(state.page == .attention)
    let path = state.opened?.path ?? ""
    #expect(
      effects.contains(
        .start(
          .attentionPictures, generation: state.jobs[.attentionPictures]?.generation ?? 0,
          .findPictures(beside: path))))
    #expect(state.jobs[.attention] == nil)
    #expect(state.rows().contains { $0.contains("No picture yet: i types the path") })
    state.finish(.attentionPictures, .foundPictures(.init(["/m/a.png", "/m/b.png"])))
    #expect(state.rows().contains { $0.contains("/m/b.png") })
    state.press("down", "enter")
    #expect(state.attention.picture == "/m/b.png")
    #expect(state.attention.asked == AttentionRequest(side: .picture, picture: "/m/b.png"))
    #expect(state.jobs[.attention] != nil)
  }

  @Test("Pictures of the inference page stand after those beside the model, each once")
  func picturesOfInference() {
    var state = State.showing(SampleCatalogs.training())
    state.press("5")
    state.finish(.attentionPictures, .foundPictures(.init(["/m/a.png"])))
    _ = state.inference.add(pictures: ["/m/a.png", "/own/c.png"])
    state.press("1", "5")
    #expect(state.attention.pictures == ["/m/a.png", "/own/c.png"])
    state.press("down", "enter")
    #expect(state.attention.picture == "/own/c.png")
    state.press("i", "up")
    #expect(state.attention.typing?.line.text == "/m/a.png")
    state.press("down")
    #expect(state.attention.typing?.line.text == "/own/c.png")
    state.press("esc")
    state.inference.removePicture(at: 1)
    state.press("1", "5")
    #expect(state.attention.pictures == ["/m/a.png"])
  }

  @Test("A text that is typed beside a picture says what it is for") func textBesidePicture() {
    var state = State.showing(SampleCatalogs.training())
    state.press("5")
    state.attention.picture = "/m/a.png"
    state.press("t", "x", "enter")
    #expect(state.attention.text == "x" && state.attention.side == .picture)
    #expect(state.toast?.text.hasPrefix("the text is kept") == true)
    state.attention.method = .relevance
    state.toast = nil
    state.press("t", "y", "enter")
    #expect(state.toast == nil)
  }

  // MARK: What the model lacks

  static let unknown = ModelOutlook(
    refusal: "a checkpoint of an unknown dialect cannot be run: no key belongs to a known dialect",
    towers: [])

  @Test("Where nothing can be run, no picture is asked for", arguments: [(80, 24), (120, 40)])
  func unknownDialect(columns: Int, rows: Int) {
    var state = State.showing(
      SampleCatalogs.training(), columns: columns, rows: rows, outlook: Self.unknown)
    state.attention.picture = "/p/of another model.png"
    #expect(state.press("5").works.isEmpty)
    let page = state.rows().joined(separator: "\n")
    #expect(page.contains("cannot be run") && page.contains("o opens another checkpoint"))
    #expect(!page.contains("picture") && !page.contains("tower"), "\(page)")
    for key in ["i", "t", "w", "m", "r", "enter", "]"] {
      state.press(key)
      #expect(state.attention.typing == nil && state.jobs.isEmpty)
      #expect(state.toast?.text == Self.unknown.refusal, "\(key)")
    }
    // Another checkpoint: the page asks again.
    state.finish(
      .open,
      .opened(
        OpenedCheckpoint(
          path: "/models/other.pt", model: TreeModel(catalog: SampleCatalogs.training()))))
    #expect(!state.press("5").works.isEmpty)
  }

  @Test("A tower that the model lacks is not offered") func oneTower() {
    var state = State.showing(
      SampleCatalogs.training(), columns: 80, rows: 24, outlook: ModelOutlook(towers: [.vision]))
    state.press("5")
    #expect(AttentionField.fields(of: state.attention) == [.method])
    #expect(!state.rows().joined().contains("tower"))
    for key in ["w", "t"] {
      state.press(key)
      #expect(state.toast?.text == "the model has no text tower")
      #expect(state.attention.side == .picture && state.attention.typing == nil)
    }
    // Relevance takes both towers.
    var methods: [AttentionState.Method] = []
    for _ in 0..<3 {
      methods.append(state.attention.method)
      state.press("tab", "tab", "right", "tab")
    }
    #expect(methods == [.raw, .rollout, .raw])
    state.finish(
      .open,
      .opened(
        OpenedCheckpoint(
          path: "/models/text.pt", model: TreeModel(catalog: SampleCatalogs.training()),
          outlook: ModelOutlook(towers: [.text]))))
    state.press("5")
    #expect(state.attention.side == .text)
    #expect(state.rows().contains { $0.contains("No text yet") })
    state.press("i")
    #expect(state.toast?.text == "the model has no image tower" && state.attention.typing == nil)
  }

  @Test("Pictures of a folder that are no frames of the clip are told of") func passedOver() {
    var state = State.showing(SampleCatalogs.training(), columns: 80, rows: 24)
    state.press("5", "i", "x", "enter")
    let request = AttentionRequest(side: .picture, picture: "x")
    let note = "/p/a.heic: passed over, the first of 3 pictures of kinds that are not read"
    let capture = SampleAttention.capture(request, frames: 2, note: note)
    state.finish(.attention, .attention(capture))
    #expect(state.toast?.text == note && state.toast?.kind == .warning)
  }

  @Test("It needs a checkpoint") func nothingOpen() {
    var state = State(size: .init(columns: 80, rows: 24), theme: "clipscope-dark")
    state.press("5")
    #expect(state.page == .start)
  }

  @Test("A typed path is asked for once; keys of the line are text") func typing() {
    let state = State.attention()
    #expect(state.attention.picture == "cat.png")
    #expect(state.attention.typing == nil && state.page == .attention)
    #expect(state.attention.capture?.request.picture == "cat.png")
    var again = state
    #expect(
      again.press("down", "]", ",").allSatisfy {
        if case .start(.attention, _, _) = $0 { false } else { true }
      })
  }

  @Test("A failure is a notice with what to do, and r tries again") func failure() {
    var state = State.showing(SampleCatalogs.training())
    state.press("5", "w", "t", "a", "enter")
    #expect(state.attention.asked == AttentionRequest(side: .text, text: "a"))
    state.finish(.attention, .failed("/m: no tokenizer found; searched /m", lack: .tokenizer))
    let rows = state.rows()
    #expect(rows.contains { $0.contains("no tokenizer found") })
    #expect(rows.contains { $0.contains("K types the path of its tokenizer") })
    #expect(state.press("down", "v").isEmpty && state.jobs[.attention] == nil)
    state.press("r")
    #expect(state.jobs[.attention] != nil)
  }

  @Test("What failed is not said to be computed") func failedMap() {
    var state = State.attention()
    state.press("m", "m", "c", "enter")
    #expect(state.attention.method == .relevance && state.attention.text == "c")
    state.finish(.attention, .failed("/m: no tokenizer found; searched /m", lack: .tokenizer))
    let rows = state.rows()
    #expect(rows.contains { $0.contains("no tokenizer found") })
    #expect(state.attention.shown?.isLate == true)
    #expect(!rows.contains { $0.contains("computing") }, "\(rows)")
  }

  private static func failed(_ reason: String, lack: ModelLack?) -> State {
    var state = State.showing(SampleCatalogs.training())
    state.press("5", "i", "x", "enter")
    state.finish(.attention, .failed(reason, lack: lack))
    return state
  }

  @Test("An activation that the file does not say is chosen here, for every page") func activation()
  {
    var state = Self.failed(
      "/m: the activation of the image tower is not known; give --activation", lack: .activation)
    #expect(state.rows().contains { $0.contains("A chooses one of") })
    #expect(state.rows().contains { $0.contains("activation ‹ unknown ›") })
    state.press("A")
    let asked = state.attention.asked
    #expect(asked?.choice.activation == IdentityOptions.activationNames.first)
    #expect(state.jobs[.attention] != nil)
    #expect(state.inference.choice == asked?.choice)
    state.press("6", "A", "5")
    #expect(state.attention.asked?.choice.activation == IdentityOptions.activationNames[1])
    #expect(
      state.rows().contains { $0.contains("activation ‹ \(IdentityOptions.activationNames[1]) ›") })
  }

  @Test("What the file says is not chosen, on either page") func stated() {
    var state = Self.failed("/m: no", lack: nil)
    state.opened?.stated = StatedFacts(activation: "quick_gelu", heads: 12)
    state.press("A")
    #expect(state.toast?.text == "the file says the activation: quick_gelu")
    state.press("#")
    #expect(state.toast?.text == "the file says the heads of the image tower: 12")
    #expect(state.attention.typing == nil)
    state.press("w", "#", "8", "enter")
    #expect(state.attention.choice == ModelChoice(textHeads: 8))
    state.press("6", "A")
    #expect(state.toast?.text == "the file says the activation: quick_gelu")
    #expect(state.inference.choice.activation == nil)
  }

  @Test("What was said of a model holds again when its file comes back, and for no other")
  func choiceComesBack() {
    let catalog = SampleCatalogs.training()
    func reopen(_ path: String, _ state: inout State, stated: StatedFacts = StatedFacts()) {
      state.finish(
        .open,
        .opened(OpenedCheckpoint(path: path, model: TreeModel(catalog: catalog), stated: stated)))
    }
    var state = State.showing(catalog)
    state.press("5", "A")
    let chosen = state.attention.choice
    #expect(chosen.activation != nil)
    reopen("/other", &state)
    #expect(state.attention.choice == ModelChoice() && state.inference.choice == ModelChoice())
    reopen(catalog.path, &state)
    #expect(state.attention.choice == chosen && state.inference.choice == chosen)
    // A file that was written anew and says it itself is believed.
    reopen(catalog.path, &state, stated: StatedFacts(activation: "gelu"))
    #expect(state.attention.choice == ModelChoice())
  }

  @Test("The last layer is told as such at the first key") func lastLayer() {
    var state = State.attention()
    #expect(state.attention.layer == nil)
    state.press("]")
    #expect(state.toast?.text == "this is the last layer")
    // It is no longer true at a key that leads somewhere.
    state.press("[")
    #expect(state.toast == nil)
    state.press("]")
    #expect(state.attention.layerIndex + 1 == state.attention.capture?.layers.count)
  }

  @Test("Only what a file is sure of counts as said") func sureFacts() throws {
    func facts(_ name: String) throws -> StatedFacts {
      let file = try CheckpointFile(opening: try DemoModels.resolved(name))
      return StatedFacts(Session(checkpoint: file).identity())
    }
    #expect(
      try facts("demo/clip-shapes")
        == StatedFacts(activation: "quick_gelu", heads: 3, textHeads: 2))
    #expect(try facts("demo/epochs/epoch_4.pt") == StatedFacts())
    // The gate of EVA-02 is inferred, so that the towers together say nothing.
    #expect(try facts("demo/eva-shapes").activation == nil)
  }

  @Test("The number of heads is typed, of the tower on show") func heads() {
    var state = Self.failed(
      "/m: the number of heads of the image tower is not known; give --heads", lack: .heads)
    #expect(state.rows().contains { $0.contains("# types the number of heads") })
    state.press("#", "1", "2", "enter")
    #expect(state.attention.asked?.choice == ModelChoice(heads: 12))
    #expect(state.rows().contains { $0.contains("heads ‹ 12 ›") })
    state.press("w", "t", "a", "enter", "#")
    #expect(state.attention.typing?.line.text == "12")
    state.press("back", "back", "8", "enter")
    #expect(state.attention.asked?.choice == ModelChoice(heads: 12, textHeads: 8))
    state.press("#", "0", "0", "0", "enter")
    #expect(state.attention.choice == ModelChoice(heads: 12, textHeads: 8))
    #expect(state.toast?.kind == .error)
  }

  @Test("Everything that a model may lack has its own advice; words in a reason give none")
  func advice() {
    var advices: [String] = []
    for lack in [nil] + ModelLack.allCases.map({ $0 }) {
      let problem = AttentionProblem(
        request: AttentionRequest(side: .picture, picture: "x"),
        problem: ModelProblem("/my tokenizer/no image tower --heads: it is broken", lack: lack))
      advices.append(problem.advice)
    }
    #expect(Set(advices).count == advices.count)
    #expect(advices[0] == "i takes another picture, r tries again.")
  }

  @Test("Stopping stops: nothing starts again by itself") func stopping() {
    var state = State.showing(SampleCatalogs.training())
    state.press("5", "i", "x", "enter")
    #expect(state.jobs[.attention] != nil)
    let effects = state.press("X")
    #expect(effects.contains(.cancel(.attention)))
    #expect(state.jobs[.attention] == nil)
    #expect(state.rows().contains { $0.contains("Stopped: r runs it again") })
    state.press("down")
    #expect(state.jobs[.attention] == nil)
  }

  // MARK: Maps

  @Test("Layers and heads are chosen without another run") func layersAndHeads() throws {
    var state = State.attention()
    #expect(state.attention.layerIndex == SampleAttention.layers - 1)
    let capture = try #require(state.attention.capture)
    #expect(state.attention.shown?.heads.count == SampleAttention.heads)
    state.press("[", ".", ".", ".")
    #expect(state.attention.layerIndex == 1)
    #expect(state.attention.head == .index(0))
    let expected = try capture.view.values(
      AttentionQuery(layer: .index(1), head: .index(0), origin: .classToken))
    #expect(state.attention.shown?.values == expected.values)
    for _ in 0..<9 { state.press("]", ".") }
    #expect(state.attention.layerIndex == 2 && state.attention.head == .index(3))
    #expect(state.attention.shown?.heads[3] == state.attention.shown?.values)
  }

  @Test("Space looks from the patch under the cursor, and the arrows take it along") func patch()
    throws
  {
    var state = State.attention()
    #expect(state.attention.row == 3 && state.attention.column == 4)
    let usual = state.attention.shown?.values
    state.press("up", "left")
    #expect(state.attention.shown?.values == usual)
    state.press("space")
    #expect(state.attention.shown?.choice.origin == .patch([2, 3]))
    state.press("down")
    #expect(state.attention.shown?.choice.origin == .patch([3, 3]))
    let expected = try #require(state.attention.capture).view.values(
      AttentionQuery(layer: .index(2), origin: .patch([3, 3])))
    #expect(state.attention.shown?.values == expected.values)
    #expect(state.rows().contains { $0.contains("patch (3, 3): ") })
    state.press("space")
    #expect(state.attention.shown?.values == usual)
  }

  @Test("A click picks the patch, a head, and a cell of the overview") func mouse() throws {
    var state = State.attention()
    func click(_ point: Point, button: Int = 1) {
      _ = update(&state, .input(.mouse(MouseEvent(kind: .press, point: point, button: button))))
    }
    let layout = AttentionLayout(state)
    let cell = try #require(layout.fit?.cell(row: 1, column: 6))
    click(cell.point)
    #expect(state.attention.row == 1 && state.attention.column == 6)
    #expect(state.attention.shown?.choice.origin == .patch([1, 6]))
    let tile = try #require(layout.heads.tiles.tile(2))
    click(tile.area.corner)
    #expect(state.attention.head == .index(2))
    let overview = try #require(layout.heads.overviewFit?.cell(row: 0, column: 1))
    click(overview.point)
    #expect(state.attention.layerIndex == 0 && state.attention.head == .index(1))
    click(Point(column: layout.heads.measures.column + 2, row: layout.heads.measures.row + 2 + 3))
    #expect(state.attention.head == .index(3))
    let method = try #require(layout.fields.first { $0.field == .method })
    click(Point(column: method.area.endColumn - 1, row: method.area.row))
    #expect(state.attention.method == .rollout && state.attention.focus == .fields)
  }

  @Test("Rollout is kept per discarded share, and a matrix serves every patch") func rollout()
    throws
  {
    var state = State.attention()
    state.press("m")
    #expect(state.attention.method == .rollout)
    let capture = try #require(state.attention.capture)
    let plain = try capture.view.values(
      AttentionQuery(method: .rollout(discard: 0), layer: .index(2), origin: .classToken))
    #expect(state.attention.shown?.values == plain.values)
    #expect(state.jobs[.attentionMap] == nil)
    state.press(">", ">")
    #expect(state.attention.discard == 2)
    #expect(state.attention.rolled.count == 3)
    state.press("space")
    let choice = try #require(state.attention.askedMap)
    #expect(state.jobs[.attentionMap] != nil)
    state.finish(
      .attentionMap, .attentionMap(try AttentionRolled.compute(capture, choice) { false }))
    #expect(state.attention.matrices.count == 1)
    let before = state.attention.rolled.count
    #expect(state.press("down", "down", "right").isEmpty)
    // Rows come from the matrix: nothing more was computed.
    #expect(state.attention.rolled.count == before)
    let expected = try capture.view.values(
      AttentionQuery(method: .rollout(discard: 0.25), layer: .index(2), origin: .patch([5, 5])))
    let shown = try #require(state.attention.shown?.values)
    #expect(zip(shown, expected.values).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test("Relevance asks for a text, then for a run with both sides") func relevance() {
    var state = State.attention()
    state.press("m", "m")
    #expect(state.attention.method == .relevance)
    #expect(state.attention.typing?.purpose == .text)
    state.press("a", "enter")
    #expect(
      state.attention.asked == AttentionRequest(side: .picture, picture: "cat.png", text: "a"))
    #expect(state.jobs[.attention] != nil)
    state.press("m")
    // The map that was there still stands.
    #expect(state.attention.method == .raw && state.attention.shown?.isLate == false)
  }

  @Test("The pooling head has a map of its own") func pooling() {
    var state = State.attention(pooling: true)
    #expect(state.attention.originText == "mean")
    state.press("P")
    #expect(state.attention.shown?.choice.layer == .pool)
    #expect(state.attention.originText == "pool")
    #expect(state.attention.shown?.values.count == 48)
    #expect(state.attention.shown?.heads.count == SampleAttention.heads)
    state.press("P")
    #expect(state.attention.shown?.choice.layer == .index(2))
    var plain = State.attention()
    plain.press("P")
    #expect(plain.toast?.text.contains("no pooling head") == true)
  }

  @Test("Tokens of a text are read with their strings") func text() {
    var state = State.attention()
    state.press("w", "t", "a", "enter")
    state.answerAttention()
    #expect(state.attention.side == .text)
    #expect(state.attention.shown?.choice.origin == .pool)
    let rows = state.rows()
    #expect(rows.contains { $0.contains("<end_of_text>") } && rows.contains { $0.contains("權") })
    state.press("home", "down", "down", "space")
    #expect(state.attention.shown?.choice.origin == .token(2))
    #expect(state.attention.shown?.values[3] == 0)
    state.press("w")
    #expect(state.attention.shown?.values.count == 48)
  }

  @Test("What is no number has its own colour and is told") func notANumber() {
    let state = State.attention(holes: true)
    var shown = state
    shown.press(".", ".", ".")
    let values = shown.attention.shown?.values ?? []
    let hasHole = values.contains { $0.isNaN }
    #expect(hasHole)
    let rows = shown.rows()
    #expect(rows.contains { $0.contains("are no numbers") })
    #expect(rows.contains { $0.contains("NaN") })
    let page = shown.drawn()
    #expect(
      page.cells.contains {
        $0.style.foreground == ColorScale.notANumber || $0.style.background == ColorScale.notANumber
      })
  }

  @Test("Exports hold the map") func exports() throws {
    var state = State.attention()
    guard case .text(let csv) = state.exportContent(.csv),
      case .text(let json) = state.exportContent(.json),
      case .picture(let grid) = state.exportContent(.png)
    else {
      Issue.record("wrong kinds of content")
      return
    }
    let lines = csv.split(separator: "\r\n")
    #expect(lines.count == 49 && lines[0] == "row,column,value" && lines[9].hasPrefix("1,0,"))
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect((object["values"] as? [Double])?.count == 48)
    #expect(object["shape"] as? [Int] == [6, 8] && object["layer"] as? Int == 2)
    #expect((object["heads"] as? [Any])?.count == 12)
    #expect(grid.width == 64 && grid.height == 48)
    #expect(state.exportName == "attention-cat-raw-layer2")
    guard case .copy(let sentence)? = state.press("y").first else {
      Issue.record("nothing was copied")
      return
    }
    #expect(
      sentence.hasPrefix("cat.png · raw · layer 2 of 3 · head mean · from cls · patch (3, 4)"))
  }

  @Test("Another checkpoint keeps the inputs and forgets the maps") func another() {
    var state = State.attention()
    _ = update(&state, .input(.text("1")))
    _ = state.start(.open, .open(path: "/other"), title: "open")
    state.finish(
      .open,
      .opened(
        OpenedCheckpoint(path: "/other", model: TreeModel(catalog: SampleCatalogs.plain(["a"])))))
    #expect(state.attention.capture == nil && state.attention.picture == "cat.png")
    state.press("5")
    #expect(state.jobs[.attention] != nil)
  }

  // MARK: The engine

  static func options() -> Dashboard.Options {
    Dashboard.Options(
      paths: [Fixtures.path("cases/c19_openclip_quick")], page: .attention, keepsState: false)
  }

  static func typed(_ text: String) -> [InputEvent] {
    [.text("i"), .key(.character("u"), .control), .paste(text), .key(.enter, [])]
  }

  @Test("A real model looks at a real picture") func real() {
    let keys = Self.typed(Fixtures.path("cases/probe_32.png"))
    let (page, problem) = Dashboard.snapshot(
      size: Size(columns: 120, rows: 40), options: Self.options(), keys: keys)
    #expect(problem == nil)
    let text = page.plainText()
    #expect(text.contains("probe_32.png · grid 4×4 + 1"))
    #expect(text.contains("layer ‹ 1 of 2 ›"))
    #expect(text.contains("of the attention"))
    #expect(text.contains("viridis"))
  }

  @Test("What a model cannot do is a notice on the page") func realProblems() {
    for (keys, words) in [
      (Self.typed("/nowhere/x.png"), "/nowhere/x.png"),
      ([.text("w"), .text("t"), .paste("a cat"), .key(.enter, [])], "tokenizer"),
    ] as [([InputEvent], String)] {
      let (page, problem) = Dashboard.snapshot(
        size: Size(columns: 200, rows: 40), options: Self.options(), keys: keys)
      #expect(problem == nil)
      #expect(page.plainText().contains(words), "\(page.plainText())")
    }
  }

  // MARK: Pictures

  struct Scene: Sendable, CustomTestStringConvertible {
    var name: String
    var columns: Int
    var rows: Int
    var keys: [String]
    var appearance = Appearance(theme: .dark)
    var holes = false
    var testDescription: String { "\(name) \(columns)x\(rows)" }
  }

  static let scenes: [Scene] =
    [(80, 24), (120, 40), (200, 60), (40, 10)].flatMap { columns, rows in
      [
        Scene(name: "plain", columns: columns, rows: rows, keys: ["up", "space"]),
        Scene(name: "heads", columns: columns, rows: rows, keys: ["tab", "down", "right"]),
      ]
    } + [
      Scene(name: "measures", columns: 80, rows: 24, keys: ["v", ".", ".", ".", "."]),
      Scene(name: "overview", columns: 80, rows: 24, keys: ["v", "v", "m"]),
      Scene(name: "typing", columns: 80, rows: 24, keys: ["i"]),
      Scene(name: "nan", columns: 120, rows: 40, keys: [".", ".", "."], holes: true),
      Scene(
        name: "ascii", columns: 80, rows: 24, keys: [],
        appearance: Appearance(theme: .dark, symbols: .ascii, depth: .indexed16)),
      Scene(
        name: "mono", columns: 80, rows: 24, keys: [],
        appearance: Appearance(theme: .mono, depth: .mono)),
    ]

  @Test("Pages look as recorded", arguments: scenes)
  func pictures(scene: Scene) {
    var state = State.attention(
      columns: scene.columns, rows: scene.rows, holes: scene.holes)
    for key in scene.keys { state.press(key) }
    Snapshot.expect(
      Dashboard.draw(state, appearance: scene.appearance).buffer,
      is: "attention-\(scene.name)-\(scene.columns)x\(scene.rows)")
  }

  @Test("Texts look as recorded", arguments: [(80, 24), (120, 40), (40, 10)])
  func texts(columns: Int, rows: Int) {
    var state = State.attention(columns: columns, rows: rows)
    state.press("w", "t", "a", "enter")
    state.answerAttention()
    state.press("home", "down", "down", "down", "space")
    Snapshot.expect(
      state.drawn(),
      is: "attention-text-\(columns)x\(rows)")
  }
}
