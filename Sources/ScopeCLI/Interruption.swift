import Glibc
import ScopeEngine
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into the cancellation of the job that runs.
enum Interruption {
  /// What a job leaves when it is cancelled.
  enum Remains {
    /// It only reads, and is not waited for where it does not stop at once; nor is one that can be resumed.
    case nothing
    /// What it has written is removed by itself, however long that takes.
    case removedOutput
    /// What it has written is kept for the next run with the same arguments.
    case resumable

    var message: String {
      switch self {
      case .nothing: "cancelled"
      case .removedOutput: "cancelled; nothing was written"
      case .resumable: "cancelled; the same command goes on where this one stopped"
      }
    }
  }

  private static let signalNumber = Atomic<Int32>(0)
  /// Microseconds between two looks at the signals.
  private static let interval: UInt32 = 20_000
  /// Looks that a job that only reads is given to stop: one second.
  private static let patience = 50

  /// A second signal ends the program at once.
  ///
  /// - Returns: what `work` returns.
  /// - Throws: `Ending` with status 128 + signal after an interruption.
  static func cancelling<Value: Sendable>(
    _ job: Job<Value>, leaving remains: Remains, while work: () throws -> Value
  ) throws -> Value {
    signalNumber.store(0, ordering: .relaxed)
    // Under nohup a hang-up means nothing.
    let signals = isIgnored(SIGHUP) ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
    let previous = signals.map { number in
      signal(number) { number in
        guard Interruption.signalNumber.exchange(number, ordering: .relaxed) != 0 else { return }
        signal(number, SIG_DFL)
        raise(number)
      }
    }
    let isOver = Flag()
    Threads.run {
      var looks = 0
      while !isOver.isSet {
        let number = signalNumber.load(ordering: .relaxed)
        if number != 0 {
          job.cancel()
          looks += 1
          if remains != .removedOutput, looks > patience { leave(number, remains) }
        }
        usleep(interval)
      }
    }
    defer {
      isOver.set()
      for (number, handler) in zip(signals, previous) { signal(number, handler) }
    }
    do {
      let value = try work()
      // A signal that met a job at its end: what it wrote is there, what it only read is not wanted any more.
      if signalNumber.load(ordering: .relaxed) != 0, remains == .nothing {
        throw CheckpointError.cancelled
      }
      return value
    } catch CheckpointError.cancelled {
      let number = signalNumber.load(ordering: .relaxed)
      throw Ending(
        status: number == 0 ? ExitStatus.trouble : ExitStatus.interrupted(by: number),
        message: remains.message)
    }
  }

  /// Ends the program in the middle of work that does not stop.
  private static func leave(_ number: Int32, _ remains: Remains) -> Never {
    let line = "clipscope: \(remains.message)\n"
    _ = line.utf8CString.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count - 1) }
    _exit(ExitStatus.interrupted(by: number))
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
