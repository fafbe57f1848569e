import Glibc
import Synchronization

/// The one place that says how many threads work and which threads they are.
///
/// Long work never runs on the cooperative pool of Swift's concurrency (it has one thread a core, and
/// a blocked one delays everything that awaits): each job has a thread of its own, and a loop inside a job
/// borrows `count - 1` more for its duration.
package enum Threads {
  /// Processors that are there, up to 16; `CLIPSCOPE_THREADS` overrides it.
  package static let count: Int = {
    if let text = getenv("CLIPSCOPE_THREADS"), let wanted = Int(String(cString: text)) {
      return min(max(wanted, 1), 64)
    }
    return min(max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1), 16)
  }()

  /// Runs `body` on a new thread.
  ///
  /// Where no thread can be had, runs it here.
  package static func run(_ body: @escaping @Sendable () -> Void) {
    guard let thread = start(body) else { return body() }
    pthread_detach(thread)
  }

  /// Calls `body` once for each index of `0..<count`, from up to `threads` threads, the calling one included.
  ///
  /// Indices are handed out in order, one at a time. After the first error no more are handed out.
  /// - Throws: the first error that `body` threw.
  package static func forEach(
    _ count: Int, threads: Int = Threads.count,
    _ body: @escaping @Sendable (Int) throws -> Void
  ) throws {
    let work = Work(count: count, body: body)
    let helpers = (1..<max(min(threads, count), 1)).compactMap { _ in start { work.run() } }
    work.run()
    for helper in helpers { pthread_join(helper, nil) }
    if let error = work.error { throw error }
  }

  private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body: body))
    let code = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
    if code == 0 { return thread }
    box.release()
    return nil
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private final class Work: Sendable {
    private let count: Int
    private let next = Atomic<Int>(0)
    private let failure = Mutex<(any Error)?>(nil)
    private let body: @Sendable (Int) throws -> Void

    init(count: Int, body: @escaping @Sendable (Int) throws -> Void) {
      self.count = count
      self.body = body
    }

    var error: (any Error)? { failure.withLock { $0 } }

    func run() {
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        do {
          try body(index)
        } catch {
          failure.withLock { if $0 == nil { $0 = error } }
          next.store(count, ordering: .relaxed)
          return
        }
      }
    }
  }
}
