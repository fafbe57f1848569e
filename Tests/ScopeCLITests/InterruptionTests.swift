import Glibc
import ScopeEngine
import TestSupport
import Testing

@testable import ScopeCLI

@Suite("Interruptions", .serialized) struct InterruptionTests {
  /// A job that looks at no cancellation and is interrupted while it runs.
  private func outcome(leaving remains: Interruption.Remains) throws -> Int {
    let job = Engine().start(.other("deaf")) { context in
      kill(getpid(), SIGINT)
      while !context.isCancelled { usleep(1_000) }
      return 7
    }
    return try Interruption.cancelling(job, leaving: remains) { try job.wait() }
  }

  @Test("An interruption counts even where the job that it met has come to its end")
  func deafJob() throws {
    let ending = try #require(throws: Ending.self) { try outcome(leaving: .nothing) }
    #expect(ending.status == 130 && ending.message == "cancelled")
  }

  @Test("What was written before an interruption could stop it is told as written")
  func written() throws {
    #expect(try outcome(leaving: .removedOutput) == 7)
  }
}
