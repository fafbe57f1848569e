import Analysis
import Cells
import Inference
import ScopeEngine
import TestSupport
import Testing

@testable import ScopeUI

@Suite("Whatever happens, the dashboard stands") struct StormTests {
  static let keys: [InputEvent] =
    CommandTable.commands.flatMap(\.keys).map { chord in
      chord.text.map { .text($0) } ?? .key(chord.key, chord.modifiers)
    }
    + [
      .key(.escape, []), .key(.escape, []), .key(.enter, []), .key(.backspace, []),
      .text("a"), .text("3"), .text("权"), .text("\u{301}"), .paste("x\ny\u{1b}[31m"),
      .key(.function(5), []), .key(.insert, .shift), .wake,
    ]

  @Test("10,000 random events at random sizes", arguments: [1, 2, 3, 4] as [UInt64])
  func storm(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var state = State.showing(SampleCatalogs.training(layers: 3), columns: 80, rows: 24)
    var open: [(JobKey, Int, Work)] = []
    for step in 0..<2500 {
      let action = Self.action(&generator, &open, state)
      let effects = update(&state, action)
      for case .start(let key, let generation, let work) in effects {
        open.append((key, generation, work))
      }
      if open.count > 20 { open.removeFirst() }
      // Selections always point at something, scroll positions are never negative.
      #expect(state.tree.list.selected >= 0 && state.tree.list.top >= 0)
      #expect(state.mapping.list.selected >= 0 && state.convert.top >= 0)
      #expect(state.tree.rows.isEmpty || state.tree.rows.indices.contains(state.tree.list.selected))
      if step % 20 == 0 {
        let page = state.drawn()
        #expect(page.size == state.size)
      }
    }
  }

  static func action(
    _ generator: inout SeededGenerator, _ open: inout [(JobKey, Int, Work)], _ state: State
  ) -> Action {
    func random(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }
    switch random(0..<20) {
    case 0:
      return .input(
        .resize(Size(columns: [0, 1, 20, 40, 80, 200][random(0..<6)], rows: random(0..<60))))
    case 1, 2:
      let kinds: [MouseEvent.Kind] = [.press, .release, .drag, .wheelUp, .wheelDown]
      return .input(
        .mouse(
          MouseEvent(
            kind: kinds[random(0..<5)], point: Point(column: random(0..<210), row: random(0..<65)),
            button: random(0..<4))))
    case 3 where random(0..<2) == 0:
      return .conversionProgressed(
        generation: state.jobs[.convert]?.generation ?? 0,
        JobProgress(
          doneBytes: random(0..<9), totalBytes: random(0..<9), bytesPerSecond: .infinity,
          elapsedSeconds: 1, currentItem: "权\u{1b}"))
    case 3: return .timerFired(.rest, generation: state.restGeneration)
    case 4: return .timerFired(.toast, generation: state.toast?.generation ?? 0)
    case 5, 6, 7:
      guard !open.isEmpty else { return .input(.text("j")) }
      let (key, generation, work) = open.remove(at: random(0..<open.count))
      if random(0..<4) == 0 {
        return .jobFinished(key, generation: generation, .failed("it did not work"))
      }
      return .jobFinished(key, generation: generation, outcome(of: work, &generator))
    default: return .input(keys[random(0..<keys.count)])
    }
  }

  static func outcome(of work: Work, _ generator: inout SeededGenerator) -> Outcome {
    let layers = Int.random(in: 0...3, using: &generator)
    switch work {
    case .open(let path):
      let model = TreeModel(catalog: SampleCatalogs.training(layers: layers))
      return .opened(
        OpenedCheckpoint(
          path: path, model: model, series: layers > 1 ? EpochsPageTests.snapshots : [],
          samples: layers > 2 ? EpochsPageTests.samples : nil))
    case .openDemo:
      return .opened(
        OpenedCheckpoint(path: "/demo", model: TreeModel(catalog: SampleCatalogs.plain([]))))
    case .compare(let path):
      return .compared(
        TreeModel(
          catalog: SampleCatalogs.training(layers: layers),
          beside: SampleCatalogs.training(layers: 2)), path: path)
    case .differences:
      return .differences((0..<40).map { ItemDifference(item: $0 - 2, maximum: .nan) })
    case .statistics(let reference):
      return .statistics(
        reference,
        TensorStatistics(
          elementCount: 0, minimum: layers == 0 ? nil : -.infinity, maximum: .nan,
          histogram: Histogram(
            lower: 0, upper: layers == 1 ? 0 : 1, counts: Array(repeating: layers, count: layers))))
    case .slice(let request):
      let rows = Int.random(in: 0...40, using: &generator)
      let columns = rows == 0 ? 0 : Int.random(in: 1...90, using: &generator)
      let pixels: [Float] = (0..<rows * columns).map { (index: Int) -> Float in
        index % 7 == 0 ? Float.nan : Float(index)
      }
      return .slice(
        request,
        SlicePicture(
          rows: rows, columns: columns, values: pixels, blockRows: layers,
          blockColumns: 1, sliceRows: 10, sliceColumns: 10))
    case .spectrum(let reference):
      return .spectrum(
        reference,
        SingularSpectrum(
          values: Array(repeating: Float.infinity, count: layers), rows: 1, columns: 1, rank90: 0))
    case .trainingSeries(let folder):
      let values: [Double?] = [nil, .nan, .infinity, -.greatestFiniteMagnitude, 1e300, 0]
      let rows = (0..<layers * 9).map { (row: Int) -> TrainingSeries.Row in
        let points = (0..<layers).map { (step: Int) -> TrainingSeries.Point? in
          let value = values[(row + step) % values.count]
          return step == 1
            ? nil
            : TrainingSeries.Point(
              mean: value, deviation: value, norm: value, nonFiniteCount: row, movement: value)
        }
        return TrainingSeries.Row(name: "权\u{1b}.\(row)", shape: [row], points: points)
      }
      return .series(
        TrainingSeries(
          folder: folder, snapshots: Array(EpochsPageTests.snapshots.prefix(layers)), rows: rows,
          problems: layers == 1 ? ["one is damaged"] : []))
    case .accuracy(let snapshots, let samples):
      guard
        var accuracy = try? SnapshotAccuracy(
          of: Array(snapshots.prefix(layers)), on: samples, context: JobContext())
      else { return .failed("it does not run") }
      if layers == 0 { accuracy.labelCount = 0 }
      return .accuracy(accuracy)
    case .positions:
      guard layers > 0 else {
        return .positions(CheckpointPositions(path: "/", reason: "it has none"))
      }
      let preset = RotaryPreset.all[(layers * 7) % RotaryPreset.all.count]
      return .positions(
        CheckpointPositions(
          path: "/",
          rotary: RotarySource(summary: "one", specification: preset.specification)))
    case .targets:
      return .targets(
        DialectTargets(
          dialect: "openclip", family: "one", note: layers == 0 ? "nothing fits" : nil,
          choices: ConversionTarget.allCases.map {
            .init($0, refusal: layers == 0 ? "it cannot" : nil)
          }))
    case .mapping(let target, _):
      return .mapping(SampleMappings.answer(layers: layers, target: layers == 0 ? nil : target))
    case .plan(let order):
      var outline = SampleMappings.outline(output: order.output, dropped: layers * 40)
      outline.occupied = layers
      return layers == 1 ? .failed("it cannot hold the model") : .planned(outline)
    case .convert(let order):
      return layers == 1
        ? .cancelled
        : .converted(
          .init(outline: SampleMappings.outline(output: order.output, dropped: 3), seconds: 0))
    case .infer(let request):
      switch layers {
      case 0: return .inference(.noTexts(ModelProblem("no tokenizer found", lack: .tokenizer)))
      case 1:
        return .inference(
          .pictures(
            request.pictures.map { PictureFeatures(path: $0, values: [1, .nan, 0]) }))
      case 2:
        return .inference(
          .texts(
            request.texts.map { TextFeatures(text: $0, values: [Float($0.utf8.count), 1, 2]) }))
      default:
        return .inference(
          .model(RunModel(summary: "one", scoring: Scoring(logitScale: 4.6, logitBias: -3))))
      }
    case .preparePicture(let path, _):
      return .preview(
        PicturePreview(
          path: path, modelWidth: layers, modelHeight: 2,
          samples: Array(repeating: 77, count: 6 * layers), origin: "RGB"))
    case .listPictures(let path): return .pictures(.init((0..<layers).map { "\(path)/\($0).png" }))
    case .attention(let request):
      return layers == 0
        ? .failed("there is no tokenizer", lack: .tokenizer)
        : .attention(SampleAttention.capture(request))
    case .attentionMap(let capture, let choice):
      let rolled = try? AttentionRolled.compute(capture, choice) { false }
      return rolled.map { .attentionMap($0) } ?? .cancelled
    case .findPictures: return .foundPictures(.init((0..<layers).map { "/pictures/\($0).png" }))
    case .listFolder(let path, _):
      return .folder(
        FolderListing(
          path: path,
          items: [
            FolderItem(name: "a", isFolder: true, byteCount: 0, isCheckpoint: layers == 1),
            FolderItem(name: "b.pt", isFolder: false, byteCount: 3, isCheckpoint: true),
          ]))
    case .startFolder:
      return .startFolder(FolderListing(path: "/", items: [], problem: "no"), recent: [])
    case .readText(let path): return .text(path: path, "a\nb")
    case .write(let path, _, _): return layers == 0 ? .exists(path: path) : .written(path: path)
    }
  }
}
