import Cells
import Foundation
import Inference
import ScopeEngine
import TestSupport
import Testing

@testable import ScopeUI

extension State {
  /// The page with nothing on it.
  static func inference(columns: Int = 120, rows: Int = 40) -> State {
    var state = State.showing(SampleCatalogs.training(layers: 2), columns: columns, rows: rows)
    state.press("6")
    return state
  }

  /// Types a line into what a key opens.
  @discardableResult
  mutating func type(_ text: String, after key: String) -> [Effect] {
    press(key)
    _ = update(&self, .input(.key(.character("u"), .control)))
    for letter in text { press(letter == " " ? "space" : String(letter)) }
    return press("enter")
  }

  mutating func deliver(_ reports: InferenceReport...) {
    for report in reports {
      let generation = jobs[.inference]?.generation ?? -1
      _ = update(&self, .jobDelivered(.inference, generation: generation, .inference(report)))
    }
  }

  mutating func finishInference() {
    finish(.inference, .inference(.finished))
  }
}

@Suite("The inference page") struct InferencePageTests {
  static let model = RunModel(
    summary: "openclip ViT-B/32", activation: "quick_gelu",
    scoring: Scoring(logitScale: 4.6052), loadSeconds: 0.412, weightByteCount: 605_000_000,
    threadCount: 2)

  static func text(_ label: String, _ values: [Float], notice: String? = nil) -> TextFeatures {
    TextFeatures(
      text: "a photo of a \(label)", values: values, notice: notice, seconds: 0.0031)
  }

  static func picture(_ name: String, _ values: [Float]) -> PictureFeatures {
    PictureFeatures(
      path: "/p/\(name)", values: values, prepareSeconds: 0.002, forwardSeconds: 0.018)
  }

  static func preview(_ name: String) -> PicturePreview {
    var samples: [UInt8] = []
    for y in 0..<56 {
      for x in 0..<56 {
        let isInside = (x - 28) * (x - 28) + (y - 28) * (y - 28) < 400
        samples += isInside ? [230, 90, 40] : [UInt8(4 * x), UInt8(4 * y), 160]
      }
    }
    return PicturePreview(
      path: "/p/\(name)", modelWidth: 56, modelHeight: 56, samples: samples,
      origin: "RGB 640x480, resized to 75x56, cut 9 left, 0 top")
  }

  /// Three pictures and four labels with their features.
  static func scored(_ columns: Int = 120, _ rows: Int = 40, scoring: Scoring? = model.scoring)
    -> State
  {
    var state = State.inference(columns: columns, rows: rows)
    state.finish(.pictures, .pictures(.init(["/p/cat.png", "/p/dog.jpg", "/p/truck.webp"])))
    state.type("cat, dog, truck, a very long label that goes on", after: "n")
    var ready = model
    ready.scoring = scoring
    state.deliver(
      .model(ready),
      .texts([
        text("cat", [1, 0.1, 0, 0.2]), text("dog", [0.2, 1, 0, 0.2]),
        text("truck", [0, 0, 1, 0.2]),
        text(
          "a very long label that goes on", [0.3, 0.3, 0.3, 1],
          notice: "the text needs 90 tokens and was cut to 77"),
      ]),
      .pictures([picture("cat.png", [0.9, 0.2, 0.1, 0.3])]),
      .pictures([
        picture("dog.jpg", [0.3, 0.9, 0.1, 0.3]), picture("truck.webp", [0.1, 0.1, 0.8, 0.5]),
      ]))
    state.finishInference()
    for name in ["cat.png", "dog.jpg", "truck.webp"] {
      state.finish(.preview, .preview(preview(name)))
    }
    state.inference.focus = .pictures
    state.inference.label = 0
    state.press("home")
    return state
  }

  @Test("Adding pictures runs them; adding labels runs only their texts") func onlyWhatIsMissing() {
    var state = State.inference()
    #expect(state.page == .inference && state.jobs.isEmpty)
    state.type("/p", after: "a")
    let listing = state.jobs[.pictures]?.generation ?? -1
    let effects = update(
      &state, .jobFinished(.pictures, generation: listing, .pictures(.init(["/p/cat.png"]))))
    let work = Work.infer(
      InferenceRequest(choice: ModelChoice(), pictures: ["/p/cat.png"], texts: []))
    #expect(
      effects.contains(
        .start(.inference, generation: state.jobs[.inference]?.generation ?? -1, work)))
    state.deliver(.model(Self.model), .pictures([Self.picture("cat.png", [1, 0, 0, 0])]))
    state.finishInference()
    let more = state.type("cat, dog", after: "n")
    #expect(state.inference.labels == ["cat", "dog"])
    #expect(
      more == [
        .start(
          .inference, generation: state.jobs[.inference]?.generation ?? -1,
          .infer(
            InferenceRequest(
              choice: ModelChoice(), pictures: [], texts: ["a photo of a cat", "a photo of a dog"]))
        )
      ])
    state.deliver(.texts([Self.text("cat", [1, 0, 0, 0]), Self.text("dog", [0, 1, 0, 0])]))
    state.finishInference()
    #expect(state.inference.scores.value(.similarity, picture: 0, label: 0) == 1)
    #expect(state.inference.scores.value(.similarity, picture: 0, label: 1) == 0)
    #expect(state.inference.missing == nil)
    // Back and forth between templates costs nothing the second time.
    state.type("{}", after: "p")
    #expect(state.jobs[.inference] != nil)
    state.type("a photo of a {}", after: "p")
    #expect(state.jobs[.inference] == nil)
    #expect(state.inference.scores.value(.similarity, picture: 0, label: 0) == 1)
  }

  @Test("Where nothing can be run, neither pictures nor labels are asked for")
  func unknownDialect() {
    let outlook = AttentionPageTests.unknown
    var state = State.showing(
      SampleCatalogs.training(), columns: 80, rows: 24, outlook: outlook)
    #expect(state.press("6").works.isEmpty)
    let page = state.rows().joined(separator: "\n")
    #expect(page.contains("cannot be run") && page.contains("o opens another checkpoint"))
    #expect(!page.contains("a adds") && !page.contains("n adds") && !page.contains("a add"))
    for key in ["a", "n", "p", "t", "r"] {
      state.press(key)
      #expect(state.inference.edit == nil && state.jobs.isEmpty)
      #expect(state.toast?.text == outlook.refusal, "\(key)")
    }
    // What another model was given stays, and is not run.
    _ = state.inference.add(pictures: ["/p/a.png"])
    state.press("1")
    #expect(!state.press("6").starts(.inference))
    #expect(!update(&state, .timerFired(.rest, generation: state.restGeneration)).starts(.preview))
  }

  @Test("What a tower that the model lacks would take is not asked for") func oneTower() {
    var state = State.showing(
      SampleCatalogs.training(), columns: 80, rows: 24, outlook: ModelOutlook(towers: [.vision]))
    state.press("6")
    #expect(state.rows().contains { $0.contains("the model has no text tower") })
    #expect(!state.rows().joined().contains("n new label"))
    state.press("n")
    #expect(state.inference.edit == nil && state.toast?.text == "the model has no text tower")
    state.press("a")
    #expect(state.inference.edit?.purpose == .pictures)
  }

  @Test("A tower of clips takes no single pictures here") func clips() {
    var state = State.showing(
      SampleCatalogs.training(), columns: 80, rows: 24,
      outlook: ModelOutlook(towers: [.vision], takesClips: true))
    state.press("6", "a")
    #expect(state.inference.edit == nil)
    #expect(state.toast?.text == "the image tower takes clips of frames, which page 5 looks at")
    #expect(state.rows().contains { $0.contains("the model is not loaded") })
    state.press("5")
    #expect(state.rows().contains { $0.contains("No clip yet: i types the path of a folder") })
  }

  @Test("All times stand at the foot of 80 columns, and over what is wrong one line of them")
  func times() {
    var state = Self.scored(80, 24)
    func has(_ words: String...) -> Bool {
      let page = state.rows().joined(separator: "\n")
      return words.allSatisfy { page.contains($0) }
    }
    #expect(has("load 412 ms", "pictures/s", "text 3.10 ms", "2 threads", "577 MiB"))
    state.press("n")
    #expect(has("load 412 ms", "labels:") && !has("577 MiB"))
  }

  @Test("Pictures that turn out to be broken are no longer said to be added") func broken() {
    var state = State.inference(columns: 80, rows: 24)
    state.finish(.pictures, .pictures(.init(["/p/a.png", "/p/b.png", "/p/c.png"])))
    #expect(state.toast?.text == "3 pictures added")
    state.deliver(.model(Self.model), .brokenPicture(path: "/p/b.png", reason: "/p/b.png: broken"))
    #expect(state.toast == nil)
    state.finishInference()
    #expect(state.toast?.text == "1 of 3 pictures cannot be used: /p/b.png: broken")
    // It is said once.
    state.type("cat", after: "n")
    state.deliver(.texts([Self.text("cat", [1, 0, 0, 0])]))
    state.toast = nil
    state.finishInference()
    #expect(state.toast == nil)
    state.finish(.pictures, .pictures(.init(["/p/a.png"])))
    #expect(state.toast?.text == "what was named is on the list already")
  }

  @Test("Scores are those of the definition") func scores() throws {
    let state = Self.scored()
    let scores = state.inference.scores
    let image: [Double] = [0.9, 0.2, 0.1, 0.3]
    let texts: [[Double]] = [
      [1, 0.1, 0, 0.2], [0.2, 1, 0, 0.2], [0, 0, 1, 0.2], [0.3, 0.3, 0.3, 1],
    ]
    func norm(_ v: [Double]) -> Double { v.map { $0 * $0 }.reduce(0, +).squareRoot() }
    let cosines = texts.map { text in
      zip(image, text).map(*).reduce(0, +) / norm(image) / norm(text)
    }
    let logits = cosines.map { $0 * exp(4.6052) }
    let total = logits.map { exp($0 - 100) }.reduce(0, +)
    for label in 0..<4 {
      #expect(
        abs(Double(scores.value(.similarity, picture: 0, label: label)) - cosines[label]) < 1e-6)
      #expect(abs(Double(scores.value(.logit, picture: 0, label: label)) - logits[label]) < 1e-3)
      #expect(
        abs(
          Double(scores.value(.probability, picture: 0, label: label))
            - exp(logits[label] - 100) / total) < 1e-4)
    }
    #expect(state.inference.order.first == 0)
    let sigmoid = Self.scored(scoring: Scoring(logitScale: 2, logitBias: -1)).inference.scores
    let expected = 1 / (1 + exp(-(cosines[2] * exp(2) - 1)))
    #expect(abs(Double(sigmoid.value(.probability, picture: 0, label: 2)) - expected) < 1e-5)
    let none = Self.scored(scoring: nil)
    #expect(none.inference.scores.value(.probability, picture: 0, label: 0).isNaN)
    #expect(none.rows().contains { $0.contains("no logit scale") })
  }

  @Test("A share is told only when all labels are there") func partial() {
    var state = Self.scored()
    state.type("bird", after: "n")
    #expect(state.inference.scores.value(.similarity, picture: 0, label: 0) > 0.9)
    #expect(state.inference.scores.value(.probability, picture: 0, label: 0).isNaN)
    state.deliver(.texts([Self.text("bird", [0, 0, 0, 1])]))
    #expect(state.inference.scores.value(.probability, picture: 0, label: 0) > 0.9)
  }

  @Test("Labels are edited, taken away, and sorted or not") func labels() {
    var state = Self.scored()
    state.press("tab")
    #expect(state.inference.focus == .labels)
    #expect(state.inference.order == [0, 3, 1, 2])
    state.press("s")
    #expect(state.inference.order == [0, 1, 2, 3])
    state.press("home", "down")
    #expect(state.inference.label == 1)
    state.press("enter")
    #expect(state.inference.edit?.line.text == "dog")
    state.press("s", "enter")
    #expect(state.inference.labels[1] == "dogs")
    #expect(state.jobs[.inference] != nil)
    state.press("x")
    #expect(state.inference.labels == ["cat", "truck", "a very long label that goes on"])
    #expect(state.jobs[.inference] == nil)
    state.press("enter", "esc")
    #expect(state.inference.edit == nil && state.inference.labels.count == 3)
    _ = state.press("n")
    _ = update(&state, .input(.paste("red\nblue\n")))
    state.press("enter")
    #expect(state.inference.labels.suffix(2) == ["red", "blue"])
  }

  @Test("Left and right go through the pictures from the labels, and a rest asks for the preview")
  func preview() {
    var state = Self.scored()
    state.inference.forgetModel(for: nil)
    state.press("tab", "right")
    #expect(state.inference.list.selected == 1)
    let effects = update(&state, .timerFired(.rest, generation: state.restGeneration))
    #expect(
      effects == [
        .start(
          .preview, generation: state.jobs[.preview]?.generation ?? -1,
          .preparePicture(path: "/p/dog.jpg", ModelChoice()))
      ])
    #expect(update(&state, .timerFired(.rest, generation: state.restGeneration)).isEmpty)
    state.finish(.preview, .failed("/p/dog.jpg: the JPEG picture is broken"))
    state.press("tab", "tab")
    #expect(state.rows().contains { $0.contains("the JPEG picture is") })
    #expect(update(&state, .timerFired(.rest, generation: state.restGeneration)).isEmpty)
  }

  @Test("What stands in the way is on the page with what to do, and r tries again")
  func problems() {
    var state = State.inference()
    state.finish(.pictures, .pictures(.init(["/p/cat.png", "/p/bad.png"])))
    state.type("cat", after: "n")
    state.deliver(
      .model(Self.model),
      .noTexts(
        ModelProblem("m: no tokenizer found; give one with --tokenizer", lack: .tokenizer)),
      .brokenPicture(path: "/p/bad.png", reason: "/p/bad.png: the PNG picture is broken"),
      .pictures([Self.picture("cat.png", [1, 0, 0, 0])]))
    state.finishInference()
    #expect(state.rows().contains { $0.contains("here: t names one") })
    state.press("right", "right")
    #expect(state.inference.selectedPicture?.path == "/p/bad.png")
    #expect(state.rows().contains { $0.contains("the PNG picture is") })
    #expect(state.inference.pictures[0].features != nil)
    let effects = state.type("/t/tokenizer.json", after: "t")
    #expect(
      effects == [
        .start(
          .inference, generation: state.jobs[.inference]?.generation ?? -1,
          .infer(
            InferenceRequest(
              choice: ModelChoice(tokenizer: "/t/tokenizer.json"), pictures: ["/p/bad.png"],
              texts: ["a photo of a cat"])))
      ])
    state.finish(
      .inference,
      .failed(
        "m: the activation of the image tower is not known; give --activation", lack: .activation))
    #expect(state.rows().contains { $0.contains("A chooses it") })
    state.press("A")
    #expect(state.inference.choice.activation == "quick_gelu")
    #expect(state.jobs[.inference] != nil && state.inference.problems.isEmpty)
    state.finish(.inference, .failed("m: --activation quick_gelu contradicts the gelu", lack: nil))
    #expect(state.rows().contains { $0.contains("A takes another activation") })
  }

  @Test("Escape stops the run and keeps what is there") func cancel() {
    var state = Self.scored()
    state.type("bird", after: "n")
    #expect(state.press("esc").contains(.cancel(.inference)))
    #expect(state.jobs[.inference] == nil)
    #expect(state.inference.texts.count == 4)
    state.press("r")
    #expect(state.jobs[.inference] != nil)
  }

  @Test("Another choice on the attention page ends the run that was asked for with the old one")
  func choiceElsewhere() {
    var state = Self.scored()
    state.type("bird", after: "n")
    let generation = state.jobs[.inference]?.generation ?? -1
    #expect(!state.press("5", "#", "8", "enter").starts(.inference))
    #expect(state.inference.choice.heads == 8)
    let late = InferenceReport.texts([Self.text("bird", [1, 0, 0])])
    _ = update(&state, .jobDelivered(.inference, generation: generation, .inference(late)))
    #expect(state.inference.texts.isEmpty)
    #expect(state.press("6").starts(.inference))
    // The same choice again is none.
    state.press("5", "#", "enter", "6")
    #expect(state.jobs[.inference] != nil)
  }

  @Test("Another checkpoint keeps pictures and labels and forgets features") func otherCheckpoint()
  {
    var state = Self.scored()
    let opened = state.opened
    state.finish(.open, opened.map { .opened($0) } ?? .nothing)
    #expect(state.inference.pictures.count == 3 && state.inference.labels.count == 4)
    #expect(state.inference.texts.isEmpty && state.inference.model == nil)
    let effects = state.press("6")
    #expect(
      effects.contains {
        if case .start(.inference, _, .infer(let request)) = $0 {
          request.pictures.count == 3 && request.texts.count == 4
        } else {
          false
        }
      })
  }

  @Test("The mouse selects pictures, labels and pairs") func mouse() {
    var state = Self.scored()
    let layout = InferenceLayout(state)
    func press(_ point: Point) {
      state.click(point)
    }
    press(Point(column: layout.pictures.column + 2, row: layout.pictures.row + 1))
    #expect(state.inference.list.selected == 1)
    press(Point(column: layout.bars.column + 2, row: layout.bars.row))
    #expect(state.inference.label == 1 && state.inference.focus == .labels)
    press(Point(column: layout.bars.column + 2, row: layout.bars.row))
    #expect(state.inference.edit?.purpose == .label(1))
    state.press("esc")
    let cells = MatrixLayout(InferenceLayout(state).matrix, state.inference)
    press(
      Point(column: cells.cells.column + 2 * cells.cellColumns, row: cells.cells.row + 2))
    #expect(state.inference.list.selected == 2 && state.inference.label == 2)
    #expect(state.inference.focus == .matrix)
    press(Point(column: layout.template.column + 12, row: layout.template.row))
    #expect(state.inference.edit?.purpose == .template)
  }

  @Test("Exports and the clipboard hold the scores") func exports() throws {
    var state = Self.scored()
    guard case .text(let csv) = state.exportContent(.csv),
      case .text(let json) = state.exportContent(.json)
    else {
      Issue.record("exports are text")
      return
    }
    let lines = csv.split(separator: "\r\n")
    #expect(lines.count == 13)
    #expect(lines[0] == "picture,label,text,similarity,logit,probability")
    #expect(lines[1].hasPrefix("/p/cat.png,cat,a photo of a cat,0.9"))
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect(object["function"] as? String == "softmax")
    let pictures = try #require(object["pictures"] as? [[String: Any]])
    let scores = try #require(pictures[2]["scores"] as? [[String: Any]])
    #expect(try #require(scores[2]["similarity"] as? Double) > 0.9)
    guard case .copy(let text)? = state.press("y").first else {
      Issue.record("nothing was copied")
      return
    }
    #expect(text.hasPrefix("/p/cat.png\ncat\t"))
  }

  @Test("A large picture is kept smaller than it is, and means are means") func previewSizes() {
    let large = PicturePreview(
      path: "a", modelWidth: 800, modelHeight: 400,
      samples: Array(repeating: 90, count: 3 * 800 * 400), origin: "")
    #expect(
      large.modelWidth == 800 && large.picture.width == 266
        && large.picture[0, 0] == Color(90, 90, 90))
    let small = PicturePreview(
      path: "b", modelWidth: 2, modelHeight: 1, samples: [0, 0, 0, 200, 100, 50], origin: "")
    #expect(small.picture.resampled(width: 1, height: 1)[0, 0] == Color(100, 50, 25))
    #expect(small.picture.resampled(width: 4, height: 2)[3, 1] == Color(200, 100, 50))
  }

  // MARK: Pictures

  static let sizes = [(40, 10), (80, 24), (120, 40), (200, 60)]

  @Test("Pages look as recorded", arguments: sizes)
  func pictures(columns: Int, rows: Int) {
    var state = Self.scored(columns, rows)
    Snapshot.expect(state.drawn(), is: "inference-scores-\(columns)x\(rows)")
    state.press("m", "right")
    Snapshot.expect(state.drawn(), is: "inference-matrix-\(columns)x\(rows)")
    Snapshot.expect(
      State.inference(columns: columns, rows: rows).drawn(),
      is: "inference-empty-\(columns)x\(rows)")
  }

  @Test("ASCII without colour, while something is typed and something is wrong") func ascii() {
    var state = Self.scored(80, 24)
    state.press("m")
    let page = state.drawn(symbols: .ascii, depth: .mono)
    #expect(page.plainText().utf8.allSatisfy { $0 == 0x0A || ($0 >= 0x20 && $0 < 0x7F) })
    Snapshot.expect(page, is: "inference-ascii-80x24")
    state.press("esc", "n", "f", "o")
    Snapshot.expect(state.drawn(), is: "inference-typing-80x24")
    state.press("x", "enter")
    state.deliver(
      .noTexts(
        ModelProblem(
          "m: no tokenizer found; searched /m; give one with --tokenizer", lack: .tokenizer)))
    Snapshot.expect(state.drawn(), is: "inference-problem-80x24")
  }
}
