import Cells
import Dispatch
import ScopeEngine
import Synchronization

/// Waits for asynchronous work on a thread that may block.
///
/// Commands are synchronous, the engine is not.
func blocking<Value: Sendable>(
  _ work: @escaping @Sendable () async throws -> Value
) throws -> Value {
  let outcome = Outcome<Value>()
  Task.detached {
    do {
      outcome.finish(with: .success(try await work()))
    } catch {
      outcome.finish(with: .failure(error))
    }
  }
  return try outcome.wait()
}

/// Waits for a job, showing its progress where standard error is a terminal.
func blocking<Value: Sendable>(_ job: Job<Value>, showingProgressOn console: Console) throws
  -> Value
{
  guard console.errorsAreTerminal else { return try blocking { try await job.value } }
  let newest = NewestProgress()
  let outcome = Outcome<Value>()
  Task.detached {
    for await progress in job.progress { newest.set(progress) }
  }
  Task.detached {
    do {
      outcome.finish(with: .success(try await job.value))
    } catch {
      outcome.finish(with: .failure(error))
    }
  }
  var wasShown = false
  while !outcome.waits(milliseconds: 100) {
    guard let progress = newest.take() else { continue }
    let percent = Int(progress.fraction * 100)
    let rate = "\(Numbers.bytes(Int(progress.bytesPerSecond)))/s"
    let left = progress.secondsLeft.map { ", \(Numbers.duration(seconds: $0)) left" } ?? ""
    console.progress("\(percent) %  \(rate)\(left)  \(progress.currentItem.prefix(60))")
    wasShown = true
  }
  if wasShown { console.endProgress() }
  return try outcome.wait()
}

private final class Outcome<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let done = DispatchSemaphore(value: 0)

  func finish(with result: Result<Value, any Error>) {
    self.result.withLock { $0 = result }
    done.signal()
  }

  /// Whether the work ended within the time.
  func waits(milliseconds: Int) -> Bool {
    guard done.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else {
      return false
    }
    done.signal()
    return true
  }

  func wait() throws -> Value {
    done.wait()
    guard let result = result.withLock({ $0 }) else { throw CheckpointError.cancelled }
    return try result.get()
  }
}

private final class NewestProgress: Sendable {
  private let value = Mutex<JobProgress?>(nil)

  func set(_ progress: JobProgress) { value.withLock { $0 = progress } }

  func take() -> JobProgress? {
    value.withLock { value in
      defer { value = nil }
      return value
    }
  }
}
