import Analysis
import Cells
import Checkpoints
import Tensors
import Testing

@testable import ScopeUI

/// Sends one action and states what changed; anything else that changed fails.
struct Change {
  let before: State
  var after: State
  let effects: [Effect]

  init(_ state: State, _ action: Action) {
    before = state
    after = state
    effects = update(&after, action)
  }

  init(_ state: State, key: String) { self.init(state, .input(KeyScript.event(key))) }

  /// True when nothing but what `body` does to the state before is different.
  func isOnly(_ body: (inout State) -> Void) -> Bool {
    var expected = before
    body(&expected)
    return expected == after
  }
}

@Suite("What happens becomes state and effects") struct UpdateTests {
  let state = State.showing(SampleCatalogs.training())

  @Test("Down selects the next row and asks for its numbers when it rests") func down() {
    let change = Change(state, key: "j")
    #expect(
      change.isOnly {
        $0.tree.list.selected = 1
        $0.restGeneration += 1
        $0.settle()
      })
    #expect(
      change.effects == [
        .after(milliseconds: 90, .rest, generation: state.restGeneration + 1)
      ])
  }

  @Test("A rest that was overtaken asks for nothing") func staleRest() {
    let change = Change(state, .timerFired(.rest, generation: state.restGeneration - 1))
    #expect(change.isOnly { _ in })
    #expect(change.effects.isEmpty)
  }

  @Test("A rest on a tensor starts its statistics, heat map and spectrum") func rest() {
    let tensor = PageSnapshotTests.tensor(120, 40)
    var moved = tensor
    moved.press("up")
    let change = Change(moved, .timerFired(.rest, generation: moved.restGeneration))
    let reference = moved.tree.detail.entry
    #expect(reference != nil)
    var works: [Work] = []
    for case .start(_, _, let work) in change.effects { works.append(work) }
    #expect(
      works.contains {
        if case .slice(let request) = $0 { request.entry == reference } else { false }
      })
    #expect(
      works.contains { if case .statistics(let entry) = $0 { entry == reference } else { false } })
    #expect(change.after.jobs[.statistics] != nil)
  }

  @Test("Numbers that are there are not asked for again") func cached() {
    let tensor = PageSnapshotTests.tensor(120, 40)
    var again = tensor
    again.press("down", "up")
    let change = Change(again, .timerFired(.rest, generation: again.restGeneration))
    for case .start(let key, _, _) in change.effects {
      #expect(key == .slice)
    }
  }

  @Test("A result of an older request is dropped") func stale() {
    var running = state
    running.jobs[.statistics] = JobRow(generation: 9, title: "", fraction: nil)
    let change = Change(
      running,
      .jobFinished(
        .statistics, generation: 8,
        .statistics(EntryReference(.left, 0), TensorStatistics(elementCount: 1))))
    #expect(change.isOnly { _ in })
    #expect(change.effects.isEmpty)
  }

  @Test("Progress changes the job's row alone") func progress() {
    var running = state
    running.jobs[.differences] = JobRow(generation: 9, title: "", fraction: nil)
    let change = Change(running, .jobProgressed(.differences, generation: 9, fraction: 0.5))
    #expect(change.isOnly { $0.jobs[.differences]?.fraction = 0.5 })
    #expect(change.effects.isEmpty)
  }

  @Test("A path of the command line that does not open still brings the lists of the start page")
  func failureAtFirst() {
    var first = State(size: .init(columns: 120, rows: 40))
    _ = first.begin(opening: ["/none.pt"])
    first.finish(.open, .failed("/none.pt: it is not there"))
    #expect(first.page == .start && first.jobs[.startFolder] != nil)
    #expect(!first.overlays.isEmpty)
  }

  @Test("A file that cannot be opened is a box; what was open stays") func failure() {
    var opening = state
    opening.press("o")
    let effects = update(
      &opening, .input(.key(.escape, [])))
    _ = effects
    opening.finish(.open, .failed("x.pt: it is a text file"))
    guard case .message(let message) = opening.overlays.last else {
      Issue.record("no message")
      return
    }
    #expect(message.text == "x.pt: it is a text file")
    #expect(opening.opened == state.opened)
    #expect(opening.page == .tree)
    opening.press("enter")
    #expect(opening.overlays.isEmpty)
  }

  @Test("q leaves at once, and keeps how the file was left") func quit() {
    let change = Change(state, key: "q")
    #expect(change.effects == [.keepView(path: "/models/epoch_12.pt", state.tree.kept), .quit])
    #expect(change.isOnly { _ in })
  }

  @Test("q asks while an export runs, and not while a heat map does") func quitAsks() {
    var busy = state
    busy.jobs[.slice] = JobRow(generation: 3, title: "heat map", fraction: nil)
    #expect(Change(busy, key: "q").effects.last == .quit)
    busy.jobs[.export] = JobRow(generation: 4, title: "export x", fraction: nil)
    let change = Change(busy, key: "q")
    #expect(change.effects.isEmpty)
    guard case .choice = change.after.overlays.last else {
      Issue.record("nothing asked")
      return
    }
    #expect(Change(change.after, key: "s").after.overlays.isEmpty)
    #expect(Change(change.after, key: "q").effects.last == .quit)
  }

  @Test(
    "q and Ctrl-C ask for every job whose loss matters", arguments: ["q", "ctrl-c"])
  func quitAsksForRuns(key: String) {
    for job in [JobKey.inference, .accuracy, .series, .convert, .differences] {
      var busy = state
      busy.jobs[job] = JobRow(generation: 4, title: "run 12 pictures", fraction: 0.5)
      let change = Change(busy, key: key)
      #expect(change.effects.isEmpty, "\(job)")
      guard case .choice(let choice) = change.after.overlays.last else {
        Issue.record("nothing asked for \(job)")
        continue
      }
      #expect(choice.title == "run 12 pictures is still running")
    }
  }

  @Test("The terminal's Ctrl-C asks too; a second one, or one without a job, leaves")
  func interrupt() {
    #expect(Change(state, .input(.signal(2))).effects.last == .quit)
    var busy = state
    busy.jobs[.inference] = JobRow(generation: 4, title: "run", fraction: nil)
    let change = Change(busy, .input(.signal(2)))
    #expect(change.effects.isEmpty && change.after.overlays.count == 1)
    #expect(Change(change.after, .input(.signal(2))).effects.last == .quit)
    #expect(Change(busy, .input(.signal(15))).effects.last == .quit)
  }

  @Test(
    "The terminal's Ctrl-C closes a dialog and a typed line first",
    arguments: [
      ["?"], [":"], ["T"], ["o"], ["e"], ["/"], ["5", "i"], ["6", "n"],
      ["3", "end", "up", "up", "up", "up", "enter"],
    ])
  func interruptOnTop(keys: [String]) {
    var open = state
    for key in keys { open.press(key) }
    let isTyping = Pages.page(open.page).isTyping(open)
    #expect(isTyping || !open.overlays.isEmpty, "\(keys)")
    let change = Change(open, .input(.signal(2)))
    #expect(!change.effects.contains(.quit))
    #expect(change.after.overlays.isEmpty)
    #expect(!Pages.page(change.after.page).isTyping(change.after))
    #expect(Change(change.after, .input(.signal(2))).effects.last == .quit)
  }

  @Test("What went wrong on a page is not said on the next one") func errorLine() {
    var wrong = state
    wrong.toast = Toast(kind: .error, text: "no", generation: 1)
    wrong.press("2")
    #expect(wrong.toast?.text != "no")
    wrong.toast = Toast(kind: .error, text: "no", generation: 1)
    wrong.press("down")
    #expect(wrong.toast?.text == "no")
  }

  @Test("A signal leaves whatever is open") func signal() {
    var busy = state
    busy.press("?")
    busy.jobs[.export] = JobRow(generation: 4, title: "export x", fraction: nil)
    #expect(Change(busy, .input(.signal(15))).effects.last == .quit)
  }

  @Test("The theme picker previews, Esc goes back, Enter keeps") func themes() {
    var picking = state
    picking.press("T", "down")
    #expect(picking.shownTheme == "clipscope-light")
    #expect(picking.theme == "clipscope-dark")
    #expect(Change(picking, key: "esc").after.shownTheme == "clipscope-dark")
    let change = Change(picking, key: "enter")
    #expect(change.after.theme == "clipscope-light")
    #expect(change.effects.first == .keepTheme("clipscope-light"))
  }

  @Test("y offers what there is to copy") func copy() {
    var tensor = PageSnapshotTests.tensor(120, 40)
    tensor.press("y")
    let name = "state_dict.visual.transformer.resblocks.3.attn.in_proj_weight"
    #expect(Change(tensor, key: "n").effects.first == .copy(name))
    guard case .copy(let text) = Change(tensor, key: "s").effects.first else {
      Issue.record("statistics were not copied")
      return
    }
    #expect(text.contains("min -0.4127"))
  }

  @Test("An export names its format, path and content; an existing file needs a second Enter")
  func export() {
    var exporting = state
    exporting.press("e", "tab")
    let change = Change(exporting, key: "enter")
    guard
      case .start(.export, let generation, .write(let path, .text(let csv), false)) =
        change.effects.first
    else {
      Issue.record("nothing was written")
      return
    }
    #expect(path == "epoch_12.pt-tree.csv")
    #expect(csv.hasPrefix("name,dtype,shape,parameters,bytes\r\n"))
    var after = change.after
    _ = update(&after, .jobFinished(.export, generation: generation, .exists(path: path)))
    let again = Change(after, key: "enter")
    guard case .start(.export, _, .write(path, .text(csv), true)) = again.effects.first else {
      Issue.record("the second Enter did not replace")
      return
    }
  }

  @Test("Growing back after a tiny size keeps the selection") func resize() {
    var small = state
    small.press("down", "down")
    let selected = small.tree.selectedNode
    for size in [
      Size(columns: 1, rows: 1), Size(columns: 10, rows: 3), Size(columns: 120, rows: 40),
    ] {
      _ = update(&small, .input(.resize(size)))
    }
    #expect(small.tree.selectedNode == selected)
    #expect(small.overlays.isEmpty)
  }

  @Test("How a file was left comes back") func kept() {
    var left = PageSnapshotTests.tensor(120, 40)
    left.press("s", "<", "<")
    let again = State.showing(SampleCatalogs.training(), kept: left.tree.kept)
    #expect(again.tree.kept == left.tree.kept)
    #expect(again.tree.selectedNode == left.tree.selectedNode)
    #expect(again.tree.order?.sort == .bytes)
    #expect(KeptView(left.tree.kept.json) == left.tree.kept)
    #expect(KeptView(["cursor": 3]) == nil)
  }

  @Test("Marks of a branch are those of its tensors, and a second mark takes them off")
  func marks() {
    var marking = state
    let count = marking.tree.model?.nodes[0].tensorCount ?? 0
    marking.press("g", "space")
    #expect(marking.tree.marks.count == Int(count))
    marking.press("g", "space")
    #expect(marking.tree.marks.isEmpty)
  }

  @Test("The mouse selects, opens, scrolls and drags the line") func mouse() {
    var clicked = state
    let layout = clicked.treeLayout
    func press(_ column: Int, _ row: Int, _ kind: MouseEvent.Kind = .press) -> Action {
      .input(
        .mouse(MouseEvent(kind: kind, point: Point(column: column, row: row), button: 1)))
    }
    _ = update(&clicked, press(layout.list.column + 20, layout.list.row + 2))
    #expect(clicked.tree.list.selected == 2)
    let divider = layout.dividerColumn ?? 0
    _ = update(&clicked, press(divider, layout.list.row))
    _ = update(&clicked, press(40, layout.list.row, .drag))
    _ = update(&clicked, press(40, layout.list.row, .release))
    #expect(clicked.treeLayout.dividerColumn == 40)
    #expect(clicked.drag == nil)
    let quit = FrameHints.hints(clicked, columns: 120, symbols: .utf8).last
    #expect(quit?.command == .quit)
    #expect(
      update(&clicked, press(quit?.columns.lowerBound ?? 0, 39)).last == .quit)
  }

  @Test("Slices: axes swap, indices stay inside, zoom stays inside")
  func slices() {
    var slice = SliceChoice(sizes: [4, 6, 10])
    #expect(slice.rowAxis == 1 && slice.columnAxis == 2 && slice.heldAxis == 0)
    slice.moveIndex(by: 10)
    #expect(slice.indices[0] == 3)
    slice.cycleRowAxis()
    #expect(slice.rowAxis == 2 && slice.columnAxis == 1 && slice.heldAxis == 0)
    slice.cycleRowAxis()
    #expect(slice.rowAxis == 0 && slice.heldAxis == 2)
    var large = SliceChoice(sizes: [100, 200])
    large.zoom(in: true, row: 99, column: 0)
    #expect(large.rows == 50..<100 && large.columns == 0..<100)
    for _ in 0..<20 { large.zoom(in: true, row: 0, column: 199) }
    #expect(large.rows.count == 8 && large.columns.count == 8)
    for _ in 0..<20 { large.zoom(in: false, row: 0, column: 0) }
    #expect(large.isWhole)
    #expect(SliceChoice(sizes: []).rowAxis == nil)
  }
}
