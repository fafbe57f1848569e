import Checkpoints
import Dispatch
import Synchronization

/// Names a job for as long as the program runs.
package struct JobID: Hashable, Sendable {
  package let number: Int
}

/// What a job does; two jobs of the same kind on the same thing replace each other.
package enum JobKind: Sendable, Hashable {
  case opening(path: String)
  case statistics(session: SessionID, entry: Int)
  case checkpointStatistics(session: SessionID)
  case slice(session: SessionID)
  case spectrum(session: SessionID)
  case values(session: SessionID)
  case scan(path: String)
  case conversion(output: String)
  case alignment(SessionID, SessionID)
  case edit(output: String)
  case trainingSeries(folder: String)
  case accuracy(folder: String)
  case model(session: SessionID)
  case verification(SessionID, SessionID)
  /// Work of a front end or of a room above that has no case of its own.
  case other(String)
}

/// Work under way on a thread of its own, with a result to wait for.
///
/// ```swift
/// let job = engine.statistics(of: 12, in: session)
/// for await progress in job.progress { ... }
/// let statistics = try await job.value
/// ```
package final class Job<Value: Sendable>: Sendable {
  package let id: JobID
  package let kind: JobKind
  /// Progress, newest only; ends when the job ends.
  ///
  /// For one reader.
  package let progress: AsyncStream<JobProgress>
  private let context: JobContext
  private let outcome = Mutex(Outcome.running([]))
  private let ended = DispatchSemaphore(value: 0)

  private enum Outcome {
    case running([CheckedContinuation<Value, any Error>])
    case ended(Result<Value, any Error>)
  }

  init(id: JobID, kind: JobKind, progress: AsyncStream<JobProgress>, context: JobContext) {
    self.id = id
    self.kind = kind
    self.progress = progress
    self.context = context
  }

  /// The result, when it is there.
  ///
  /// Cancelling the task that waits cancels the job.
  /// - Throws: `CheckpointError.cancelled` after a cancellation, else what the work threw.
  package var value: Value {
    get async throws {
      try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          let ended: Result<Value, any Error>? = outcome.withLock { outcome in
            switch outcome {
            case .ended(let result): return result
            case .running(let waiting):
              outcome = .running(waiting + [continuation])
              return nil
            }
          }
          if let ended { continuation.resume(with: ended) }
        }
      } onCancel: {
        context.cancel()
      }
    }
  }

  /// Asks the work to stop; it does at the next tensor or block.
  package func cancel() { context.cancel() }

  /// Waits on the calling thread, which must be one that may block: the first thread of a command, never a task.
  ///
  /// - Returns: false where the job is still running after `milliseconds`.
  package func hasEnded(within milliseconds: Int) -> Bool {
    guard ended.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else {
      return false
    }
    ended.signal()
    return true
  }

  /// The result, waited for on the calling thread, which must be one that may block.
  ///
  /// - Throws: as `value`.
  package func wait() throws -> Value {
    ended.wait()
    ended.signal()
    guard case .ended(let result) = outcome.withLock({ $0 }) else {
      throw CheckpointError.cancelled
    }
    return try result.get()
  }

  /// How far the job is now, for callers that ask instead of following `progress`.
  package var currentProgress: JobProgress { context.currentProgress }

  func end(with result: Result<Value, any Error>) {
    let waiting = outcome.withLock { outcome in
      guard case .running(let waiting) = outcome else {
        return [CheckedContinuation<Value, any Error>]()
      }
      outcome = .ended(result)
      return waiting
    }
    for continuation in waiting { continuation.resume(with: result) }
    context.finish()
    ended.signal()
  }
}
