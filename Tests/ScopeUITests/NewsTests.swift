import Cells
import ScopeEngine
import TestSupport
import Testing

@testable import ScopeUI

@Suite("News above the keys") struct NewsTests {
  private static let long =
    "/runs/vit-b-32-laion/epoch_12.pt: the learned position table is shown: this file has no rotary position embedding "
    + "that its tensors tell of, and no config beside it says which one the model was trained with"

  private static func saying(_ text: String, _ columns: Int = 80, _ rows: Int = 24) -> State {
    var state = PageSnapshotTests.tensor(columns, rows)
    state.jobs = [:]
    _ = state.say(.info, text)
    return state
  }

  /// Every word of the rows from the first that has the mark of an information on.
  private static func words(_ state: State) -> [String] {
    let rows = state.rows().drop { !$0.hasPrefix(" ·") }.dropLast(2)
    return rows.flatMap { $0.split(separator: " ").map(String.init) }.filter { $0 != "·" }
  }

  @Test("A sentence longer than the screen takes the lines that it needs", arguments: [80, 120])
  func wrapped(columns: Int) {
    let state = Self.saying(Self.long, columns, 24)
    #expect(Self.words(state) == Self.long.split(separator: " ").map(String.init))
    if columns == 80 { Snapshot.expect(state.drawn(), is: "news-80x24") }
    var ascii = state
    ascii.isASCIIOnly = true
    let page = ascii.drawn(symbols: .ascii, depth: .mono)
    #expect(page.plainText().contains("trained with"))
  }

  @Test("What a job leaves no room for stands above it, and the job stays in sight") func job() {
    let medium = "/runs/vit-b-32-laion/epoch_12.pt: seventy characters of what was said"
    var state = Self.saying(medium)
    #expect(state.rows()[22].hasPrefix(" · /runs"))
    state.jobs[.convert] = JobRow(generation: 1, title: "convert to hf", fraction: 0.5)
    let rows = state.rows()
    #expect(rows[22].contains("convert to hf 50 %") && !rows[22].contains("/runs"))
    #expect(rows[21].hasPrefix(" · /runs") && rows[21].contains(medium))
    #expect(rows[20].hasPrefix("───"))
    _ = state.say(.info, Self.long)
    #expect(Array(state.rows()[19...22]).joined().contains("trained with"))
  }

  @Test("A sentence without end is cut with the key that has all of it") func cut() {
    let endless = (0..<200).map { "word\($0)" }.joined(separator: " ")
    for (columns, rows) in [(80, 24), (40, 24), (40, 10)] {
      let state = Self.saying(endless, columns, rows)
      let mark = columns < 60 ? "… M" : "… M has all of it"
      #expect(state.rows().contains { $0.contains(mark) }, "\(state.rows())")
    }
    var state = Self.saying(endless)
    #expect(state.rows().count { $0.contains("word") } == 4)
    state.press("M")
    #expect(state.overlays.count == 1)
    let text = state.rows().joined(separator: " ")
    #expect(text.contains("word0 ") && text.contains("word199"))
    state.press("M")
    #expect(state.overlays.isEmpty)
  }

  @Test("The next key gives the page its lines back") func folded() {
    var state = Self.saying(Self.long)
    state.press("down")
    let rows = state.rows()
    #expect(rows[22].hasPrefix(" · /runs") && rows[22].contains("… M has all of it"))
    #expect(!rows[21].contains("trained with") && !rows[20].contains("that its"))
    // What is said next has its lines again.
    _ = state.say(.info, Self.long)
    #expect(Self.words(state).contains("trained"))
    _ = update(&state, .input(.resize(Size(columns: 81, rows: 24))))
    #expect(Self.words(state).contains("trained"))
  }

  @Test("Messages are kept with the newest first, and stay longer the longer they are") func kept()
  {
    var state = PageSnapshotTests.startState(80, 24)
    state.press("M")
    #expect(state.overlays.isEmpty && state.toast?.text == "nothing was said yet")
    _ = state.say(.warning, "the first")
    _ = state.say(.error, "the second")
    _ = state.say(.error, "the second")
    state.finish(.open, .failed("/tmp/x.pt: no reader knows this file"))
    state.press("enter", "M")
    Snapshot.expect(state.drawn(), is: "messages-80x24")
    func milliseconds(_ effects: [Effect]) -> Int? {
      for case .after(let time, .toast, _) in effects { return time }
      return nil
    }
    #expect(milliseconds(state.say(.info, "short")) == 5_000)
    #expect(milliseconds(state.say(.info, String(repeating: "a", count: 200))) == 14_000)
    for number in 0..<1_000 { _ = state.say(.info, "\(number)") }
    #expect(state.said.count == 200 && state.said.last?.text == "999")
  }

  @Test("The box of an error is as high as its text") func box() {
    let endless = (0..<120).map { "word\($0)" }.joined(separator: " ")
    var state = PageSnapshotTests.startState(80, 24)
    state.finish(.open, .failed(endless))
    let text = state.rows().joined(separator: " ")
    #expect(text.contains("word119") && text.contains("go on"))
  }

  @Test("The page of positions says in full why a table is shown") func positions() throws {
    let session = try Engine().opening(Fixtures.path("cases/c19_openclip_quick")).wait()
    var state = State.showing(SampleCatalogs.training(), columns: 80, rows: 24)
    state.press("4")
    let positions = CheckpointPositions(
      path: "", rotary: nil, table: try session.positionTable(wantsText: false),
      reason:
        "CLIP ViT has no rotary position embedding that its tensors tell of, so there is nothing to turn"
    )
    state.finish(.positions, .positions(positions))
    let text = state.rows().joined(separator: " ")
    #expect(text.contains("so there is nothing to turn"))
    Snapshot.expect(state.drawn(), is: "rope-table-news-80x24")
  }

  // MARK: Clicks on a screen of ASCII

  @Test("A click meets the field that is drawn there", arguments: [true, false])
  func clicks(isASCII: Bool) throws {
    for name in ["scaling", "left", "channel"] {
      var state = State.rope()
      state.isASCIIOnly = isASCII
      let rows = state.drawn(symbols: state.symbols).plainText().split(
        separator: "\n", omittingEmptySubsequences: false
      ).map(Array.init)
      let label = Array("\(name) \(state.symbols.chevronLeft) ")
      let row = try #require(rows.lastIndex { $0.firstRange(of: label) != nil })
      let column = try #require(rows[row].firstRange(of: label)).lowerBound
      let end = try #require(
        rows[row][column...].firstIndex(of: Character(state.symbols.chevronRight)))
      let before = state.rope
      // The name chooses the field, the mark behind the value changes it.
      state.click(Point(column: column, row: row))
      #expect(state.rope.field.rawValue == name)
      #expect(state.rope.channel == before.channel && state.rope.leftView == before.leftView)
      state.click(Point(column: end, row: row))
      #expect(
        state.rope.channel != before.channel || state.rope.leftView != before.leftView
          || state.rope.changes != before.changes, "\(name)")
    }
  }

  @Test("In ASCII a field is as wide as its name spelled out") func spelledOut() {
    let fields = [(field: "a", text: "größe < 1 >"), (field: "b", text: "b < 2 >")]
    func ends(_ symbols: Symbols) -> [Int] {
      FieldStrip(fields, columns: 0..<80, chosen: "a", mostLines: 1, symbols: symbols)
        .places(from: 0).map(\.area.endColumn)
    }
    #expect(ends(.utf8) == [11, 21])
    let width = SafeText("größe < 1 >", asciiOnly: true).columns
    #expect(width > 11 && ends(.ascii) == [width, width + 10])
  }

  // MARK: What a first look needs

  @Test("A folder of snapshots can be opened as one from within") func snapshots() {
    var state = PageSnapshotTests.startState(80, 24)
    state.press("o")
    let items = (1...3).map {
      FolderItem(name: "epoch_\($0).pt", isFolder: false, byteCount: 1, isCheckpoint: true)
    }
    var listing = FolderListing(path: "/runs/a", items: items)
    state.finish(.folder, .folder(listing))
    #expect(!state.rows().contains { $0.contains(" ./ ") })
    listing.snapshotCount = 3
    state.finish(.folder, .folder(listing))
    #expect(state.rows().contains { $0.contains(" ./ ") && $0.contains("3 snapshots as one") })
    state.press("home", "up", "up", "up", "down")
    #expect(state.press("enter").works == [.open(path: "/runs/a")])
  }

  @Test("Where left and right change a value, the help bar says so", arguments: ["4", "5"])
  func changeHint(page: String) {
    var state = page == "4" ? State.rope(columns: 80, rows: 24) : State.attention()
    for _ in 0..<4 {
      let isField = page == "4" ? state.rope.focus == .fields : state.attention.focus == .fields
      let bar = state.rows().dropLast().last ?? ""
      #expect(bar.contains("←→ change") == isField, "\(bar)")
      state.press("tab")
    }
  }

  @Test("Numbers at the foot of page 6 are whole or not there") func foot() {
    var state = InferencePageTests.scored(80, 24)
    let foot = state.rows().first { $0.hasPrefix(" load ") }
    #expect(foot?.contains("pictures/s") == true && foot?.contains("…") == false, "\(foot ?? "")")
    state.press("m")
    let pair = state.rows().first { $0.contains("similarity 0.") }
    #expect(pair?.contains("prob. 1.0") == true && pair?.contains("…") == false, "\(pair ?? "")")
    var wide = InferencePageTests.scored(200, 60)
    wide.press("m")
    #expect(wide.rows().contains { $0.contains("probability 1.0") })
  }

  // MARK: Pictures that are passed over

  @Test("Pictures of kinds that are not read are told on page 6") func passedOverOnInference() {
    var state = State.inference(columns: 80, rows: 24)
    var found = PictureFiles.Found(["/p/cat.png"])
    for name in ["a.tiff", "b.svg", "notes.txt"] { found.add(fileOfFolder: "/p/\(name)") }
    state.finish(.pictures, .pictures(found))
    #expect(state.toast?.kind == .warning)
    #expect(
      state.toast?.text
        == "1 picture added; /p/a.tiff: passed over, the first of 2 pictures of kinds that are not read"
    )
    state.finish(.pictures, .pictures(.init(["/p/dog.png"])))
    #expect(state.toast?.kind == .success && state.toast?.text == "1 picture added")
  }

  @Test("Pictures of kinds that are not read are told on page 5") func passedOverOnAttention() {
    var found = PictureFiles.Found(["/m/a.png"])
    found.add(fileOfFolder: "/m/c.HEIC")
    var state = State.showing(SampleCatalogs.training(), columns: 80, rows: 24)
    state.press("5")
    state.finish(.attentionPictures, .foundPictures(found))
    let note = "/m/c.HEIC: a picture of a kind that is not read was passed over"
    #expect(state.rows().contains { $0.contains(note) })
    #expect(state.toast == nil)
    Snapshot.expect(state.drawn(), is: "attention-passed-over-80x24")
    // Nothing but such pictures.
    found.paths = []
    state.finish(.attentionPictures, .foundPictures(found))
    #expect(state.rows().contains { $0.contains(note) })
    // A picture stands where the list would.
    state.attention.picture = "/m/x.png"
    state.finish(.attentionPictures, .foundPictures(found))
    #expect(state.toast?.text == note)
    state.attention.forget(for: nil)
    #expect(state.attention.picturesNote == nil)
  }

  @Test("Beside a model, what is no readable picture is told from what is no picture") func beside()
    throws
  {
    let folder = try TemporaryFolder()
    for name in ["model.safetensors", "a.png", "b.JPG", "c.tif", "d.txt", "noending"] {
      _ = try folder.write([1], to: name)
    }
    let found = FileSystem.pictures(beside: folder.file("model.safetensors"))
    #expect(found.paths.map { FilePath.name(of: $0) } == ["a.png", "b.JPG"])
    #expect(found.passedOver.map { FilePath.name(of: $0) } == ["c.tif"])
  }
}
