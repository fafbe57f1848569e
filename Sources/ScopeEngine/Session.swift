package import Analysis
package import Checkpoints
import Glibc
import Synchronization
import Tensors

package struct SessionID: Hashable, Sendable {
  package let number: Int
}

/// One open checkpoint, with what has been computed about it so far.
///
/// Everything here blocks until it is done: front ends go through the jobs of `Engine`.
package final class Session: Sendable {
  package let id: SessionID
  package let checkpoint: CheckpointFile
  private let known = Mutex<[Int: TensorStatistics]>([:])
  private let ready = Mutex<Model?>(nil)

  private static let nextNumber = Atomic<Int>(1)

  package init(checkpoint: CheckpointFile) {
    id = SessionID(number: Self.nextNumber.add(1, ordering: .relaxed).oldValue)
    self.checkpoint = checkpoint
    var indices: [ExactString: Int] = [:]
    indices.reserveCapacity(checkpoint.catalog.entries.count)
    for (index, entry) in checkpoint.catalog.entries.enumerated() {
      let name = ExactString(entry.name)
      if indices[name] == nil { indices[name] = index }
    }
    indexOfName = indices
  }

  private let indexOfName: [ExactString: Int]

  package var catalog: Catalog { checkpoint.catalog }
  package var path: String { catalog.path }

  /// Index of the entry with this full name, compared byte for byte.
  package func index(ofEntryNamed name: String) -> Int? { indexOfName[ExactString(name)] }

  func entry(_ index: Int) throws(CheckpointError) -> Entry {
    guard catalog.entries.indices.contains(index) else {
      throw .unusable(path: path, tensor: "#\(index)", reason: "there is no such tensor")
    }
    return catalog.entries[index]
  }

  // MARK: Statistics

  /// What `statistics` found before, without computing anything.
  package func knownStatistics(of index: Int) -> TensorStatistics? { known.withLock { $0[index] } }

  /// - Throws: `CheckpointError`.
  package func statistics(
    of index: Int, context: JobContext = JobContext()
  ) throws -> TensorStatistics {
    if let statistics = knownStatistics(of: index) { return statistics }
    let statistics = try Measurement.statistics(
      of: try entry(index), in: checkpoint, context: context)
    known.withLock { $0[index] = statistics }
    return statistics
  }

  /// Statistics of the tensors at `indices` (all, where nil) in parallel, and their sum.
  ///
  /// A tensor whose bytes cannot be used is listed with the reason and does not stop the rest.
  package func checkpointStatistics(
    of indices: [Int]? = nil, context: JobContext = JobContext()
  ) throws -> CheckpointStatistics {
    let wanted = indices ?? Array(catalog.entries.indices)
    context.expect(totalBytes: wanted.reduce(0) { $0 &+ catalog.entries[$1].byteCount })
    // Largest first, so that no thread ends with a giant while the others wait.
    let order = wanted.indices.sorted {
      catalog.entries[wanted[$0]].byteCount > catalog.entries[wanted[$1]].byteCount
    }
    let results = Mutex([CheckpointStatistics.Item?](repeating: nil, count: wanted.count))
    try Threads.forEach(order.count) { [self] turn in
      try context.checkCancellation()
      let index = wanted[order[turn]]
      let entry = catalog.entries[index]
      let result: Result<TensorStatistics, CheckpointError>
      do {
        if let statistics = knownStatistics(of: index) {
          result = .success(statistics)
          context.advance(entry.byteCount, item: entry.name)
        } else {
          let statistics = try Measurement.statistics(
            of: entry, in: checkpoint, context: context)
          known.withLock { $0[index] = statistics }
          result = .success(statistics)
        }
      } catch let error as CheckpointError where error != .cancelled {
        result = .failure(error)
      }
      results.withLock { $0[order[turn]] = CheckpointStatistics.Item(entry: index, result: result) }
    }
    return CheckpointStatistics(items: results.withLock { $0.compactMap { $0 } })
  }

  // MARK: Models

  /// The checkpoint ready to run; the last one that was made is kept, so asking again with the same options is free.
  ///
  /// - Throws: `ModelError`, `CheckpointError`.
  package func model(
    _ request: ModelRequest = ModelRequest(), context: JobContext = JobContext()
  ) throws -> Model {
    if let model = ready.withLock({ $0 }), model.request == request { return model }
    let model = try loadModel(request, context: context)
    ready.withLock { $0 = model }
    return model
  }

  // MARK: Values

  /// A 2-D slice as at most `rows` x `columns` means.
  ///
  /// `selection` nil is the last two axes at index 0 of all others.
  package func slicePicture(
    of index: Int, _ selection: SliceSelection? = nil, rows: Int, columns: Int,
    context: JobContext = JobContext()
  ) throws -> SlicePicture {
    try Measurement.slicePicture(
      of: try entry(index), in: checkpoint, selection, rows: rows, columns: columns,
      context: context)
  }

  package func spectrum(
    of index: Int, context: JobContext = JobContext()
  ) throws -> SingularSpectrum {
    try Measurement.spectrum(of: try entry(index), in: checkpoint, context: context)
  }

  /// The first `limit` values of a tensor, row-major.
  package func values(of index: Int, limit: Int = 1000) throws -> TensorValues {
    try TensorValues(of: try entry(index), in: checkpoint, limit: limit)
  }

  // MARK: Text

  /// A text file that stands beside the weights, at most `limit` bytes of it; invalid UTF-8 is replaced.
  package func text(of companion: Companion, limit: Int = 4 << 20) throws -> String {
    let file = try CheckpointError.catching(try MappedFile(path: companion.path))
    defer { withExtendedLifetime(file) {} }
    return String(decoding: file.bytes.prefix(limit), as: UTF8.self)
  }
}
