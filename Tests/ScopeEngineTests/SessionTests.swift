import Analysis
import Checkpoints
import Foundation
import ScopeEngine
import Tensors
import TestSupport
import Testing

@Suite("Sessions") struct SessionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Statistics of a whole checkpoint are those of its tensors together") func statistics()
    async throws
  {
    let session = try TinyCheckpoint.session(
      [
        .init(name: "a", shape: [2, 2], values: [1, 2, 3, 4]),
        .init(name: "empty", shape: [0], values: []),
        .init(name: "b", shape: [3], values: [-6, .nan, .infinity]),
      ], in: folder)
    let engine = Engine()
    let result = try await engine.checkpointStatistics(of: session).value
    #expect(result.items.map(\.entry).sorted() == [0, 1, 2])
    #expect(result.total.elementCount == 7)
    #expect(result.total.minimum == -6)
    #expect(result.total.maximum == 4)
    #expect(result.total.nanCount == 1)
    #expect(result.total.infinityCount == 1)
    let mean = try #require(result.total.mean)
    #expect(abs(mean - 0.8) < 1e-12)
    let index = try #require(session.index(ofEntryNamed: "empty"))
    let empty = try #require(session.knownStatistics(of: index))
    #expect(empty.minimum == nil && empty.mean == nil)
  }

  @Test("A cancelled sweep over a checkpoint gives no result") func cancelledSweep() throws {
    let session = try TinyCheckpoint.session(
      [.init(name: "a", shape: [4], values: [1, 2, 3, 4])], in: folder)
    let context = JobContext()
    context.cancel()
    #expect(throws: CheckpointError.cancelled) {
      try session.checkpointStatistics(context: context)
    }
  }

  @Test(
    "The first values of a tensor are the same whether or not the rest is read",
    arguments: [0, 1, 2, 3, 5, 6, 7, 23, 24, 100]) func firstValues(limit: Int) throws
  {
    let values = (0..<24).map { Float($0) }
    let session = try TinyCheckpoint.session(
      [.init(name: "w", shape: [2, 3, 4], values: values)], in: folder)
    let read = try session.values(of: 0, limit: limit)
    #expect(read.numbers == .floating(values.prefix(limit).map(Double.init)))
    #expect(read.elementCount == 24)
  }

  @Test("A slice picture of a small matrix is the matrix") func slice() throws {
    let session = try TinyCheckpoint.session(
      [.init(name: "w", shape: [2, 3], values: [0, 1, 2, 3, 4, 5])], in: folder)
    let picture = try session.slicePicture(of: 0, rows: 10, columns: 10)
    #expect(picture.rows == 2 && picture.columns == 3)
    #expect(picture.values == [0, 1, 2, 3, 4, 5])
  }

  @Test("The spectrum of a diagonal matrix is its diagonal, largest first") func spectrum() throws {
    let session = try TinyCheckpoint.session(
      [.init(name: "w", shape: [2, 2], values: [3, 0, 0, 4])], in: folder)
    let values = try session.spectrum(of: 0).values
    #expect(values.count == 2)
    #expect(abs(values[0] - 4) < 1e-5 && abs(values[1] - 3) < 1e-5)
  }

  @Test("A spectrum that cannot be made names the file and the tensor") func spectrumError() throws
  {
    let session = try TinyCheckpoint.session(
      [.init(name: "w", shape: [2, 2], values: [.nan, 0, 0, 4])], in: folder)
    let error = try #require(throws: CheckpointError.self) { try session.spectrum(of: 0) }
    #expect(error.description.contains("a.safetensors: tensor `w`: "))
    #expect(error.description.contains("NaN"))
  }

  @Test("Text beside the weights is read up to a limit") func companionText() throws {
    let checkpoint = try CheckpointFile(opening: Fixtures.path("cases/c19_hf_quick"))
    let session = Session(checkpoint: checkpoint)
    let config = try #require(session.catalog.companions.first { $0.name == "config.json" })
    #expect(try session.text(of: config).contains("quick_gelu"))
    #expect(try session.text(of: config, limit: 3).utf8.count == 3)
  }

  @Test("A summary counts parameters and bytes and names the dialect") func summary() throws {
    let checkpoint = try CheckpointFile(opening: Fixtures.path("cases/c19_hf_quick"))
    let summary = Session(checkpoint: checkpoint).summary()
    #expect(summary.identification.dialect == "hf-clip")
    #expect(summary.parameterCount == 14_961)
    #expect(summary.byteCount == 4 * 14_961)
    #expect(summary.types.map(\.type) == ["F32"])
  }
}

@Suite("Comparison") struct ComparisonTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func compare(
    _ a: [TinyCheckpoint.Tensor], _ b: [TinyCheckpoint.Tensor]
  ) throws -> Comparison {
    try Comparison(
      of: TinyCheckpoint.session(a, in: folder, name: "a"),
      with: TinyCheckpoint.session(b, in: folder, name: "b"))
  }

  @Test("Bit-identical NaN is equal") func nan() throws {
    let tensors = [TinyCheckpoint.Tensor(name: "w", shape: [2], values: [.nan, 1])]
    let row = try #require(try compare(tensors, tensors).rows.first)
    #expect(row.status == .same && row.largestDifference == 0 && row.cosine == 1)
  }

  @Test("Differences are measured") func difference() throws {
    let row = try #require(
      try compare(
        [.init(name: "w", shape: [2], values: [3, 4])],
        [.init(name: "w", shape: [2], values: [4, 3])]
      ).rows.first)
    #expect(row.status == .differs)
    #expect(row.largestDifference == 1)
    #expect(row.relativeDifference == 0.25)
    #expect(abs((row.cosine ?? 0) - 24.0 / 25) < 1e-12)
  }

  @Test("A NaN on one side alone is a difference without a size") func oneSidedNaN() throws {
    let row = try #require(
      try compare(
        [.init(name: "w", shape: [2], values: [3, 4])],
        [.init(name: "w", shape: [2], values: [.nan, 4])]
      ).rows.first)
    #expect(row.status == .differs)
    #expect(row.largestDifference?.isNaN == true)
  }

  @Test("What only one side has, and other shapes, are told apart") func structure() throws {
    let rows = try compare(
      [.init(name: "x", shape: [1], values: [1]), .init(name: "s", shape: [2], values: [1, 2])],
      [
        .init(name: "y", shape: [1], values: [1]),
        .init(name: "s", shape: [1, 2], values: [1, 2]),
      ]
    ).rows
    let statuses = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.status) })
    #expect(statuses == ["x": .onlyInA, "y": .onlyInB, "s": .shape])
  }
}
