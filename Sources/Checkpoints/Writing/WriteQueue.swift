import Glibc
import Tensors

/// Writes pieces to a descriptor in their order, from a thread of its own.
///
/// While the kernel copies one piece, the caller makes the next: it faults in mapped pages, gathers a transpose, casts or sums. Pieces of
/// mapped files are written from where they are and their pages are let go afterwards; all others are copied into a few slots. Memory is
/// bounded by `slotCount` slots and `mappedLimit` mapped bytes.
final class WriteQueue: @unchecked Sendable {
  /// Bytes of one call of `write()`.
  ///
  /// Larger aligned calls make ext4 look for very large folios, which is several times slower on memory that is in pieces.
  private static let slotByteCount = 1 << 20
  private static let slotCount = 8
  private static let mappedLimit = 16 << 20
  /// Mapped pieces below this are copied together with their neighbours.
  private static let mappedThreshold = 64 << 10

  private enum Piece {
    case slot(Int, count: Int)
    case mapped(MappedFile, Range<Int>)
  }

  private let descriptor: Int32
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  /// Signalled whenever a piece comes or goes.
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let slots: UnsafeMutableRawBufferPointer
  private var thread: pthread_t?

  // The caller's own.
  private var currentSlot: Int?
  private var filled = 0

  // Under the mutex.
  private var waiting: [Piece] = []
  private var freeSlots = Array(0..<slotCount)
  private var mappedByteCount = 0
  private var isEnding = false
  /// `errno` of the first call that failed; everything after it is thrown away.
  private var failure: Int32 = 0

  init(descriptor: Int32) {
    self.descriptor = descriptor
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
    slots = .allocate(byteCount: Self.slotByteCount * Self.slotCount, alignment: 4096)
  }

  deinit {
    stop()
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
    slots.deallocate()
  }

  /// - Returns: the `errno` of an earlier piece that failed; 0 where there is none.
  func add(_ bytes: UnsafeRawBufferPointer, mappedIn files: [MappedFile]) -> Int32 {
    let place = Self.place(of: bytes, in: files)
    if bytes.count >= Self.mappedThreshold, let (file, range) = place {
      flushSlot()
      file.populate(range)
      return locked {
        while mappedByteCount > 0, mappedByteCount + range.count > Self.mappedLimit, failure == 0 {
          wait()
        }
        mappedByteCount += range.count
        enqueue(.mapped(file, range))
      }
    }
    var rest = bytes
    while !rest.isEmpty {
      let slot = currentSlot ?? takeSlot()
      currentSlot = slot
      let count = min(rest.count, Self.slotByteCount - filled)
      let start = slot * Self.slotByteCount + filled
      UnsafeMutableRawBufferPointer(rebasing: slots[start..<start + count])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
      filled += count
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      if filled == Self.slotByteCount { flushSlot() }
    }
    if let (file, range) = place { file.release(range) }
    return locked {}
  }

  /// Waits until everything is written.
  ///
  /// - Returns: `errno` of the first piece that failed; 0 where there is none.
  func finish() -> Int32 {
    flushSlot()
    stop()
    return failure
  }

  /// Throws away what is not yet written.
  func abandon() {
    _ = locked { if failure == 0 { failure = ECANCELED } }
    stop()
  }

  // MARK: The caller

  static func populate(_ bytes: UnsafeRawBufferPointer, in files: [MappedFile]) {
    guard bytes.count >= mappedThreshold, let (file, range) = place(of: bytes, in: files) else {
      return
    }
    file.populate(range)
  }

  private static func place(
    of bytes: UnsafeRawBufferPointer, in files: [MappedFile]
  ) -> (MappedFile, Range<Int>)? {
    guard let start = bytes.baseAddress else { return nil }
    for file in files {
      guard let base = file.bytes.baseAddress, start >= base,
        start + bytes.count <= base + file.byteCount
      else { continue }
      return (file, start - base..<start - base + bytes.count)
    }
    return nil
  }

  private func takeSlot() -> Int {
    var slot = 0
    _ = locked {
      while freeSlots.isEmpty { wait() }
      slot = freeSlots.removeLast()
    }
    return slot
  }

  private func flushSlot() {
    guard let slot = currentSlot else { return }
    _ = locked { enqueue(.slot(slot, count: filled)) }
    currentSlot = nil
    filled = 0
  }

  private func enqueue(_ piece: Piece) {
    waiting.append(piece)
    pthread_cond_broadcast(changed)
    if thread == nil { startThread() }
    // Where no thread can be had, the caller writes.
    guard thread == nil else { return }
    while !waiting.isEmpty {
      let piece = waiting.removeFirst()
      settle(piece, code: failure == 0 ? write(piece) : 0)
    }
  }

  private func startThread() {
    var started = pthread_t()
    let code = pthread_create(
      &started, nil,
      { argument in
        if let argument { Unmanaged<WriteQueue>.fromOpaque(argument).takeUnretainedValue().run() }
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
    if code == 0 { thread = started }
  }

  /// Counts a piece as done; under the mutex.
  private func settle(_ piece: Piece, code: Int32) {
    if failure == 0 { failure = code }
    switch piece {
    case .slot(let slot, _): freeSlots.append(slot)
    case .mapped(_, let range): mappedByteCount -= range.count
    }
    pthread_cond_broadcast(changed)
  }

  /// The thread is joined here, so that it never outlives the object that it works on.
  private func stop() {
    _ = locked {
      isEnding = true
      pthread_cond_broadcast(changed)
    }
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }

  private func locked(_ body: () -> Void) -> Int32 {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    body()
    return failure
  }

  private func wait() { pthread_cond_wait(changed, mutex) }

  // MARK: The thread

  private func run() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      while waiting.isEmpty, !isEnding { wait() }
      guard !waiting.isEmpty else { return }
      let piece = waiting.removeFirst()
      let isLost = failure != 0
      pthread_mutex_unlock(mutex)
      let code = isLost ? 0 : write(piece)
      pthread_mutex_lock(mutex)
      settle(piece, code: code)
    }
  }

  private func write(_ piece: Piece) -> Int32 {
    switch piece {
    case .slot(let slot, let count):
      let start = slot * Self.slotByteCount
      return write(UnsafeRawBufferPointer(rebasing: slots[start..<start + count]))
    case .mapped(let file, let range):
      let code = write(UnsafeRawBufferPointer(rebasing: file.bytes[range]))
      file.release(range)
      return code
    }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    guard let base = bytes.baseAddress else { return 0 }
    var offset = 0
    while offset < bytes.count {
      let count = min(bytes.count - offset, Self.slotByteCount)
      let written = Glibc.write(descriptor, base + offset, count)
      if written < 0 {
        if errno == EINTR { continue }
        return errno
      }
      if written == 0 { return ENOSPC }
      offset += written
    }
    return 0
  }
}
