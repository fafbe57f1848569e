import Cells
import Foundation
import ScopeEngine
import Tensors
import TestSupport
import Testing

@testable import ScopeUI

@Suite("The page of a training over time") struct EpochsPageTests {
  static let sizes = [(80, 24), (120, 40), (200, 60), (40, 10)]

  static let snapshots = [1, 2, 5, 12].map { number in
    TrainingSnapshot(
      name: "epoch_\(number).pt", path: "/models/epoch_\(number).pt", numbers: [number])
  }

  static let samples = LabelledPictures(
    labels: ["a cat", "a dog"], template: "a photo of {}",
    pictures: [.init(path: "/p/cat.png", label: "a cat", caption: "a cat")])

  /// Norms grow from tensor to tensor; the second has a NaN, the last is new in the last snapshot.
  static func series() async throws -> TrainingSeries {
    let folder = try TemporaryFolder()
    for (step, number) in [1, 2, 5, 12].enumerated() {
      let scale = Float(1 + step)
      var tensors = [
        TinyTensor("visual.conv1.weight", [scale * 3, 4]),
        TinyTensor("visual.proj", [scale, step == 2 ? .nan : 2]),
        TinyTensor("logit_scale", [4.6 - scale / 100]),
        TinyTensor("still", [1, 1]),
      ]
      if step == 3 { tensors.append(TinyTensor("fresh", [1])) }
      try TinyTensor.write(tensors, to: folder.file("epoch_\(number).safetensors"))
    }
    return try await Engine().trainingSeries(folder: folder.path).value
  }

  static func accuracy() throws -> SnapshotAccuracy {
    var accuracy = try SnapshotAccuracy(of: [], on: samples)
    accuracy.pictureCount = 9
    accuracy.labelCount = 64
    accuracy.points = [1, 4, 8, 9].map { .init(correctCount: $0, meanProbability: 0.5) }
    return accuracy
  }

  /// A folder of snapshots is open; the tree is on show.
  static func opened(_ columns: Int = 120, _ rows: Int = 40, samples: LabelledPictures? = samples)
    -> State
  {
    var state = State(
      size: .init(columns: columns, rows: rows), theme: "clipscope-dark",
      themes: ["clipscope-dark"])
    _ = state.begin(opening: ["/models"])
    state.finish(
      .open,
      .opened(
        OpenedCheckpoint(
          path: "/models",
          model: TreeModel(catalog: SampleCatalogs.plain(["visual.conv1.weight", "logit_scale"])),
          summary: "openclip ViT-B/32", series: snapshots, samples: samples)))
    return state
  }

  static func shown(_ columns: Int = 120, _ rows: Int = 40) async throws -> State {
    var state = opened(columns, rows)
    state.press("E")
    state.finish(.series, .series(try await series()))
    state.finish(.accuracy, .accuracy(try accuracy()))
    return state
  }

  @Test("A folder of snapshots says so when it is opened, and E reads it once") func opening() {
    var state = Self.opened()
    #expect(state.page == .tree)
    #expect(state.toast?.text.contains("4 snapshots") == true)
    let works = state.press("E").works
    #expect(state.page == .epochs)
    #expect(
      works == [.trainingSeries(folder: "/models"), .accuracy(of: Self.snapshots, Self.samples)])
    #expect(state.press("1", "E").works.isEmpty)
    var bare = Self.opened(samples: nil)
    bare.press("E")
    #expect(bare.jobs[.series] != nil && bare.jobs[.accuracy] == nil)
  }

  @Test("What is wrong with a snapshot is said in full") func problems() async throws {
    var state = Self.opened(80, 24)
    state.press("E")
    var series = try await Self.series()
    series.problems = [
      "/runs/a-long-name/epoch_3.pt: the file is incomplete: its directory is missing"
    ]
    state.finish(.series, .series(series))
    #expect(state.toast?.kind == .warning && state.toast?.text == series.problems[0])
    let words = state.rows().joined(separator: " ").split(separator: " ")
    #expect(words.joined(separator: " ").contains("directory is missing"), "\(words)")
  }

  @Test("Other checkpoints have no such page") func notASeries() {
    var state = State.showing(SampleCatalogs.training())
    state.press("E")
    #expect(state.page == .tree)
    #expect(state.toast?.text.contains("folder of snapshots") == true)
  }

  @Test("The page looks like its pictures", arguments: sizes)
  func pictures(columns: Int, rows: Int) async throws {
    let state = try await Self.shown(columns, rows)
    Snapshot.expect(state.drawn(), is: "epochs-\(columns)x\(rows)")
    if columns == 80 {
      let page = state.drawn(symbols: .ascii, depth: .mono)
      #expect(page.plainText().utf8.allSatisfy { $0 == 0x0A || ($0 >= 0x20 && $0 < 0x7F) })
    }
  }

  @Test("Largest movers first; s sorts by name and by norm") func order() async throws {
    var state = try await Self.shown()
    let names = { (state: State) in
      state.epochs.rows.compactMap { state.epochs.series?.rows[$0].name }
    }
    let moved = state.epochs.rows.compactMap { state.epochs.series?.rows[$0].totalMovement }
    #expect(moved == moved.sorted(by: >) && moved.count == 4)
    state.press("s")
    #expect(
      names(state) == ["fresh", "logit_scale", "still", "visual.conv1.weight", "visual.proj"])
    state.press("s")
    #expect(names(state).first == "visual.conv1.weight")
  }

  @Test("The find line narrows the rows and Escape takes it away") func find() async throws {
    var state = try await Self.shown()
    state.press("/")
    for key in "visual" { state.press(String(key)) }
    #expect(state.epochs.rows.count == 2)
    state.press("enter")
    #expect(!state.epochs.isTyping && state.epochs.rows.count == 2 && state.page == .epochs)
    state.press("esc")
    #expect(state.epochs.rows.count == 5 && state.page == .epochs)
    state.press("esc")
    #expect(state.page == .tree)
  }

  @Test("Enter goes to the tensor in the tree") func tensor() async throws {
    var state = try await Self.shown()
    let wanted = try #require(
      state.epochs.rows.firstIndex { state.epochs.series?.rows[$0].name == "logit_scale" })
    for _ in 0..<wanted { state.press("down") }
    state.press("enter")
    #expect(state.page == .tree)
    let node = try #require(state.tree.selectedNode)
    #expect(state.tree.model?.fullName(of: node) == "logit_scale")
  }

  @Test("Failures stand where the result would") func failures() {
    var state = Self.opened()
    state.press("E")
    state.finish(.series, .failed("/models: epoch_1.pt is damaged"))
    state.finish(.accuracy, .failed("no tokenizer"))
    let rows = state.rows()
    #expect(rows.contains { $0.contains("epoch_1.pt is damaged") })
    #expect(rows.contains { $0.contains("zero-shot") && $0.contains("no tokenizer") })
    #expect(
      state.press("r").starts(.series))
  }

  @Test("Exports hold a line a tensor and snapshot") func exports() async throws {
    let state = try await Self.shown()
    #expect(state.exportName == "epochs")
    let lines = state.epochs.csv.split(whereSeparator: \.isNewline)
    #expect(lines.count == 1 + 5 * 4)
    #expect(lines[1].hasSuffix(",\(1.0 / 9)"))
  }

  @Test("The shipped snapshots, from opening to the accuracy of each") func real() throws {
    let model = try #require(try DemoModels.installed().models.first)
    let (page, problem) = Dashboard.snapshot(
      size: Size(columns: 120, rows: 40),
      options: Dashboard.Options(paths: [try #require(model.epochs)], keepsState: false),
      keys: [.text("E")], seconds: 120)
    #expect(problem == nil)
    let text = page.plainText()
    #expect(text.contains("4 snapshots") && text.contains("epoch_1.pt to epoch_4.pt"))
    #expect(text.contains("100 % of 9 pictures, 64 labels (guessing: 2 %)"))
  }
}
