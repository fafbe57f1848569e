import Glibc
import Synchronization

/// The monotonic clock.
enum Clock {
  /// Seconds since some moment.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// Wakes a loop that has no terminal to wait for: a pipe, written once until it is read.
final class WakeSignal: Sendable {
  /// To be watched by `poll`; -1 where the system has no more descriptors.
  let readDescriptor: Int32
  private let writeDescriptor: Int32
  private let isSet = Atomic<Bool>(false)

  init() {
    var ends: [Int32] = [-1, -1]
    if pipe(&ends) == 0 {
      for end in ends {
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      }
    }
    readDescriptor = ends[0]
    writeDescriptor = ends[1]
  }

  deinit {
    if readDescriptor >= 0 { close(readDescriptor) }
    if writeDescriptor >= 0 { close(writeDescriptor) }
  }

  /// Callable from any thread.
  func wake() {
    guard isSet.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
    var byte: UInt8 = 1
    _ = write(writeDescriptor, &byte, 1)
  }

  /// Takes the wake-up, so that the next one writes again.
  func clear() {
    var bytes = [UInt8](repeating: 0, count: 16)
    while read(readDescriptor, &bytes, bytes.count) > 0 {}
    isSet.store(false, ordering: .releasing)
  }

  /// Waits for a wake-up and takes it.
  func wait(seconds: Double) {
    var watched = pollfd(fd: readDescriptor, events: Int16(POLLIN), revents: 0)
    _ = poll(&watched, 1, Int32(min(max(seconds * 1000, 1), 60_000)))
    clear()
  }
}
