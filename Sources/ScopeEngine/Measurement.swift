import Analysis
import Checkpoints
import Synchronization
import Tensors

/// Connects tensors of a checkpoint with the functions of `Analysis`.
enum Measurement {
  /// One pass over a tensor; pages are let go behind it.
  static func statistics(
    of entry: Entry, in checkpoint: CheckpointFile, context: JobContext
  ) throws -> TensorStatistics {
    let statistics = try checkpoint.withBytes(of: entry) { bytes in
      let isInPlace = entry.location.compression == .none && entry.location.strides == nil
      return AccumulatorPool.shared.with(entry.elementType) { accumulator in
        TensorStatistics.computed(
          over: bytes, type: entry.elementType, using: accumulator,
          isCancelled: { context.isCancelled },
          pieceRead: { range in
            if isInPlace { checkpoint.release(entry, range) }
            context.advance(range.count, item: entry.name)
          })
      }
    }
    guard let statistics else { throw CheckpointError.cancelled }
    return statistics
  }

  static func slicePicture(
    of entry: Entry, in checkpoint: CheckpointFile, _ selection: SliceSelection?, rows: Int,
    columns: Int, context: JobContext
  ) throws -> SlicePicture {
    try checked(entry, in: checkpoint) {
      guard entry.isReadable, entry.location.compression == .none,
        let file = checkpoint.file(of: entry),
        let storage = storage(of: entry, in: file)
      else {
        return try checkpoint.withBytes(of: entry, limit: 1 << 32) { bytes in
          try SlicePicture(
            of: bytes, type: entry.elementType, shape: entry.shape, selection: selection,
            rows: rows, columns: columns, isCancelled: { context.isCancelled })
        }
      }
      // Only the bytes of the slice are touched, whatever the strides.
      defer { withExtendedLifetime(file) {} }
      return try SlicePicture(
        of: storage, type: entry.elementType, shape: entry.shape,
        strides: entry.location.strides, storageOffset: entry.location.storageOffset,
        order: entry.location.order, selection: selection, rows: rows, columns: columns,
        isCancelled: { context.isCancelled })
    }
  }

  static func spectrum(
    of entry: Entry, in checkpoint: CheckpointFile, context: JobContext
  ) throws -> SingularSpectrum {
    try checked(entry, in: checkpoint) {
      try checkpoint.withBytes(of: entry, limit: 1 << 32) { bytes in
        try SingularSpectrum(
          of: bytes, type: entry.elementType, shape: entry.shape,
          isCancelled: { context.isCancelled })
      }
    }
  }

  private static func storage(of entry: Entry, in file: MappedFile) -> UnsafeRawBufferPointer? {
    let location = entry.location
    let (end, overflow) = location.offset.addingReportingOverflow(location.storageByteCount)
    guard location.offset >= 0, location.storageByteCount >= 0, !overflow, end <= file.byteCount
    else { return nil }
    return UnsafeRawBufferPointer(rebasing: file.bytes[location.offset..<end])
  }

  /// Names the file and the tensor in errors of `Analysis`, which knows neither.
  private static func checked<Value>(
    _ entry: Entry, in checkpoint: CheckpointFile, _ body: () throws -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch let error as AnalysisError {
      if error == .cancelled { throw CheckpointError.cancelled }
      throw CheckpointError.unusable(
        path: checkpoint.catalog.path, tensor: entry.name, reason: error.description)
    }
  }
}

/// Accumulators that are free.
///
/// Each takes a megabyte, too much to make anew for every small tensor.
private final class AccumulatorPool: Sendable {
  static let shared = AccumulatorPool()

  /// An accumulator serves one thread at a time; the pool hands it from one to the next.
  private struct Handed: @unchecked Sendable {
    let accumulator: StatisticsAccumulator
  }

  private let free = Mutex<[Handed]>([])

  func with<Value>(_ type: ElementType, _ body: (StatisticsAccumulator) -> Value) -> Value {
    let handed =
      free.withLock { $0.popLast() } ?? Handed(accumulator: StatisticsAccumulator(type: type))
    defer { free.withLock { if $0.count < Threads.count { $0.append(handed) } } }
    return body(handed.accumulator)
  }
}
