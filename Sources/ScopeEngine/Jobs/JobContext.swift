import Checkpoints
import Glibc
import Synchronization

/// What work sees of the job it runs in: whether to stop, and where to tell how far it is.
///
/// Safe from several threads. Reports are limited to twenty a second.
package final class JobContext: Sendable {
  private let cancelled = Atomic<Bool>(false)
  private let done = Atomic<Int>(0)
  private let total = Atomic<Int>(0)
  private let started = JobContext.now()
  private let lastReport = Mutex(0.0)
  private let currentItem = Mutex("")
  private let noun = Mutex("")
  private let sink: AsyncStream<JobProgress>.Continuation?

  /// For work that runs outside a job: nobody cancels it, nobody watches.
  package convenience init() { self.init(sink: nil) }

  init(sink: AsyncStream<JobProgress>.Continuation?) { self.sink = sink }

  package var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

  /// - Throws: `CheckpointError.cancelled`.
  package func checkCancellation() throws(CheckpointError) {
    if isCancelled { throw .cancelled }
  }

  /// Opens a checkpoint; stops when the job is cancelled.
  package func open(_ path: String) throws(CheckpointError) -> CheckpointFile {
    try CheckpointFile(opening: path) { self.isCancelled }
  }

  package func cancel() { cancelled.store(true, ordering: .relaxed) }

  package func expect(totalBytes: Int) { total.store(totalBytes, ordering: .relaxed) }

  /// For work that is counted in other things than bytes.
  ///
  /// - Parameters:
  ///   - count: how many there are.
  ///   - noun: what they are, in the singular.
  package func expect(count: Int, of noun: String) {
    self.noun.withLock { $0 = noun }
    total.store(count, ordering: .relaxed)
  }

  /// Adds to what is done, in bytes or in what is counted, and names what is worked on.
  package func advance(_ byteCount: Int, item: @autoclosure () -> String = "") {
    // Not checked: sizes of headers that nobody believes are counted, too.
    let sum = done.wrappingAdd(byteCount, ordering: .relaxed).newValue
    guard let sink else { return }
    let now = Self.now()
    let isDue = lastReport.withLock { last in
      guard now - last >= 0.05 else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    let name = item()
    currentItem.withLock { $0 = name }
    sink.yield(progress(done: sum, at: now, item: name))
  }

  /// How far the work is.
  var currentProgress: JobProgress {
    progress(
      done: done.load(ordering: .relaxed), at: Self.now(), item: currentItem.withLock { $0 })
  }

  /// Sends the last state and ends the stream.
  func finish() {
    guard let sink else { return }
    sink.yield(progress(done: done.load(ordering: .relaxed), at: Self.now(), item: ""))
    sink.finish()
  }

  private func progress(done: Int, at now: Double, item: String) -> JobProgress {
    let elapsed = now - started
    return JobProgress(
      doneBytes: done, totalBytes: total.load(ordering: .relaxed),
      bytesPerSecond: elapsed > 0 ? Double(done) / elapsed : 0, elapsedSeconds: elapsed,
      currentItem: item, noun: noun.withLock { $0 })
  }

  /// Seconds of the monotonic clock.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
