import Glibc
import ScopeEngine
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into the cancellation of the job that runs, so that what it has written is removed.
enum Interruption {
  private static let signalNumber = Atomic<Int32>(0)

  /// - Returns: what `work` returns.
  /// - Throws: `Ending` with status 128 + signal after an interruption.
  static func cancelling<Value: Sendable>(
    _ job: Job<Value>, while work: () throws -> Value
  ) throws -> Value {
    signalNumber.store(0, ordering: .relaxed)
    // Under nohup a hang-up means nothing.
    let signals = isIgnored(SIGHUP) ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
    let previous = signals.map { number in
      signal(number) { Interruption.signalNumber.store($0, ordering: .relaxed) }
    }
    let isOver = Flag()
    Threads.run {
      while !isOver.isSet {
        if signalNumber.load(ordering: .relaxed) != 0 { job.cancel() }
        usleep(20_000)
      }
    }
    defer {
      isOver.set()
      for (number, handler) in zip(signals, previous) { signal(number, handler) }
    }
    do {
      return try work()
    } catch CheckpointError.cancelled {
      let number = signalNumber.load(ordering: .relaxed)
      throw Ending(
        status: number == 0 ? ExitStatus.trouble : 128 + number,
        message: "cancelled; nothing was written")
    }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    let ignoring = 1
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == ignoring
  }

  private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
  }
}
