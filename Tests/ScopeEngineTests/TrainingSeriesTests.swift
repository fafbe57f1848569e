import Checkpoints
import Foundation
import ScopeEngine
import Tensors
import TestSupport
import Testing

@Suite("Training series") struct TrainingSeriesTests {
  private func tensor(_ name: String, _ values: [Float]) -> TinyCheckpoint.Tensor {
    TinyCheckpoint.Tensor(name: name, shape: [values.count], values: values)
  }

  private func write(
    _ tensors: [TinyCheckpoint.Tensor], _ name: String, in folder: TemporaryFolder
  ) throws {
    _ = try TinyCheckpoint.write(tensors, to: folder.file(name))
  }

  private func series(_ folder: String, _ glob: String? = nil) async throws -> TrainingSeries {
    try await Engine().trainingSeries(folder: folder, matching: glob.map { GlobPattern($0) }).value
  }

  @Test("Movements are relative to the snapshot before, and order the rows") func movement()
    async throws
  {
    let folder = try TemporaryFolder()
    try write([tensor("still", [1, 1]), tensor("w", [3, 4])], "step_2.safetensors", in: folder)
    try write(
      [tensor("still", [1, 1]), tensor("w", [3.75, 5])], "step_10.safetensors", in: folder)
    try write([tensor("still", [1, 1]), tensor("w", [0, 0])], "step_100.safetensors", in: folder)
    try write([tensor("still", [1, 1]), tensor("w", [1, 0])], "step_200.safetensors", in: folder)
    let series = try await series(folder.path)
    #expect(series.snapshots.map(\.numbers) == [[2], [10], [100], [200]])
    #expect(series.rows.map(\.name) == ["w", "still"])
    // From zeros there is no relative movement.
    #expect(series.rows[0].points.map { $0?.movement } == [nil, 0.25, 1, nil])
    #expect(series.rows[0].totalMovement == 1.25)
    #expect(series.rows[0].points.map { $0?.norm } == [5, 6.25, 0, 1])
    #expect(series.rows[0].points.map { $0?.mean } == [3.5, 4.375, 0, 0.5])
    #expect(series.rows[0].points.map { $0?.deviation } == [0.5, 0.625, 0, 0.5])
    #expect(series.rows[1].totalMovement == 0)
    #expect(series.differences.isEmpty && series.problems.isEmpty && series.leftOut.isEmpty)
  }

  @Test("A training wrapper that one snapshot has and the next one lacks is no other tensor")
  func wrapper() async throws {
    let folder = try TemporaryFolder()
    try write([tensor("a", [3, 4]), tensor("b", [1])], "epoch_1.safetensors", in: folder)
    try write(
      [tensor("module.a", [6, 8]), tensor("module.b", [1])], "epoch_2.safetensors", in: folder)
    let series = try await series(folder.path)
    #expect(series.rows.map(\.name) == ["a", "b"])
    #expect(series.rows.map(\.totalMovement) == [1, 0])
    #expect(series.differences.isEmpty)
    for glob in ["a", "module.a"] {
      #expect(try await self.series(folder.path, glob).rows.first?.name == "a")
    }
  }

  @Test("What is not finite is counted and left out of the movement") func notFinite() async throws
  {
    let folder = try TemporaryFolder()
    try write([tensor("w", [2, .nan, 7])], "epoch_1.safetensors", in: folder)
    try write([tensor("w", [3, 1, .infinity])], "epoch_2.safetensors", in: folder)
    let row = try #require(try await series(folder.path).rows.first)
    #expect(row.points.map { $0?.nonFiniteCount } == [1, 1])
    #expect(row.points.map { $0?.movement } == [nil, 0.5])
  }

  @Test("Snapshots with other tensors are reported against the last") func differences()
    async throws
  {
    let folder = try TemporaryFolder()
    try write([tensor("a", [1]), tensor("old", [1])], "epoch_1.safetensors", in: folder)
    try write([tensor("a", [2, 2]), tensor("b", [1])], "epoch_2.safetensors", in: folder)
    try write([tensor("a", [2, 2]), tensor("b", [2])], "epoch_3.safetensors", in: folder)
    let series = try await series(folder.path)
    let difference = try #require(series.differences.first)
    #expect(series.differences.count == 1 && difference.snapshot == 0)
    #expect(difference.missing == ["b"] && difference.additional == ["old"])
    #expect(difference.reshaped == ["a"])
    let rows = Dictionary(uniqueKeysWithValues: series.rows.map { ($0.name, $0) })
    #expect(rows["a"]?.points.map { $0?.movement } == [nil, nil, 0])
    #expect(rows["b"]?.points.map { $0 == nil } == [true, false, false])
    #expect(rows["b"]?.totalMovement == 1)
    #expect(rows["old"]?.points.map { $0 == nil } == [false, true, true])
    #expect(rows["old"]?.totalMovement == nil)
    #expect(series.rows.last?.name == "old")
  }

  @Test("Folders checkpoint-N are snapshots, optimizer files none") func folders() async throws {
    let folder = try TemporaryFolder()
    for (number, value) in [(500, 1), (1000, 2), (90, 4)] as [(Int, Float)] {
      let inner = folder.file("checkpoint-\(number)")
      try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false)
      _ = try TinyCheckpoint.write([tensor("w", [value])], to: inner + "/model.safetensors")
    }
    let series = try await series(folder.path)
    #expect(series.snapshots.map(\.name) == ["checkpoint-90", "checkpoint-500", "checkpoint-1000"])
    #expect(series.rows.first?.points.map { $0?.movement } == [nil, 0.75, 1])
  }

  @Test("PyTorch snapshots in the folder that OpenCLIP makes; weights alone") func openCLIP()
    async throws
  {
    let folder = try TemporaryFolder()
    let inner = folder.file("checkpoints")
    try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false)
    for number in [1, 2, 11] {
      let values = [Float(number)]
      _ = try PyTorchWriter().write(
        [
          TensorToWrite(name: "w", elementType: .f32, shape: [1]) { emit in
            try values.withUnsafeBytes { try emit($0) }
          }
        ], to: inner + "/epoch_\(number).pt")
    }
    let series = try await series(folder.path)
    #expect(series.folder.hasSuffix("/checkpoints"))
    #expect(series.snapshots.map(\.numbers) == [[1], [2], [11]])
    #expect(series.rows.first?.points.map { $0?.movement } == [nil, 1, 4.5])
  }

  @Test("The longest series is taken; a file that does not open is reported") func leftOut()
    async throws
  {
    let folder = try TemporaryFolder()
    try write([tensor("w", [1])], "epoch_1.safetensors", in: folder)
    try write([tensor("w", [2])], "epoch_2.safetensors", in: folder)
    try write([tensor("w", [9])], "ema_step_7.safetensors", in: folder)
    _ = try folder.write(
      [0xFF, 0, 0, 0, 0, 0, 0, 0] + Array("{\"w\"".utf8), to: "epoch_3.safetensors")
    let series = try await series(folder.path)
    #expect(series.snapshots.map(\.name) == ["epoch_1.safetensors", "epoch_2.safetensors"])
    #expect(series.leftOut.contains { $0.hasPrefix("ema_step_7.safetensors") })
    #expect((series.problems + series.leftOut).contains { $0.contains("epoch_3.safetensors") })
  }

  @Test("A pattern chooses tensors") func glob() async throws {
    let folder = try TemporaryFolder()
    for number in 1...2 {
      try write(
        [tensor("a.weight", [1]), tensor("a.bias", [1])], "epoch_\(number).safetensors", in: folder)
    }
    #expect(try await series(folder.path, "*.bias").rows.map(\.name) == ["a.bias"])
  }

  @Test(
    "Folders without a series are refused",
    arguments: [[], ["epoch_1.safetensors"], ["model.safetensors", "other.safetensors"]])
  func refused(names: [String]) async throws {
    let folder = try TemporaryFolder()
    for name in names { try write([tensor("w", [1])], name, in: folder) }
    await #expect(throws: CheckpointError.self) { try await series(folder.path) }
  }

  @Test("A cancelled series ends") func cancelled() throws {
    let folder = try TemporaryFolder()
    for number in 1...2 {
      try write([tensor("w", [1])], "epoch_\(number).safetensors", in: folder)
    }
    let context = JobContext()
    context.cancel()
    #expect(throws: CheckpointError.cancelled) {
      try TrainingSeries(folder: folder.path, context: context)
    }
  }
}
