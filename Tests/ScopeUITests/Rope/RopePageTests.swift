import Cells
import Foundation
import Inference
import ScopeEngine
import TestSupport
import Testing

@testable import ScopeUI

extension State {
  /// The page of rotary embeddings with nothing open.
  static func rope(columns: Int = 120, rows: Int = 40) -> State {
    var state = State(
      size: .init(columns: columns, rows: rows), theme: "clipscope-dark",
      themes: ["clipscope-dark"])
    state.press("4")
    return state
  }
}

@Suite("The RoPE page") struct RopePageTests {
  @Test("It opens without a checkpoint and shows a preset") func withoutCheckpoint() throws {
    let state = State.rope()
    #expect(state.page == .rope)
    #expect(state.jobs.isEmpty)
    let pictures = try #require(state.rope.pictures)
    #expect(pictures.problem == nil)
    #expect(pictures.kernel?.rows == 14 && pictures.kernel?.columns == 14)
    #expect(pictures.kernel?[0, 7, 7] == 1)
  }

  @Test("The headline has every fact at 80 columns", arguments: RotaryPreset.all.map(\.name))
  func headline(name: String) throws {
    var state = State.rope(columns: 80, rows: 24)
    let index = try #require(RotaryPreset.all.firstIndex { $0.name == name })
    state.rope.choose(.preset(index))
    state.rope.changes.method = .yarn
    state.press("down")
    let page = state.rows()
    for part in RopeView.headline(state.rope, .utf8) {
      #expect(page[2...3].contains { $0.contains(part) }, "\(part): \(page[2...3])")
    }
  }

  @Test("Titles of pictures stand whole at 80 columns", arguments: ["eva02-l14-336", "vjepa2-l"])
  func titles(name: String) throws {
    var state = State.rope(columns: 80, rows: 24)
    let index = try #require(RotaryPreset.all.firstIndex { $0.name == name })
    state.rope.choose(.preset(index))
    state.press("down")
    let page = state.rows()
    #expect(!page[4].contains("…"), "\(page[4])")
    if name == "eva02-l14-336" { #expect(page.contains { $0.contains("reduced") }) }
  }

  private static func preset(_ name: String) -> State {
    var state = State.rope()
    if let index = RotaryPreset.all.firstIndex(where: { $0.name == name }) {
      state.rope.choose(.preset(index))
    }
    state.press("r")
    return state
  }

  @Test("Left of the kernel stands what means something for the embedding") func leftViews() {
    func views(_ name: String) -> [RopeState.LeftView] {
      var state = Self.preset(name)
      var seen: [RopeState.LeftView] = []
      repeat {
        seen.append(state.rope.leftView)
        state.press("v")
      } while state.rope.leftView != seen[0] && seen.count < 9
      return seen
    }
    #expect(views("eva02-b16-224") == [.channel, .positions, .phase, .comparison])
    #expect(views("vjepa2-l") == [.channel, .positions, .phase, .gain, .comparison])
    #expect(views("rope-vit-mixed") == [.channel, .positions, .phase, .vectors, .comparison])
  }

  @Test("The phase is a point on the circle that the query and the channel move") func phase()
    throws
  {
    var state = Self.preset("eva02-b16-224")
    state.press("v", "v")
    let plane = try #require(state.rope.pictures?.plane)
    #expect(state.rope.pictures?.left == nil)
    let angle = 7.0 * 16 / 14
    let mark = try #require(plane.plot.marks.last)
    #expect(abs(mark.x - cos(angle)) < 1e-12 && abs(mark.y - sin(angle)) < 1e-12)
    #expect(plane.plot.trail.count == 14)
    #expect(state.rows().contains { $0.contains("channels 0, 1 along y") })
    state.press("]", "]", "up")
    let next = try #require(state.rope.pictures?.plane?.plot.marks.last)
    #expect(abs(next.x - cos(6.0 * 16 / 14 * pow(10_000, -1.0 / 16))) < 1e-12)
    #expect(state.rows().contains { $0.contains("channels 2, 3 along y") })
  }

  @Test("The gain of V-JEPA 2 is one at the first place and falls where pairs collapse") func gain()
    throws
  {
    var state = Self.preset("vjepa2-l")
    state.press("v", "v", "v", "a", "a")
    #expect(state.rope.leftView == .gain && state.rope.axis == .y)
    let picture = try #require(state.rope.pictures?.left)
    #expect(picture.rows == 16 && picture.columns == 10)
    for column in 0..<10 { #expect(picture[0, 0, column] == 1) }
    #expect(picture.values.allSatisfy { (0...1).contains($0) } && picture[0, 3, 0] < 0.5)
    #expect(state.rows().contains { $0.contains("least gain along y") })
  }

  @Test("Learned frequencies are drawn as vectors") func vectors() throws {
    var state = Self.preset("rope-vit-mixed")
    state.press("v", "v", "v")
    let plane = try #require(state.rope.pictures?.plane)
    #expect(plane.plot.marks.count == 32)
    let embedding = try #require(state.rope.base).embedding()
    #expect(plane.plot.marks[1].x == embedding.frequency(channel: 2, axis: 1))
    #expect(plane.plot.marks[1].y == embedding.frequency(channel: 2, axis: 0))
    // Another source has no such view.
    state.rope.choose(.preset(0))
    state.press("r")
    #expect(state.rope.leftView == .channel)
  }

  @Test("Arrows move the query and stop at the edge") func query() {
    var state = State.rope()
    state.press("up", "left", "left")
    #expect(state.rope.query == .init(row: 6, column: 5))
    #expect(state.rope.pictures?.kernel?[0, 6, 5] == 1)
    for _ in 0..<20 { state.press("down") }
    #expect(state.rope.query.row == 13)
    state.press("home")
    #expect(state.rope.query == .init(row: 0, column: 0))
    state.press("end")
    #expect(state.rope.query == .init(row: 13, column: 13))
  }

  @Test("Fields are changed with left and right, and only those that matter are shown")
  func fields() {
    var state = State.rope()
    state.press("tab")
    #expect(state.rope.focus == .fields && state.rope.field == .source)
    #expect(!RopeField.fields(of: state.rope).contains(.frames))
    state.press("down", "right")
    #expect(state.rope.field == .rows)
    #expect(state.rope.grid == TokenGrid(rows: 15, columns: 14))
    #expect(state.rope.pictures?.kernel?.rows == 15)
    state.press("esc")
    #expect(state.rope.focus == .picture)
    state.press("0")
    #expect(state.rope.grid == TokenGrid(rows: 14, columns: 14))
  }

  @Test("A scaling needs a larger grid to do something, and YaRN brings its factor") func scaling()
  {
    var state = State.rope()
    for _ in 0..<14 { state.press("+") }
    state.press("s", "s", "s")
    #expect(state.rope.changes.method == .yarn)
    let specification = try? state.rope.specification?.get()
    #expect(specification?.scaling.factor == 2)
    #expect(specification?.scaling.trainedLength == 14)
    let scale = state.rope.pictures?.spectrum?.scale ?? 0
    #expect(abs(scale - (0.1 * log(2) + 1)) < 1e-12)
    #expect(state.rows().contains { $0.contains("cos and sin are multiplied by 1.069") })
    state.press("s")
    #expect(state.rope.changes.method == nil)
  }

  @Test("Theta steps through the usual bases") func theta() {
    var state = State.rope()
    state.press(">")
    #expect(state.rope.changes.theta == 20_000)
    state.press("<", "<")
    #expect(state.rope.changes.theta == 5000)
  }

  @Test("The list of presets chooses one, with its own grid") func presets() {
    var state = State.rope()
    state.press("p")
    #expect(state.rope.picker != nil)
    state.press("down", "down", "enter")
    #expect(state.rope.picker == nil)
    #expect(state.rope.source == .preset(2))
    #expect(state.rope.grid == TokenGrid(rows: 24, columns: 24))
    #expect(state.rope.query == .init(row: 12, column: 12))
    state.press("p", "up", "esc")
    #expect(state.rope.source == .preset(2))
  }

  @Test("Every preset can be shown at every size", arguments: RotaryPreset.all.indices)
  func everyPreset(index: Int) {
    for (columns, rows) in [(40, 10), (80, 24), (120, 40), (200, 60)] {
      var state = State.rope(columns: columns, rows: rows)
      state.rope.choose(.preset(index))
      state.press("v", "v", "v", "c", "]", "f", "a", "w")
      #expect(state.rope.pictures?.problem == nil)
      #expect(state.rope.pictures?.kernel != nil)
      #expect(state.rope.pictures?.left != nil)
      let lines = state.rows()
      #expect(lines[state.size.rows > 15 ? 2 : 1].contains(RotaryPreset.all[index].name))
    }
  }

  @Test("Frames are shown one by one, and the query stays on its own") func frames() throws {
    var state = State.rope()
    let index = try #require(RotaryPreset.all.firstIndex { $0.name == "vjepa2-l" })
    state.rope.choose(.preset(index))
    state.press(".", ".")
    #expect(state.rope.frame == 2)
    #expect(state.rope.query.frame == 0)
    #expect(state.rope.pictures?.timeProfile.count == 32)
    #expect(state.rope.pictures?.timeProfile.first == 1)
    let kernel = try #require(state.rope.pictures?.kernel)
    #expect(kernel[0, 8, 8] == state.rope.pictures?.timeProfile[2])
    state.press("t")
    #expect(state.rope.query.frame == 2)
    #expect(state.rope.pictures?.timeProfile[2] == 1)
  }

  @Test("Comparing shows the kernel of the other grid and how far it is") func comparison() throws {
    var state = State.rope()
    state.press("c", "c")
    #expect(state.rope.comparison == TokenGrid(rows: 14, columns: 14))
    #expect(state.rope.pictures?.largestChange == 0)
    state.press("c", "c")
    #expect(state.rope.comparison == TokenGrid(rows: 24, columns: 24))
    #expect(state.rope.pictures?.left?.rows == 24)
    #expect(try #require(state.rope.pictures?.largestChange) > 0)
  }

  @Test(
    "In the list a click selects, a second one takes, and one outside closes",
    arguments: [(120, 40), (80, 24), (60, 14)])
  func listMouse(columns: Int, rows: Int) throws {
    var state = State.rope(columns: columns, rows: rows)
    for key in ["home", "end"] {
      state.press("p", key)
      let list = RopeLayout.pickerList(FrameLayout(state.size).body, state.rope)
      let point = Point(column: list.column + 1, row: list.row + 2)
      let line = state.rows()[point.row]
      state.click(point)
      let selected = try #require(state.rope.picker?.selected)
      let source = state.rope.sources[selected]
      #expect(line.contains(state.rope.name(of: source).prefix(12)), "\(line)")
      state.click(point)
      #expect(state.rope.picker == nil && state.rope.source == source)
    }
    state.press("p")
    state.click(Point(column: 0, row: rows - 3))
    #expect(state.rope.picker == nil)
  }

  @Test("A click moves the query to the patch under it; the wheel turns channels") func mouse() {
    var state = State.rope()
    let layout = RopeLayout(state)
    let fit = PictureFit(rows: 14, columns: 14, in: layout.kernel)
    let point = Point(column: fit.area.column + 2 * 3, row: fit.area.row + 5)
    state.click(point)
    #expect(state.rope.query == .init(row: 5, column: 3))
    let left = Point(column: layout.left.column + 2, row: layout.left.row + 2)
    _ = update(&state, .input(.mouse(MouseEvent(kind: .wheelUp, point: left, button: 0))))
    #expect(state.rope.channel == 1)
    guard let field = layout.fields.first(where: { $0.field == .rows }) else {
      Issue.record("there is no field for rows")
      return
    }
    let mark = Point(column: field.area.endColumn - 1, row: field.area.row)
    state.click(mark)
    #expect(state.rope.focus == .fields && state.rope.grid.rows == 15)
  }

  @Test("What does not fit together is a sentence, and the page goes on") func problem() throws {
    var state = State.rope()
    let index = try #require(RotaryPreset.all.firstIndex { $0.name == "qwen2-vl-vision" })
    state.rope.choose(.preset(index))
    state.press("tab", "down", "right")
    // Sides grow by whole merge blocks.
    #expect(state.rope.grid.rows == 18)
    state.rope.changes.grid = TokenGrid(rows: 7, columns: 7)
    state.rope.settle()
    #expect(state.rope.pictures?.problem?.contains("multiple of the merge size 2") == true)
    #expect(state.rows().contains { $0.contains("is not a multiple") })
  }

  @Test("An open checkpoint is asked once how it encodes position") func checkpoint() {
    var state = State.showing(SampleCatalogs.training())
    let effects = state.press("4")
    #expect(
      effects == [
        .start(.positions, generation: state.jobs[.positions]?.generation ?? 0, .positions)
      ])
    #expect(
      state.press("1", "4").allSatisfy {
        if case .start(.positions, _, _) = $0 { false } else { true }
      })
    let source = RotarySource(
      summary: "EVA-02", specification: RotaryPreset.all[1].specification, learned: nil,
      notes: ["a note"], storedTables: [])
    state.finish(.positions, .positions(CheckpointPositions(path: "/other", rotary: source)))
    #expect(state.rope.source == .checkpoint)
    #expect(state.rope.grid == TokenGrid(rows: 16, columns: 16))
    #expect(state.rows().contains { $0.contains("a note") })
    #expect(
      state.press("1", "4").allSatisfy {
        if case .start(.positions, _, _) = $0 { false } else { true }
      })
  }

  @Test(
    "A grid that is too large to draw within a key press is drawn smaller, and the page says so")
  func largeGrid() throws {
    var state = State.showing(SampleCatalogs.training())
    state.press("4")
    var specification = RotaryPreset.all[1].specification
    specification.grid = TokenGrid(rows: 4096, columns: 100)
    let source = RotarySource(summary: "EVA-02", specification: specification)
    state.finish(.positions, .positions(CheckpointPositions(path: "/other", rotary: source)))
    let picture = try #require(state.rope.pictures?.kernel)
    #expect(picture.rows == 128 && picture.columns == 100)
    #expect(state.rope.grid == TokenGrid(rows: 128, columns: 100))
    let text = state.rows().joined(separator: " ")
    #expect(text.contains("4096x100 is too large to draw"), "\(text)")
    state.press("r")
    #expect(state.rope.grid == TokenGrid(rows: 128, columns: 100))
  }

  @Test("A position table that is too large to draw is named and not drawn") func largeTable()
    throws
  {
    let header =
      #"{"positional_embedding":{"dtype":"F32","shape":[70000,1],"data_offsets":[0,280000]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let folder = try TemporaryFolder()
    let path = try folder.write(
      length + Array(header.utf8) + [UInt8](repeating: 0, count: 280_000), to: "table.safetensors")
    let positions = EngineEffects.positions(of: try Engine().opening(path).wait())
    #expect(positions.table == nil)
    let reason = positions.reason ?? ""
    #expect(
      reason.hasSuffix(
        "the position table positional_embedding of 1x70000 is too large to draw here"), "\(reason)"
    )
  }

  @Test("On learned frequencies the keys of a spectrum say that there is none") func learned() {
    var state = State.showing(SampleCatalogs.training())
    state.press("4")
    let specification = RotarySpecification(
      family: .mixed, headWidth: 8, theta: 10, grid: TokenGrid(rows: 3, columns: 4),
      order: [.x, .y], learnedFrequencies: [1, 2, 3, 4, 5, 6, 7, 8])
    let source = RotarySource(summary: "learned", specification: specification)
    state.finish(.positions, .positions(CheckpointPositions(path: "/other", rotary: source)))
    for key in [">", "<", "s"] {
      state.toast = nil
      state.press(key)
      #expect(state.toast?.text.hasPrefix("learned frequencies have no theta") == true, "\(key)")
      #expect(state.rope.changes.isEmpty && state.rope.pictures?.problem == nil, "\(key)")
    }
  }

  @Test("Copying takes the parameters and the query") func copying() {
    var state = State.rope()
    state.press("home")
    guard case .copy(let text)? = state.press("y").first else {
      Issue.record("nothing was copied")
      return
    }
    #expect(text.hasPrefix("eva02-b16-224 · head 64") && text.contains("query (0, 0, 0)"))
  }

  @Test("Exports hold the kernel") func exports() throws {
    var state = State.rope()
    state.press("home")
    guard case .text(let csv) = state.exportContent(.csv) else {
      Issue.record("CSV is text")
      return
    }
    let lines = csv.split(separator: "\r\n")
    #expect(lines.count == 14)
    #expect(lines[0].hasPrefix("1.0,"))
    guard case .text(let json) = state.exportContent(.json) else {
      Issue.record("JSON is text")
      return
    }
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect((object["kernel"] as? [[Double]])?[0][0] == 1)
    #expect((object["bands"] as? [Any])?.count == 32)
    #expect(state.exportName == "rope-eva02-b16-224")
  }

  // MARK: Pictures

  struct Scene: Sendable, CustomTestStringConvertible {
    var name: String
    var columns: Int
    var rows: Int
    var keys: [String]
    var preset = "eva02-b16-224"
    var testDescription: String { "\(name) \(columns)x\(rows)" }
  }

  static let scenes: [Scene] =
    [(80, 24), (120, 40), (200, 60)].flatMap { columns, rows in
      [
        Scene(name: "plain", columns: columns, rows: rows, keys: []),
        Scene(
          name: "video", columns: columns, rows: rows, keys: [".", ".", "v", "tab"],
          preset: "vjepa2-l"),
        Scene(name: "compare", columns: columns, rows: rows, keys: ["c", "c", "c", "c"]),
      ]
    } + [
      Scene(name: "presets", columns: 80, rows: 24, keys: ["p", "down"]),
      Scene(name: "plain", columns: 40, rows: 10, keys: []),
    ]

  @Test("Pages look as recorded", arguments: scenes)
  func pictures(scene: Scene) throws {
    var state = State.rope(columns: scene.columns, rows: scene.rows)
    let index = try #require(RotaryPreset.all.firstIndex { $0.name == scene.preset })
    state.rope.choose(.preset(index))
    state.rope.settle()
    for key in scene.keys { state.press(key) }
    Snapshot.expect(
      state.drawn(),
      is: "rope-\(scene.name)-\(scene.columns)x\(scene.rows)")
  }
}
