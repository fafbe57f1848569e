import Cells
import Checkpoints
import Inference
import ScopeEngine
import TestSupport
import Testing

@testable import ScopeUI

@Suite("What the dashboard says of itself") struct FeedbackTests {
  private static func lines(_ state: State) -> ArraySlice<String> {
    state.drawn().plainText().split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init).dropLast()
  }

  // MARK: The first line

  @Test(
    "The name of what is open is in sight beside the titles of all pages",
    arguments: [80, 90, 100, 120, 200])
  func title(columns: Int) throws {
    let state = State.showing(SampleCatalogs.training(), columns: columns, rows: 24)
    let name = FilePath.name(of: try #require(state.opened?.path))
    let first = try #require(Self.lines(state).first)
    #expect(first.contains(name), "\(first)")
    #expect(first.contains("6 Inference"))
  }

  @Test("A long name is shortened in its middle, so that number and ending stay") func longName() {
    var state = State.showing(SampleCatalogs.training(), columns: 80, rows: 24)
    state.opened?.path = "/runs/vit-b-32-laion-fine-tuned-epoch_12.pt"
    let first = Self.lines(state)[0]
    #expect(first.contains("vit-") && first.contains("12.pt") && first.contains("…"), "\(first)")
    #expect(FrameTabs.lead(State(size: state.size)) == FrameTabs.programName)
  }

  // MARK: Words

  @Test("One value is no values") func singular() throws {
    var state = State.showing(SampleCatalogs.training(), columns: 120, rows: 40)
    let node = try #require(
      state.tree.model?.nodes.indices.first {
        state.tree.model?.nodes[$0].parameterCount == 1
          && state.tree.model?.nodes[$0].tensorCount == 1
      })
    state.tree.reveal(Int32(node))
    state.settle()
    let facts = try #require(DetailFacts(state))
    #expect(facts.lines[0].contains("· 1 value ·"), "\(facts.lines)")
    #expect(Numbers.counted(2, "value") == "2 values" && Numbers.counted(1, "value") == "1 value")
    #expect(Numbers.counted(1_769_472, "value") == "1,769,472 values")
  }

  @Test(
    "The key for singular values stands in the help bar of the tensor's pane", arguments: [80, 120])
  func spectrumHint(columns: Int) {
    var state = PageSnapshotTests.tensor(columns, 24)
    state.press("tab")
    #expect(state.tree.focus == .detail)
    #expect(Self.lines(state).last?.contains("p spectrum") == true, "\(Self.lines(state))")
  }

  @Test("The page of epochs says what its columns are") func legend() async throws {
    let state = try await EpochsPageTests.shown(80, 24)
    let text = Self.lines(state).joined(separator: "\n")
    #expect(text.contains("a step is |new - old| / |old|"), "\(text)")
    #expect(text.contains("moved: sum of the steps"))
    // Where rows are scarce the tensors get them.
    #expect(EpochsLayout(try await EpochsPageTests.shown(80, 14)).legend == nil)
  }

  @Test("Numbers of two digits stand whole over the matrix") func matrixHeads() {
    var state = InferencePageTests.scored(80, 24)
    state.type((5...40).map { "label \($0)" }.joined(separator: ", "), after: "n")
    state.press("m")
    let heads = Self.lines(state).first { $0.contains(" 29 30 31 ") }
    #expect(heads != nil, "\(Self.lines(state))")
    #expect(heads?.contains("…") == false)
    let layout = InferenceLayout(state)
    let matrix = MatrixLayout(layout.matrix, state.inference)
    #expect(matrix.cellColumns >= 3)
    #expect(matrix.cells.endColumn <= layout.matrix.endColumn)
  }

  @Test("The pair of the matrix has its names whole") func matrixPair() {
    var state = InferencePageTests.scored(80, 24)
    state.press("m")
    let names = Self.lines(state).firstIndex { $0.contains("cat.png × a photo of a cat") }
    #expect(names != nil, "\(Self.lines(state))")
    if let names { #expect(Self.lines(state)[names + 1].contains("similarity 0.")) }
  }

  @Test("Help and palette have every word of a sentence", arguments: [(80, 24), (40, 10)])
  func sentences(columns: Int, rows: Int) {
    let state = State.showing(SampleCatalogs.training(), columns: columns, rows: rows)
    var help = state
    help.press("?")
    var seen = Set<String>()
    for _ in 0..<400 {
      for line in help.rows() { seen.formUnion(line.split(separator: " ").map(String.init)) }
      help.press("down")
    }
    #expect(!seen.contains { $0.hasSuffix("…") }, "\(seen.filter { $0.hasSuffix("…") })")
    var palette = state
    palette.press(":")
    for character in "quit" { palette.press(String(character)) }
    let text = palette.rows().joined(separator: " ")
    for word in ["conversion,", "comparison", "way."] {
      #expect(text.contains(word), "\(text)")
    }
  }

  @Test("A template without a place for the label is refused, and stays to be mended")
  func template() {
    var state = InferencePageTests.scored(80, 24)
    state.type("a photo of", after: "p")
    #expect(state.toast?.kind == .error && state.toast?.text.contains("{}") == true)
    #expect(state.inference.edit?.line.text == "a photo of")
    #expect(state.inference.template == "a photo of a {}")
    state.press("esc")
    state.type("", after: "p")
    #expect(state.inference.template.isEmpty)
  }

  // MARK: Keys without an effect

  @Test("A key that means nothing here says so, and where the keys are listed") func unknownKey() {
    var state = State.showing(SampleCatalogs.training())
    state.press("z")
    #expect(state.toast?.text == "z does nothing on this page; ? lists its keys")
    state.toast = nil
    state.press("ctrl-t")
    #expect(state.toast?.text == "Ctrl-T does nothing on this page; ? lists its keys")
  }

  @Test("Moving at the end of a list, and letters of a find line, need no word") func silent() {
    var state = State.showing(SampleCatalogs.training())
    state.press("up", "up", "esc")
    #expect(state.toast == nil)
    state.press("/", "z", "q", "z")
    #expect(state.toast == nil)
    #expect(state.tree.find?.line.text == "zqz")
  }

  @Test(
    "A key that lacks something says what",
    arguments: [
      ("n", "find something first (/)"), ("U", "nothing is marked (Space)"),
      ("C", "nothing to compare with"), ("]", "compare with a second checkpoint first (c)"),
      ("X", "nothing is running"),
      ("E", "open a folder of snapshots"),
    ])
  func tree(key: String, sentence: String) {
    var state = PageSnapshotTests.tensor(120, 40)
    state.jobs = [:]
    state.press(key)
    #expect(state.toast?.text.hasPrefix(sentence) == true, "\(state.toast?.text ?? "silence")")
  }

  @Test(
    "Keys of the heat map say why it stays as it is",
    arguments: [
      ("x", "this tensor has no axis beside those of the heat map"),
      (".", "this tensor has no axis beside those of the heat map"),
      ("0", "the heat map shows the whole slice already"),
      ("-", "the heat map shows the whole slice already"),
      ("p", "the singular values are there already"),
    ])
  func heatMap(key: String, sentence: String) {
    var state = PageSnapshotTests.tensor(120, 40)
    state.press("tab", key)
    #expect(state.toast?.text == sentence, "\(state.toast?.text ?? "silence")")
  }

  @Test("Attention without a picture asks for one, without a text for a text") func attention() {
    var state = State.showing(SampleCatalogs.training())
    state.press("5")
    for key in ["]", ".", "f", "+", ">", ")"] {
      state.toast = nil
      state.press(key)
      #expect(state.toast?.text == "choose a picture first (i)", "\(key)")
    }
    state.press("w")
    state.toast = nil
    state.press("]")
    #expect(state.toast?.text == "type a text first (t)")
  }

  @Test("Pages and start keys without what they need say what that is") func pages() {
    var state = PageSnapshotTests.startState(120, 40)
    for key in ["1", "2", "3", "5", "6"] {
      state.toast = nil
      state.press(key)
      if Pages.all.first(where: { "\($0.number ?? 0)" == key })?.needsCheckpoint == true {
        #expect(state.toast?.text == "open a checkpoint first (o)", "\(key)")
        #expect(state.page == .start)
      }
    }
    state.page = .start
    state.start.recent = []
    state.press("x")
    #expect(state.toast?.text == "only recent files can be forgotten")
    var rope = State.rope()
    rope.press(".")
    #expect(rope.toast?.text == "this embedding has one frame", "\(rope.toast?.text ?? "silence")")
  }

  @Test("On a learned table the keys of rotary embeddings say where those are") func table() throws
  {
    let engine = Engine()
    let session = try engine.opening(Fixtures.path("cases/c19_openclip_quick")).wait()
    var state = State.rope()
    state.rope.checkpoint = CheckpointPositions(
      path: "", rotary: nil, table: try session.positionTable(wantsText: false))
    state.rope.choose(.table)
    for key in ["]", "f", "a", "w", "s", "<", ">", "c", "v", ".", "t"] {
      state.toast = nil
      state.press(key)
      #expect(state.toast?.text.hasPrefix("a learned position table has none") == true, "\(key)")
    }
    state.toast = nil
    state.press("+")
    #expect(state.toast == nil && state.rope.grid.rows == state.rope.queryGrid.rows + 1)
  }

  @Test("A preset that was chosen needs no word about the checkpoint; one in its stead does")
  func presetReason() throws {
    let engine = Engine()
    let session = try engine.opening(Fixtures.path("cases/c19_openclip_quick")).wait()
    var state = State.rope()
    state.rope.checkpoint = CheckpointPositions(
      path: "", rotary: nil, table: try session.positionTable(wantsText: false),
      reason: "nothing rotary here")
    state.rope.choose(.preset(1))
    #expect(!state.rows().contains { $0.contains("nothing rotary here") })
    state.rope.checkpoint?.table = nil
    #expect(state.rows().contains { $0.contains("nothing rotary here") })
  }

  @Test("Only a branch can be opened with all below it") func leaf() {
    var state = PageSnapshotTests.tensor(120, 40)
    state.press("*")
    #expect(state.toast?.text == "only branches can be opened")
  }
}
