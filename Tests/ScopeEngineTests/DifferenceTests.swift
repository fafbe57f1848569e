import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import ScopeEngine

@Suite("Differences between tensors") struct DifferenceTests {
  /// A file of one tensor `w`.
  private func session<Number: BitwiseCopyable>(
    _ numbers: [Number], _ type: ElementType, in folder: TemporaryFolder, name: String
  ) throws -> Session {
    let count = numbers.count * MemoryLayout<Number>.stride / type.byteCount
    let path = folder.file(name + ".safetensors")
    try SafetensorsWriter().write(
      [
        TensorToWrite(name: "w", elementType: type, shape: Shape([count])) { emit in
          try numbers.withUnsafeBytes { try emit($0) }
        }
      ], to: path)
    return Session(checkpoint: try CheckpointFile(opening: path))
  }

  private func row(_ a: Session, _ b: Session) throws -> Comparison.Row {
    try #require(try Comparison(of: a, with: b).rows.first)
  }

  @Test("Complex numbers that differ in the imaginary part alone differ") func complex() throws {
    let folder = try TemporaryFolder()
    let a = try session([1, 2, 3, 4] as [Float], .c64, in: folder, name: "a")
    let b = try session([1, 2, 3, 9] as [Float], .c64, in: folder, name: "b")
    let row = try row(a, b)
    #expect(row.status == .differs)
    #expect(row.largestDifference == 5)
    // Re(a · conj b) over the lengths.
    let cosine = try #require(row.cosine)
    #expect(abs(cosine - 50 / (30.0 * 95.0).squareRoot()) < 1e-12)
    #expect(try self.row(a, a).status == .same)
  }

  @Test("A complex tensor is a real one where no imaginary part is set") func complexAndReal()
    throws
  {
    let folder = try TemporaryFolder()
    let a = try session([1, 0, 3, 0] as [Float], .c64, in: folder, name: "a")
    let b = try session([1, 3] as [Double], .f64, in: folder, name: "b")
    #expect(try row(a, b).status == .same)
    let c = try session([1, 0, 3, 2] as [Float], .c64, in: folder, name: "c")
    #expect(try row(c, b).largestDifference == 2)
  }

  @Test("Whole numbers of 64 bits are not rounded before they are compared") func integers() throws
  {
    let folder = try TemporaryFolder()
    let large = 1 << 53
    let a = try session([large, .min, 7], .i64, in: folder, name: "a")
    let b = try session([large + 1, .min, 7], .i64, in: folder, name: "b")
    let row = try row(a, b)
    #expect(row.status == .differs && row.largestDifference == 1)
    let u = try session([UInt64.max, 1], .u64, in: folder, name: "u")
    let v = try session([UInt64.max - 2, 1], .u64, in: folder, name: "v")
    #expect(try self.row(u, v).largestDifference == 2)
    let ends = try session([Int.min], .i64, in: folder, name: "low")
    let other = try session([Int.max], .i64, in: folder, name: "high")
    #expect(try self.row(ends, other).largestDifference == 0x1p64)
  }

  @Test(
    "Features that are not finite on one side agree with nothing",
    arguments: [
      ([1, 2], [1, 2], true), ([.infinity, 1], [0, 1], false), ([0, 1], [.infinity, 1], false),
      ([.infinity, 1], [.infinity, 1], true), ([.infinity, 1], [.infinity, -1], false),
      ([.nan, 1], [.nan, 1], false), ([1, .infinity], [.nan, .infinity], false),
    ] as [([Float], [Float], Bool)])
  func features(a: [Float], b: [Float], isClose: Bool) throws {
    let outcome = try FeatureVerification.compare(a, b, tolerance: 1e-5, path: "b")
    #expect(outcome.isClose == isClose)
  }
}

/// Headers that claim more than there can be; nothing of it is in any file.
@Suite("Tensors of impossible sizes") struct ImpossibleSizeTests {
  /// - Parameter isReadable: false: what an archive without the storages gives.
  private func session(_ shape: Shape, count: Int, isReadable: Bool) -> Session {
    let entries = (0..<count).map { number in
      Entry(
        path: ["w\(number)"], elementType: .f64, shape: shape,
        location: Location(
          file: 0, offset: 0, storageByteCount: 8, strides: [Int](repeating: 0, count: shape.rank)),
        isReadable: isReadable)
    }
    return Session(
      checkpoint: CheckpointFile(
        catalog: Catalog(
          container: .pytorchZip, path: "huge.pt", files: ["huge.pt"], entries: entries),
        files: [nil]))
  }

  @Test(
    "A comparison says that they cannot be read",
    arguments: [(Shape([1 << 62]), 2, false), (Shape([1 << 48]), 4_200, true)])
  func comparison(shape: Shape, count: Int, isReadable: Bool) throws {
    let session = session(shape, count: count, isReadable: isReadable)
    let comparison = try AlignedComparison(
      of: session, with: session, options: IdentityOptions(), readsValues: true,
      context: JobContext())
    #expect(comparison.count(.unreadable) == count)
  }

  @Test("Plans have a size that is not negative", arguments: [true, false])
  func plans(isVerifying: Bool) throws {
    let session = session([1 << 48], count: 4_200, isReadable: true)
    let plan = try session.editPlan(EditRequest(output: "out.safetensors"))
    #expect(plan.byteCount == .max)
    let folder = try TemporaryFolder()
    let request = ConversionRequest(
      output: folder.file("out"), options: ConversionOptions(target: .safetensors),
      isVerifying: isVerifying)
    #expect(try session.conversionPlan(request).byteCount == .max)
    #expect(throws: CheckpointError.self) { _ = try session.convert(request) }
  }
}
