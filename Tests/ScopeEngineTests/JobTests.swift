import Analysis
import Checkpoints
import Inference
import Synchronization
import TestSupport
import Testing

@testable import ScopeEngine

@Suite("Jobs") struct JobTests {
  @Test("A job gives what its work returns, as often as it is asked") func result() async throws {
    let engine = Engine()
    let job = engine.start(.other("sum")) { _ in (1...100).reduce(0, +) }
    #expect(try await job.value == 5050)
    // Asking again gives the same answer.
    #expect(try await job.value == 5050)
  }

  @Test("What the work throws comes out of the job") func failure() async {
    let engine = Engine()
    let job: Job<Int> = engine.start(.other("fails")) { _ in
      throw CheckpointError.unrecognised(path: "x", reason: "no")
    }
    await #expect(throws: CheckpointError.unrecognised(path: "x", reason: "no")) {
      try await job.value
    }
  }

  @Test("A cancelled job stops at its next check") func cancellation() async {
    let engine = Engine()
    let job: Job<Int> = engine.start(.other("endless")) { context in
      while true { try context.checkCancellation() }
    }
    job.cancel()
    await #expect(throws: CheckpointError.cancelled) { try await job.value }
  }

  @Test("A cancelled job was cancelled, whatever its work calls that")
  func cancellationByOtherNames()
    async
  {
    let engine = Engine()
    let started = Gate()
    for error in [InferenceError.cancelled, AttentionError("cancelled")] as [any Error] {
      let job: Job<Int> = engine.start(.other("forward")) { context in
        started.open()
        while !context.isCancelled {}
        throw error
      }
      while !started.isOpen {}
      job.cancel()
      await #expect(throws: CheckpointError.cancelled) { try await job.value }
    }
  }

  @Test("A newer job of the same kind cancels the older, another kind does not") func superseding()
    async throws
  {
    let engine = Engine()
    let gate = Gate()
    let older: Job<Int> = engine.start(.other("a")) { context in
      while true { try context.checkCancellation() }
    }
    let other = engine.start(.other("b")) { context in
      while !gate.isOpen { try context.checkCancellation() }
      return 2
    }
    let newer = engine.start(.other("a")) { _ in 1 }
    #expect(try await newer.value == 1)
    await #expect(throws: CheckpointError.cancelled) { try await older.value }
    gate.open()
    #expect(try await other.value == 2)
  }

  @Test("Progress ends with the job and its last value is complete") func progress() async throws {
    let engine = Engine()
    let job = engine.start(.other("bytes")) { context in
      context.expect(totalBytes: 1000)
      for _ in 0..<10 { context.advance(100, item: "tensor") }
      return true
    }
    var last: JobProgress?
    for await progress in job.progress { last = progress }
    #expect(last?.doneBytes == 1000)
    #expect(last?.fraction == 1)
    #expect(last?.secondsLeft == 0)
    #expect(try await job.value)
  }

  @Test("Sizes that no file has do not stop the counting") func hugeProgress() {
    let context = JobContext()
    context.expect(totalBytes: .max)
    for _ in 0..<3 { context.advance(.max) }
    #expect((0...1).contains(context.currentProgress.fraction))
  }

  @Test("Cancelling the task that waits cancels the job") func taskCancellation() async {
    let engine = Engine()
    let job: Job<Int> = engine.start(.other("endless")) { context in
      while true { try context.checkCancellation() }
    }
    let waiter = Task { try await job.value }
    waiter.cancel()
    await #expect(throws: CheckpointError.cancelled) { try await waiter.value }
  }

  private final class Gate: Sendable {
    private let state = Atomic<Bool>(false)
    var isOpen: Bool { state.load(ordering: .relaxed) }
    func open() { state.store(true, ordering: .relaxed) }
  }
}

@Suite("Threads") struct ThreadsTests {
  @Test("Every index is worked on once", arguments: [0, 1, 2, 7, 1000]) func coverage(count: Int)
    throws
  {
    let seen = Mutex([Int](repeating: 0, count: count))
    try Threads.forEach(count, threads: 4) { index in seen.withLock { $0[index] += 1 } }
    #expect(seen.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  @Test("The first error comes out and ends the handing out") func error() {
    let calls = Atomic<Int>(0)
    #expect(throws: CheckpointError.cancelled) {
      try Threads.forEach(100_000, threads: 3) { index in
        calls.add(1, ordering: .relaxed)
        if index == 5 { throw CheckpointError.cancelled }
      }
    }
    #expect(calls.load(ordering: .relaxed) < 100_000)
  }
}
