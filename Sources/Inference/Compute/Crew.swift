import CKernels
import Dispatch
import Glibc
import Synchronization

/// Threads that wait for the parts of one loop after the other.
///
/// A forward of one input is some sixty short loops. A thread that sleeps between two of them wakes up tens of microseconds late, and a
/// shared pool may be busy with something else, so the threads are the team's own and look out for the next loop for a moment before
/// they sleep. A thread that comes late delays nobody: parts are handed out one by one, the caller takes its share of them, and only
/// parts that were begun are waited for.
final class Crew: Sendable {
  /// Threads, the caller included.
  let count: Int
  private let helpers: [Sleeper]
  private let ticket = Atomic<UInt64>(0)
  private let finished = Atomic<Int>(0)
  private let caller = Sleeper()
  /// The loop of the current ticket; valid for who has taken one of its parts until that part is finished.
  private nonisolated(unsafe) var loop: UnsafePointer<Loop>?
  /// Nanoseconds that a thread looks out for something to do before it sleeps; longer than what lies between two loops of a forward.
  private let watch: UInt64

  /// What is done for each part, at an address of its own while the loop runs.
  struct Loop {
    let body: (Int) -> Void
  }

  /// The number of a loop, its parts, and the next part that nobody has taken.
  private struct Ticket {
    var bits: UInt64
    var number: UInt32 { UInt32(truncatingIfNeeded: bits >> 32) }
    var parts: Int { Int(bits >> 16 & 0xffff) }
    var next: Int { Int(bits & 0xffff) }

    static let mostParts = 0xffff
    static func first(number: UInt32, parts: Int) -> UInt64 {
      UInt64(number) << 32 | UInt64(parts) << 16
    }
  }

  private init(count: Int) {
    self.count = count
    // With more threads than cores, one that watches would keep another from working.
    watch = count <= Team.availableCores ? 100_000 : 0
    helpers = (1..<count).map { _ in Sleeper() }
    for helper in helpers { start(helper) }
  }

  /// Crews that nobody uses; their threads sleep.
  private static let idle = Mutex<[Crew]>([])

  /// Lends a crew to `body`; two callers at a time have two, and a part of a loop may run a loop.
  static func lend(_ count: Int, to body: (Crew) -> Void) {
    let crew =
      idle.withLock { idle in
        idle.lastIndex { $0.count == count }.map { idle.remove(at: $0) }
      } ?? Crew(count: count)
    body(crew)
    idle.withLock { $0.append(crew) }
  }

  /// Calls the loop's body with `0..<parts`; returns when all are done.
  func run(_ parts: Int, _ loop: UnsafePointer<Loop>) {
    precondition(parts <= Ticket.mostParts, "too many parts")
    self.loop = loop
    finished.store(0, ordering: .relaxed)
    let number = Ticket(bits: ticket.load(ordering: .relaxed)).number &+ 1
    ticket.store(Ticket.first(number: number, parts: parts), ordering: .sequentiallyConsistent)
    for helper in helpers.prefix(parts - 1) { helper.wake() }
    work(on: number)
    caller.wait(watch: watch) { finished.load(ordering: .sequentiallyConsistent) == parts }
  }

  /// Takes parts of one loop until none is left.
  private func work(on number: UInt32) {
    while let part = take(of: number) {
      if let loop { Self.call(loop, part) }
      let parts = part.of
      if finished.add(1, ordering: .sequentiallyConsistent).newValue == parts { caller.wake() }
    }
  }

  /// Whatever the call keeps alive is let go of when it returns, which is before the part counts as finished.
  @inline(never)
  private static func call(_ loop: UnsafePointer<Loop>, _ part: (index: Int, of: Int)) {
    loop.pointee.body(part.index)
  }

  private func take(of number: UInt32) -> (index: Int, of: Int)? {
    var seen = ticket.load(ordering: .acquiring)
    while true {
      let current = Ticket(bits: seen)
      guard current.number == number, current.next < current.parts else { return nil }
      let (isTaken, now) = ticket.weakCompareExchange(
        expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing)
      if isTaken { return (current.next, current.parts) }
      seen = now
    }
  }

  private func start(_ helper: Sleeper) {
    let box = Unmanaged.passRetained(Start(crew: self, helper: helper))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        if let argument {
          let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
          start.crew.serve(start.helper)
        }
        return nil
      }, box.toOpaque())
    // Without it the others take its parts.
    if code == 0 { pthread_detach(thread) } else { box.release() }
  }

  private final class Start: Sendable {
    let crew: Crew
    let helper: Sleeper
    init(crew: Crew, helper: Sleeper) {
      self.crew = crew
      self.helper = helper
    }
  }

  private func serve(_ helper: Sleeper) {
    var number: UInt32 = 0
    while true {
      helper.wait(watch: watch) {
        Ticket(bits: ticket.load(ordering: .sequentiallyConsistent)).number != number
      }
      number = Ticket(bits: ticket.load(ordering: .acquiring)).number
      work(on: number)
    }
  }
}

/// Where one thread waits: it watches for a moment, then sleeps.
private final class Sleeper: Sendable {
  private let isAsleep = Atomic<Bool>(false)
  private let semaphore = DispatchSemaphore(value: 0)

  /// Returns when `isOver`, which is asked again after each `wake`.
  ///
  /// - Parameter watch: nanoseconds before sleeping.
  func wait(watch: UInt64, until isOver: () -> Bool) {
    if isOver() { return }
    if watch > 0 {
      let end = Self.now() + watch
      repeat {
        for _ in 0..<16 {
          ck_relax()
          if isOver() { return }
        }
      } while Self.now() < end
    }
    while true {
      isAsleep.store(true, ordering: .sequentiallyConsistent)
      if isOver() {
        // Whoever has seen the flag meanwhile has sent a signal too.
        if !isAsleep.exchange(false, ordering: .acquiringAndReleasing) { semaphore.wait() }
        return
      }
      semaphore.wait()
      if isOver() { return }
    }
  }

  /// To be called after what `isOver` looks at has changed.
  func wake() {
    if isAsleep.load(ordering: .sequentiallyConsistent),
      isAsleep.exchange(false, ordering: .acquiringAndReleasing)
    {
      semaphore.signal()
    }
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
