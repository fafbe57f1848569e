import Cells
import Checkpoints
import Foundation
import Inference
import Preprocess
import ScopeEngine
import TestSupport
import Testing

@testable import ScopeUI

@Suite("The inference page on a real checkpoint") struct InferenceRunTests {
  /// The dashboard without a terminal, at page 6.
  private struct Session6 {
    let signal = WakeSignal()
    var loop: Loop

    init(_ path: String, columns: Int = 120, rows: Int = 40) {
      let signal = signal
      loop = Loop(
        size: Size(columns: columns, rows: rows), engine: Engine(),
        mailbox: Mailbox { signal.wake() },
        options: Dashboard.Options(paths: [path], page: .inference, keepsState: false))
      loop.begin()
      settle()
    }

    mutating func settle() { loop.settle(until: Clock.now() + 60, signal) }

    mutating func type(_ text: String, after key: String) {
      loop.take([KeyScript.event(key), .key(.character("u"), .control), .paste(text)])
      loop.take([.key(.enter, [])])
      settle()
    }

    var state: State { loop.state }
  }

  @Test("Scores are those of the engine's zero-shot") func scores() throws {
    let tiny = try TinyModel()
    var session = Session6(tiny.model)
    #expect(session.state.page == .inference)
    session.type(tiny.pictures, after: "a")
    session.type("{}", after: "p")
    session.type("cat, dog, truckload", after: "n")
    let inference = session.state.inference
    #expect(inference.problems.isEmpty, "\(inference.problems)")
    #expect(inference.pictures.count == 3)
    #expect(inference.pictures.allSatisfy { $0.features != nil && $0.problem == nil })

    let engine = Session(checkpoint: try CheckpointFile(opening: tiny.model))
    let model = try engine.model()
    let images = try model.encode(pictures: inference.pictures.map(\.path))
    let expected = try model.zeroShot(images: images, labels: inference.labels)
    #expect(expected.function == .softmax)
    for picture in 0..<3 {
      for label in 0..<3 {
        let score = expected.scores[picture][label]
        let logit = inference.scores.value(.logit, picture: picture, label: label)
        #expect(abs(logit - score.logit) <= 1e-4 * max(abs(score.logit), 1))
        let share = inference.scores.value(.probability, picture: picture, label: label)
        #expect(abs(share - score.probability) < 1e-4)
      }
    }
    #expect(inference.texts["truckload"]?.notice?.contains("cut to 8") == true)
    #expect(inference.texts["cat"]?.notice == nil)

    // What the model sees is what the preprocessing makes.
    let path = try #require(inference.selectedPicture?.path)
    let prepared = try model.preprocessor().prepare(path: path)
    let preview = prepared.preview
    #expect(
      inference.previews[path]?.picture
        == PixelGrid(width: preview.width, height: preview.height, samples: preview.samples))
    #expect(inference.previews[path]?.modelWidth == 32)
    #expect(session.state.rows().contains { $0.contains("pictures/s") })

    var still = session.state
    for picture in inference.pictures {
      if var features = picture.features {
        features.prepareSeconds = 0.001
        features.forwardSeconds = 0.004
        still.inference.take(.pictures([features]))
      }
    }
    for var text in inference.texts.values {
      text.seconds = 0.002
      still.inference.take(.texts([text]))
    }
    if var ready = inference.model {
      ready.loadSeconds = 0.01
      ready.threadCount = 2
      still.inference.take(.model(ready))
    }
    still.toast = nil
    Snapshot.expect(still.drawn(), is: "inference-real-120x40")
  }

  @Test("Without a tokenizer pictures still run; one that is named mends it") func tokenizer()
    throws
  {
    let tiny = try TinyModel(hasTokenizer: false)
    var session = Session6(tiny.model)
    session.type(tiny.pictures + "/*.png", after: "a")
    session.type("cat", after: "n")
    #expect(session.state.inference.pictures.count == 2)
    #expect(session.state.inference.pictures.allSatisfy { $0.features != nil })
    let problem = try #require(session.state.inference.problems.first)
    #expect(problem.contains("no tokenizer found") && problem.contains("t names one"))
    session.type("/nowhere/letters.json", after: "t")
    #expect(session.state.inference.textProblem?.reason.contains("/nowhere/letters.json") == true)
    #expect(session.state.inference.textProblem?.lack == .tokenizer)
    let path = tiny.folder.file("letters.json")
    try tiny.writeTokenizer(path)
    session.type(path, after: "t")
    #expect(session.state.inference.problems.isEmpty, "\(session.state.inference.problems)")
    #expect(!session.state.inference.scores.value(.probability, picture: 0, label: 0).isNaN)
  }

  @Test("An activation that nobody knows is chosen on the page") func activation() throws {
    let tiny = try TinyModel()
    // Without its configuration the file does not say it.
    try FileManager.default.removeItem(atPath: tiny.model + "/open_clip_config.json")
    var session = Session6(tiny.model + "/open_clip_model.safetensors")
    session.type(tiny.pictures + "/rgb.png", after: "a")
    let before = session.state.inference
    #expect(before.pictures[0].features == nil)
    // Without its configuration the tiny widths say no number of heads either, and that is asked for first.
    #expect(before.modelProblem?.lack == .heads)
    #expect(before.problems.first?.contains("open_clip_model.safetensors") == true)
    session.loop.take([.text("A")])
    session.settle()
    #expect(session.state.inference.choice.activation == "quick_gelu")
    session.loop.take([.text("A")])
    session.settle()
    #expect(session.state.inference.choice.activation == "gelu")
  }

  @Test("What a model lacks is a fact of its errors, not a word in them") func lacks() throws {
    let tiny = try TinyModel()
    func lack(of towers: Set<Tower>, _ use: (Model) throws -> Void) throws -> ModelLack? {
      let session = Session(checkpoint: try CheckpointFile(opening: tiny.model))
      let model = try session.model(ModelRequest(towers: towers))
      do {
        try use(model)
        return nil
      } catch {
        return ModelLack(error)
      }
    }
    #expect(try lack(of: [.vision]) { _ = try $0.requireTextTower() } == .textTower)
    #expect(try lack(of: [.text]) { _ = try $0.requireImageTower() } == .imageTower)
    #expect(try lack(of: [.text]) { _ = try $0.requireTextTower() } == nil)
    #expect(ModelLack(CheckpointError.cancelled) == nil)
  }

  @Test("A broken picture and a path to nothing are told, the rest runs") func broken() throws {
    let tiny = try TinyModel()
    _ = try tiny.folder.write(
      [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0], to: "pictures/z.png")
    var session = Session6(tiny.model)
    session.type(tiny.pictures, after: "a")
    let pictures = session.state.inference.pictures
    #expect(pictures.count == 3)
    #expect(pictures.allSatisfy { $0.problem == nil && $0.features != nil })
    #expect(session.state.toast?.kind == .warning)
    #expect(session.state.toast?.text.hasPrefix("3 pictures added; ") == true)
    #expect(session.state.toast?.text.contains("/z.png: the PNG picture") == true)
    // What is no picture is said to be none, and not to be added.
    session.type(tiny.model + "/open_clip_config.json", after: "a")
    #expect(session.state.toast?.kind == .error)
    #expect(session.state.toast?.text.contains("not a picture that is known here") == true)
    #expect(session.state.inference.pictures.count == 3)
    session.type("/nowhere/at/all.png", after: "a")
    #expect(session.state.toast?.kind == .error)
    #expect(session.state.toast?.text.contains("/nowhere/at/all.png") == true)
    #expect(session.state.inference.pictures.count == 3)
  }

  @Test("A file of an unknown dialect says so before anything is asked for") func unknown() throws {
    let session = Session6(Fixtures.path("cases/c01_valid.safetensors"), columns: 80, rows: 24)
    let outlook = try #require(session.state.opened?.outlook)
    #expect(outlook.towers.isEmpty && outlook.refusal?.contains("unknown dialect") == true)
    #expect(session.state.inference.problems.first?.hasPrefix(outlook.refusal ?? "-") == true)
    let tiny = try TinyModel()
    let model = Session6(tiny.model)
    #expect(model.state.opened?.outlook == ModelOutlook())
  }
}
