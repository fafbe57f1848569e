import Checkpoints
import Foundation
import ScopeEngine
import TestSupport
import Testing

@Suite("Demo models") struct DemoModelsTests {
  private static let shipped =
    "/" + Fixtures.folder.split(separator: "/").dropLast(2).joined(separator: "/") + "/Sources/Demo"

  private func manifest(_ text: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in ["m", "p.png"] { _ = try folder.write([0], to: name) }
    _ = try folder.write(Array(text.utf8), to: DemoModels.fileName)
    return folder
  }

  private static let good =
    #"{"models": [{"name": "a", "path": "m"}], "template": "a {}", "labels": ["x"], "pictures": [{"path": "p.png", "label": "x"}]}"#

  @Test("The shipped models open, and their pictures and labels are there") func shipped() throws {
    let demo = try DemoModels(in: Self.shipped)
    #expect(demo.models.map(\.name) == ["clip-shapes", "eva-shapes"])
    for model in demo.models {
      #expect(model.path.hasPrefix("/"))
      #expect(try CheckpointFile(opening: model.path).catalog.entries.count > 50)
      #expect(model.samples.labels.count == 64)
      #expect((8...12).contains(model.samples.pictures.count))
      for picture in model.samples.pictures {
        #expect(picture.path.hasPrefix("/") && model.samples.labels.contains(picture.label))
        #expect(picture.path.contains(picture.label.replacingOccurrences(of: " ", with: "-")))
      }
    }
  }

  @Test("The snapshots of the shipped model are a series that ends at it") func epochs()
    async throws
  {
    let model = try #require(try DemoModels(in: Self.shipped).models.first)
    let series = try await Engine().trainingSeries(folder: try #require(model.epochs)).value
    #expect(series.snapshots.map(\.numbers) == [[1], [2], [3], [4]])
    #expect(series.problems.isEmpty && series.differences.isEmpty)
    let mover = try #require(series.rows.first?.totalMovement)
    #expect(mover > 0)
    let last = Session(
      checkpoint: try CheckpointFile(opening: try #require(series.snapshots.last).path))
    let weights = Session(checkpoint: try CheckpointFile(opening: model.path))
    #expect(try Comparison(of: last, with: weights).isSame)
  }

  @Test("demo and demo/NAME lead to the installed models") func resolved() throws {
    let demo = try DemoModels.installed()
    let first = try #require(demo.models.first)
    #expect(
      Installation.demoCheckpoint.map { URL(fileURLWithPath: $0).lastPathComponent } == first.name)
    #expect(try DemoModels.resolved("demo") == first.path)
    #expect(try DemoModels.resolved("demo/") == first.path)
    #expect(try DemoModels.resolved("demo", for: .epochs) == first.epochs)
    #expect(try DemoModels.resolved("demo/epochs", for: .epochs) == first.epochs)
    for model in demo.models {
      #expect(try DemoModels.resolved("demo/" + model.name) == model.path)
    }
    #expect(try DemoModels.resolved("demo/epochs/epoch_2.pt") == demo.folder + "/epochs/epoch_2.pt")
    for other in ["demonstration", "./demo", "/demo", "a/demo"] {
      #expect(try DemoModels.resolved(other) == other)
    }
    for wrong in ["demo/none", "demo/../Demo/demo.json", "demo/epochs/../demo.json"] {
      #expect(throws: CheckpointError.self) { try DemoModels.resolved(wrong) }
    }
    #expect(throws: CheckpointError.self) {
      try DemoModels.resolved("demo/eva-shapes", for: .epochs)
    }
  }

  @Test("A manifest is read") func read() throws {
    let folder = try manifest(Self.good)
    let model = try #require(try DemoModels(in: folder.path).models.first)
    #expect(model.name == "a" && model.samples.template == "a {}" && model.samples.labels == ["x"])
    #expect(model.samples.pictures.map(\.label) == ["x"] && model.epochs == nil)
  }

  @Test(
    "A manifest that says something wrong is refused",
    arguments: [
      ("\"m\"", "\"gone\""), ("\"m\"", "\"../m\""), ("\"m\"", "\"/tmp\""), ("a {}", "a"),
      ("\"label\": \"x\"", "\"label\": \"y\""), ("[\"x\"]", "[]"), ("[\"x\"]", "[1]"),
      ("\"name\": \"a\"", "\"name\": 3"), ("{\"models\"", "{\"other\""), ("}]}", ""),
    ])
  func refused(part: String, replacement: String) throws {
    let text = Self.good.replacingOccurrences(of: part, with: replacement)
    #expect(text != Self.good)
    let folder = try manifest(text)
    #expect(throws: CheckpointError.self) { try DemoModels(in: folder.path) }
  }
}
