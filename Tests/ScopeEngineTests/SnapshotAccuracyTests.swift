import Checkpoints
import Foundation
import ScopeEngine
import TestSupport
import Testing

@Suite("Zero-shot accuracy of snapshots") struct SnapshotAccuracyTests {
  private func demo() throws -> (model: DemoModels.Model, epochs: String) {
    let model = try #require(try DemoModels.installed().models.first)
    return (model, try #require(model.epochs))
  }

  /// Folders `red_circle` and `blue_star` with a picture of the demo each.
  private func labelledFolder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let samples = try demo().model.samples
    for label in ["red circle", "blue star"] {
      let picture = try #require(samples.pictures.first { $0.label == label })
      let name = label.replacingOccurrences(of: " ", with: "_")
      try FileManager.default.createDirectory(
        atPath: folder.file(name), withIntermediateDirectories: false)
      try FileManager.default.copyItem(
        atPath: picture.path, toPath: folder.file("\(name)/one.png"))
    }
    return folder
  }

  @Test("The demo's snapshots get better, and the last names every picture") func demoSnapshots()
    async throws
  {
    let (_, epochs) = try demo()
    let samples = try #require(try LabelledPictures.beside(epochs))
    let accuracy = try await Engine().accuracy(
      of: TrainingSnapshot.all(in: epochs), on: samples
    ).value
    #expect(accuracy.problems.isEmpty)
    #expect(accuracy.pictureCount == 9 && accuracy.labelCount == 64)
    #expect(accuracy.chance == 1.0 / 64)
    let points = accuracy.points.compactMap { $0 }
    #expect(points.count == 4)
    #expect(points.last?.correctCount == 9)
    #expect(try #require(points.first).correctCount < 9)
    let probabilities = points.map(\.meanProbability)
    #expect(probabilities == probabilities.sorted())
    #expect(accuracy.shares.last == 1.0)
  }

  @Test("It is that of classification on the model itself") func sameAsClassification() throws {
    let (model, epochs) = try demo()
    let snapshot = try #require(TrainingSnapshot.all(in: epochs).last)
    let accuracy = try SnapshotAccuracy(of: [snapshot], on: model.samples)
    let loaded = try Session(checkpoint: CheckpointFile(opening: model.path)).model()
    let features = try loaded.encode(pictures: model.samples.pictures.map(\.path))
    let scores = try loaded.zeroShot(
      images: features, labels: model.samples.labels, templates: [model.samples.template])
    let own = zip(scores.scores, model.samples.pictures).map { scores, picture in
      Double(scores.first { $0.label == picture.label }?.probability ?? 0)
    }
    let mean = own.reduce(0, +) / Double(own.count)
    #expect(abs(try #require(accuracy.points[0]).meanProbability - mean) < 1e-6)
  }

  @Test("A snapshot that cannot be run is a gap with its reason") func broken() throws {
    let (model, epochs) = try demo()
    let folder = try TemporaryFolder()
    _ = try TinyCheckpoint.write(
      [.init(name: "w", shape: [1], values: [1])], to: folder.file("epoch_5.safetensors"))
    let snapshots =
      TrainingSnapshot.all(in: epochs).suffix(1) + [
        TrainingSnapshot(
          name: "epoch_5.safetensors", path: folder.file("epoch_5.safetensors"), numbers: [5])
      ]
    let accuracy = try SnapshotAccuracy(of: Array(snapshots), on: model.samples)
    #expect(accuracy.points.map { $0 == nil } == [false, true])
    #expect(accuracy.shares == [1, nil])
    #expect(accuracy.problems.count == 1 && accuracy.problems[0].contains("epoch_5.safetensors"))
  }

  @Test("Without a config and a tokenizer from elsewhere it says what is missing")
  func nothingLent()
    throws
  {
    let (model, epochs) = try demo()
    var samples = model.samples
    samples.model = nil
    let accuracy = try SnapshotAccuracy(of: TrainingSnapshot.all(in: epochs), on: samples)
    #expect(accuracy.points.allSatisfy { $0 == nil } && accuracy.problems.count == 4)
  }

  @Test("A cancelled measurement ends") func cancelled() throws {
    let (model, epochs) = try demo()
    let context = JobContext()
    context.cancel()
    #expect(throws: CheckpointError.cancelled) {
      try SnapshotAccuracy(
        of: TrainingSnapshot.all(in: epochs), on: model.samples, context: context)
    }
  }

  @Test("Only folders with two or more snapshots are a series") func series() throws {
    let (model, epochs) = try demo()
    #expect(TrainingSnapshot.all(in: epochs).map(\.numbers) == [[1], [2], [3], [4]])
    #expect(TrainingSnapshot.all(in: model.path).isEmpty)
    #expect(TrainingSnapshot.all(in: epochs + "/epoch_1.pt").isEmpty)
    #expect(TrainingSnapshot.all(in: "/nonexistent").isEmpty)
  }

  // MARK: Labelled pictures

  @Test("Folders named by label are labelled pictures") func folders() throws {
    let folder = try labelledFolder()
    let pictures = try LabelledPictures(from: folder.path)
    #expect(pictures.labels == ["blue star", "red circle"])
    #expect(pictures.pictures.map(\.label) == ["blue star", "red circle"])
    #expect(pictures.template == LabelledPictures.usualTemplate)
    let more = try pictures.choosing(
      from: ["red circle", "green ring", "blue star"], in: "a picture of a {}")
    #expect(more.labels.count == 3 && more.template == "a picture of a {}")
    #expect(throws: ModelError.self) { try pictures.choosing(from: ["red circle"], in: nil) }
    _ = try folder.write([0], to: "stray.png")
    #expect(throws: ModelError.self) { try LabelledPictures(from: folder.path) }
  }

  @Test("A document is found in the folder, beside the file, and one folder above") func document()
    throws
  {
    let folder = try labelledFolder()
    let run = folder.file("run")
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: false)
    for number in 1...2 {
      _ = try TinyCheckpoint.write(
        [.init(name: "w", shape: [1], values: [1])], to: run + "/epoch_\(number).safetensors")
    }
    #expect(try LabelledPictures.beside(run) == nil)
    let text =
      #"{"labels": ["x", "y"], "template": "a {}", "pictures": [{"path": "red_circle/one.png", "label": "y"}]}"#
    _ = try folder.write(Array(text.utf8), to: LabelledPictures.fileName)
    for path in [run, run + "/epoch_1.safetensors", folder.path] {
      let found = try #require(try LabelledPictures.beside(path))
      #expect(found.labels == ["x", "y"] && found.template == "a {}" && found.model == nil)
      #expect(found.pictures.map(\.label) == ["y"])
      #expect(FileManager.default.fileExists(atPath: found.pictures[0].path))
    }
  }

  @Test(
    "Documents that say something impossible are refused",
    arguments: [
      #"{}"#, #"["#, #"{"labels": [], "template": "{}", "pictures": []}"#,
      #"{"labels": ["x"], "template": "no place", "pictures": [{"path": "p", "label": "x"}]}"#,
      #"{"labels": ["x"], "template": "{}", "pictures": [{"path": "../p", "label": "x"}]}"#,
      #"{"labels": ["x"], "template": "{}", "pictures": [{"path": "/etc/passwd", "label": "x"}]}"#,
      #"{"labels": ["x"], "template": "{}", "pictures": [{"path": "p", "label": "y"}]}"#,
      #"{"labels": ["x"], "template": "{}", "pictures": [{"path": "absent", "label": "x"}]}"#,
      #"{"labels": ["x"], "template": "{}", "pictures": [{"path": "p", "label": "x"}], "model": "../m"}"#,
    ])
  func refused(text: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write([0], to: "p")
    _ = try folder.write(Array(text.utf8), to: LabelledPictures.fileName)
    #expect(throws: CheckpointError.self) { try LabelledPictures.beside(folder.path) }
  }
}
