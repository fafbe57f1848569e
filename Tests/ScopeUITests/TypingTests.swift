import Cells
import Checkpoints
import Dialects
import ScopeEngine
import Testing

@testable import ScopeUI

@Suite("Lines that are typed, and the line of news") struct TypingTests {
  private static func keys(_ state: State) -> String { state.rows().last { !$0.isEmpty } ?? "" }

  @Test(
    "While letters are text, the last line names no letter as a key",
    arguments: [
      ["/"], ["2", "/"], ["5", "i"], ["5", "t"], ["6", "a"], ["6", "n"], ["6", "p"],
    ])
  func hints(keys: [String]) {
    var state = State.showing(SampleCatalogs.training())
    if keys[0] == "2" { state.press("2") }
    if keys[0] == "2" {
      state.finish(.mapping, .mapping(SampleMappings.answer(target: .transformers)))
    }
    for key in keys { state.press(key) }
    let typing = Self.keys(state)
    #expect(typing.contains("Esc back") && !typing.contains("quit"), "\(typing)")
    state.press("q", "?")
    #expect(state.overlays.isEmpty)
    state.press("esc")
    #expect(Self.keys(state).contains("? help  : commands  q quit"))
  }

  @Test("Below an overlay, whose keys are its own, the last line names none")
  func overlay() {
    for key in ["?", ":", "T", "e"] {
      var state = State.showing(SampleCatalogs.training())
      state.press(key)
      #expect(state.overlays.count == 1)
      #expect(FrameHints.hints(state, columns: 120, symbols: .utf8).isEmpty)
      state.press("esc")
      #expect(!FrameHints.hints(state, columns: 120, symbols: .utf8).isEmpty)
    }
  }

  @Test("What is typed takes the place of a value that is offered; keys that edit keep it")
  func offered() {
    var line = InputLine(offering: "/a/b.png")
    #expect(line.isOffered && line.take(.text("c")) && line.text == "c" && !line.isOffered)
    #expect(line.take(.text("d")) && line.text == "cd")
    line = InputLine(offering: "/a/b.png")
    #expect(line.take(.key(.backspace, [])) && line.take(.text("x")) && line.text == "/a/b.pnx")
    line = InputLine(offering: "/a/b.png")
    #expect(line.take(.key(.home, [])) && line.take(.text("x")) && line.text == "x/a/b.png")
    line = InputLine(offering: "/a/b.png")
    #expect(!line.take(.key(.tab, [])) && line.isOffered)
    #expect(line.take(.paste("/c.png\n")) && line.text == "/c.png")
    #expect(!InputLine(offering: "").isOffered && !InputLine("a").isOffered)
  }

  @Test("Another picture or text is typed without clearing the one before")
  func another() {
    var state = State.showing(SampleCatalogs.training())
    state.press("5", "i", "x", "enter", "i", "y", "z", "enter")
    #expect(state.attention.picture == "yz")
    state.press("t", "a", "enter", "t", "b", "enter")
    #expect(state.attention.text == "b")
    // A label and a template are changed more often than replaced.
    state.press("6", "p", "!", "enter")
    #expect(state.inference.template.hasSuffix("{}!"))
  }

  @Test("An offered value looks selected") func drawn() throws {
    var state = State.showing(SampleCatalogs.training())
    state.press("5", "i", "x", "enter", "i")
    let offered = state.drawn()
    state.press("left")
    let edited = state.drawn()
    #expect(offered.plainText() == edited.plainText())
    #expect(offered != edited)
  }

  @Test("E without snapshots says so on the page that is shown") func epochs() {
    var state = State.showing(SampleCatalogs.training())
    state.press("4", "E")
    #expect(state.page == .rope)
    #expect(state.toast?.text.hasPrefix("open a folder of snapshots") == true)
    #expect(state.toast?.text.contains("demo") == false)
    state.opened?.isInstalled = true
    state.press("E")
    #expect(state.toast?.text.contains("clipscope demo/epochs is one") == true)
  }

  @Test("Text that has more lines than room ends in the mark of a cut") func cut() {
    let text = "one two three four five"
    #expect(
      TextLayout.wrapped(text, columns: 8, rows: 9, mark: "…")
        == TextLayout.wrapped(text, columns: 8))
    #expect(TextLayout.wrapped(text, columns: 8, rows: 2, mark: "…") == ["one two ", "three…"])
    #expect(TextLayout.wrapped("abcdefghijk", columns: 4, rows: 1, mark: "…") == ["abc…"])
    #expect(TextLayout.wrapped(text, columns: 8, rows: 0, mark: "…").isEmpty)
  }

  @Test("The overview calls a dialect unknown where it is") func unknownDialect() throws {
    let catalog = SampleCatalogs.plain(["fc.weight"])
    for (summary, wanted) in [(catalog.container.rawValue, "unknown"), ("OpenCLIP", "OpenCLIP")] {
      let opened = OpenedCheckpoint(
        path: catalog.path, model: TreeModel(catalog: catalog), summary: summary)
      let overview = try #require(MetadataDocuments.documents(opened).first)
      guard case .text(let text) = overview.source else {
        Issue.record("the overview is no text")
        return
      }
      #expect(text.contains("dialect     \(wanted)\n"), "\(text)")
    }
  }

  @Test("A path that is typed in the picker is not told to match nothing") func typedPath() {
    var state = State.showing(SampleCatalogs.training())
    state.press("o")
    state.finish(.folder, .folder(FolderListing(path: "/runs", items: [])))
    state.press("x")
    #expect(state.rows().contains { $0.contains("nothing matches") })
    state.press("back", "/", "m")
    #expect(state.rows().contains { $0.contains("a path: Enter opens it") })
    state.press("/")
    #expect(state.rows().contains { $0.contains("a folder: Enter lists it") })
    #expect(!state.rows().contains { $0.contains("nothing matches") })
    let effects = state.press("back", "enter")
    #expect(
      effects.works.contains { if case .open(let path) = $0 { path.contains("/m") } else { false } }
    )
  }

  @Test("Two dialects side by side: no totals of both in the headline, and where names are matched")
  func twoDialects() {
    let left = SampleCatalogs.plain(["a.w0", "a.w1", "same"])
    var state = State.showing(left, columns: 200, rows: 60)
    let total = Numbers.bytes(state.opened?.model.total.byteCount ?? 0)
    #expect(state.rows()[0].contains(total))
    let right = SampleCatalogs.plain(["b.w0", "b.w1", "same"])
    state.finish(.compare, .compared(TreeModel(catalog: left, beside: right), path: "/m/other"))
    #expect(state.rows()[0].contains(" + other"))
    #expect(!state.rows()[0].contains(" B") && !state.rows()[0].contains("openclip"))
    state.finish(.differences, .differences([]))
    #expect(
      state.toast?.text.hasSuffix("names of two dialects are matched by clipscope diff") == true)
    state.press("C")
    #expect(state.toast == nil && state.rows()[0].contains(total))
    // A few names that one side lacks are no other dialect.
    let alike = SampleCatalogs.plain(["a.w0", "a.w1", "other"])
    state.finish(.compare, .compared(TreeModel(catalog: left, beside: alike), path: "/m/other"))
    state.finish(.differences, .differences([]))
    #expect(state.toast?.text.contains("clipscope diff") == false)
  }

  @Test("What is said of one source goes with it") func news() {
    var state = State.showing(SampleCatalogs.training())
    state.press("4")
    state.finish(.positions, .positions(CheckpointPositions(path: "/m", reason: "it has none")))
    #expect(state.toast?.text == "a preset is shown: it has none")
    state.press("p", "down")
    #expect(state.toast != nil)
    state.press("enter")
    #expect(state.rope.source == .preset(1) && state.toast == nil)
    var other = State.showing(SampleCatalogs.training())
    other.press("4")
    other.finish(.positions, .positions(CheckpointPositions(path: "/m", reason: "it has none")))
    other.press("5")
    #expect(other.page == .attention && other.toast == nil)
  }
}
