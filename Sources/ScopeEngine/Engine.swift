package import Analysis
import Checkpoints

/// The front door of the shared engine: open checkpoints, and long work as jobs. Both front ends use nothing else.
///
/// Starting a job returns at once, from any thread; its result is awaited or followed by its progress.
///
/// ```swift
/// let engine = Engine()
/// let session = try await engine.open("epoch_12.pt")
/// let statistics = try await engine.statistics(of: 0, in: session).value
/// ```
package actor Engine {
  private nonisolated let table = JobTable()
  private var openSessions: [SessionID: Session] = [:]

  package init() {}

  // MARK: Sessions

  /// Opens a file or folder of any known container, off the cooperative pool, and keeps it in `sessions`.
  /// - Throws: `CheckpointError`.
  package func open(_ path: String) async throws -> Session {
    let session = try await opening(path).value
    openSessions[session.id] = session
    return session
  }

  /// Opens as a job, for callers that do not wait.
  ///
  /// The session is not in `sessions` until `keep` is called. `demo` and `demo/NAME` are the models that come with the
  /// program, where nothing else is called so.
  package nonisolated func opening(_ path: String) -> Job<Session> {
    start(.opening(path: path)) { context in
      Session(checkpoint: try context.open(try DemoModels.resolved(path)))
    }
  }

  package func keep(_ session: Session) { openSessions[session.id] = session }

  /// In the order in which they were opened.
  package var sessions: [Session] {
    openSessions.values.sorted { $0.id.number < $1.id.number }
  }

  package func close(_ id: SessionID) { openSessions[id] = nil }

  // MARK: Jobs

  /// Runs `work` on a thread of its own.
  ///
  /// An older job of the same kind is cancelled.
  package nonisolated func start<Value: Sendable>(
    _ kind: JobKind, _ work: @escaping @Sendable (JobContext) throws -> Value
  ) -> Job<Value> {
    let (stream, sink) = AsyncStream.makeStream(
      of: JobProgress.self, bufferingPolicy: .bufferingNewest(1))
    let context = JobContext(sink: sink)
    let id = table.register(kind, context)
    let job = Job<Value>(id: id, kind: kind, progress: stream, context: context)
    let table = table
    Threads.run {
      let result = Result {
        try context.checkCancellation()
        return try work(context)
      }.mapError { error in
        // The rooms below call it by names of their own.
        context.isCancelled ? CheckpointError.cancelled : error
      }
      table.remove(id)
      job.end(with: result)
    }
    return job
  }

  package nonisolated func cancel(_ id: JobID) { table.cancel(id) }
  package nonisolated func cancelAll() { table.cancelAll() }

  // MARK: Looking at tensors

  /// Statistics of one tensor; kept by the session, so asking again is free.
  package nonisolated func statistics(of entry: Int, in session: Session) -> Job<TensorStatistics> {
    start(.statistics(session: session.id, entry: entry)) { context in
      try session.statistics(of: entry, context: context)
    }
  }

  /// Statistics of many tensors (all, where `entries` is nil) and their sum.
  package nonisolated func checkpointStatistics(
    of session: Session, entries: [Int]? = nil
  ) -> Job<CheckpointStatistics> {
    start(.checkpointStatistics(session: session.id)) { context in
      try session.checkpointStatistics(of: entries, context: context)
    }
  }

  /// A 2-D slice of a tensor, reduced to at most `rows` x `columns` means.
  ///
  /// `selection` nil is the last two axes at index 0 of all others.
  package nonisolated func slicePicture(
    of entry: Int, in session: Session, _ selection: SliceSelection? = nil, rows: Int, columns: Int
  ) -> Job<SlicePicture> {
    start(.slice(session: session.id)) { context in
      try session.slicePicture(
        of: entry, selection, rows: rows, columns: columns, context: context)
    }
  }

  /// Singular values of a tensor seen as a matrix.
  package nonisolated func spectrum(of entry: Int, in session: Session) -> Job<SingularSpectrum> {
    start(.spectrum(session: session.id)) { context in
      try session.spectrum(of: entry, context: context)
    }
  }

  /// The first `limit` values of a tensor, row-major.
  package nonisolated func values(
    of entry: Int, in session: Session, limit: Int = 1000
  ) -> Job<TensorValues> {
    start(.values(session: session.id)) { _ in try session.values(of: entry, limit: limit) }
  }

  // MARK: Looking at checkpoints

  /// Everything suspicious: what a pickle would run, header lies, NaN and infinite values; of a folder, in every file of it and below.
  ///
  /// - Parameters:
  ///   - path: A file or a folder; `demo` and `demo/NAME` as for `opening`.
  ///   - readsValues: Whether to read the values of the checkpoint that `path` opens as.
  package nonisolated func scan(_ path: String, readsValues: Bool = true) -> Job<ScanReport> {
    start(.scan(path: path)) { context in
      try ScanReport.of(
        try DemoModels.resolved(path), readsValues: readsValues, context: context)
    }
  }
}
