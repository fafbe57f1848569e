import Cells
import Foundation
import ScopeEngine
import TestSupport
import Testing

@testable import ScopeUI

@Suite("The guided tour") struct TourTests {
  private static let end = "Enter ends"

  private static func materials(_ output: String) throws -> TourMaterials {
    try TourMaterials(demo: try DemoModels.installed(), output: output)
  }

  @Test("On the shipped models every step does what it says", .timeLimit(.minutes(5)))
  func wholeTour() throws {
    let folder = try TemporaryFolder()
    let signal = WakeSignal()
    var loop = Loop(
      size: Size(columns: 120, rows: 40), engine: Engine(), mailbox: Mailbox { signal.wake() },
      options: Dashboard.Options(
        tour: try Self.materials(folder.file("out")), keepsState: false))
    loop.begin()
    // Landmarks that are there only when the thing was done.
    let landmarks: [[String]] = [
      ["1 Tree", "resblocks"], ["in_proj_weight", "histogram", "heat map"],
      ["split q k v", "q_proj.weight"], ["config.json", "plan"], ["verified"],
      ["EVA-CLIP", "wavelengths", "kernel · query"], ["entropy"], ["probability", "similarity"],
      ["zero-shot", "100 % of 9 pictures"], ["That was all"],
    ]
    #expect(landmarks.count == TourStep.all.count)
    for (index, wanted) in landmarks.enumerated() {
      loop.settle(until: Self.deadline, signal)
      let text = loop.frame().plainText()
      #expect(text.contains("\(index + 1)/\(landmarks.count) "), "\(text)")
      for landmark in wanted {
        #expect(text.contains(landmark), "step \(index + 1), \(landmark):\n\(text)")
      }
      loop.take([.key(.enter, [])])
    }
    #expect(loop.state.tour == nil && !loop.isOver)
    #expect(FileManager.default.fileExists(atPath: folder.file("out/model.safetensors")))
    loop.end()
  }

  /// Long enough for a debug build on a busy machine.
  private static var deadline: Double { Clock.now() + 60 }

  /// At the first step, its checkpoint open.
  private static func begun() throws -> State {
    var state = State(size: .init(columns: 120, rows: 40))
    _ = state.beginTour(try materials("/tmp/none"))
    let path = try #require(state.tour?.materials.model)
    let model = TreeModel(catalog: SampleCatalogs.training())
    state.finish(.open, .opened(OpenedCheckpoint(path: path, model: model)))
    return state
  }

  @Test("Backspace goes back, Escape leaves and the page stays") func leaving() throws {
    var state = try Self.begun()
    state.press("enter", "enter")
    #expect(state.tour?.index == 2 && state.page == .mapping)
    state.press("back")
    #expect(state.tour?.index == 1 && state.page == .tree)
    state.press("back", "back", "back")
    #expect(state.tour?.index == 0)
    state.press("enter", "enter", "esc")
    #expect(state.tour == nil && state.page == .mapping)
    #expect(state.rows().allSatisfy { !$0.contains("Enter next") })
  }

  @Test("What is typed and what lies on top keep their keys") func typing() throws {
    var state = try Self.begun()
    state.press("/", "v", "back", "v", "enter")
    #expect(state.tour?.index == 0 && state.tree.find?.isEditing == false)
    state.press("?", "esc")
    #expect(state.tour?.index == 0 && state.overlays.isEmpty)
    state.press("down", "2")
    #expect(state.tour?.index == 0 && state.page == .mapping)
    state.press("enter")
    #expect(state.tour?.index == 1 && state.page == .tree)
  }

  @Test("A checkpoint that does not open is a notice, and the tour goes on") func failure() throws {
    var state = State(size: .init(columns: 120, rows: 40))
    _ = state.beginTour(try Self.materials("/tmp/none"))
    state.finish(.open, .failed("it is gone"))
    #expect(state.rows().contains { $0.contains("it is gone") })
    state.press("esc", "enter")
    #expect(state.tour?.index == 1)
  }

  @Test("Every sentence has room in 80 columns", arguments: [80, 120, 200])
  func room(columns: Int) throws {
    var tour = TourState(try Self.materials("/tmp/none"))
    for _ in tour.steps {
      let lines = TextLayout.wrapped(
        "\(tour.text)  · Enter next, Esc leave", columns: columns - 2)
      #expect(lines.count <= 2, "\(tour.text)")
      tour.move(by: 1)
    }
  }

  @Test("Steps without material are left out, the rest are counted") func lacking() throws {
    var materials = try Self.materials("/tmp/none")
    #expect(TourState(materials).steps.count == TourStep.all.count)
    materials.rotary = nil
    materials.epochs = nil
    let text = materials.plainText
    #expect(text.split(separator: "\n").count == TourStep.all.count - 2)
    #expect(text.hasPrefix("1/\(TourStep.all.count - 2) Tree: "))
  }

  @Test("The strip stands above the status", arguments: [(80, 24), (120, 40), (40, 10)])
  func strip(columns: Int, rows: Int) throws {
    var state = PageSnapshotTests.tensor(columns, rows)
    state.tour = TourState(try Self.materials("/tmp/none"))
    Snapshot.expect(state.drawn(), is: "tour-\(columns)x\(rows)")
  }
}
