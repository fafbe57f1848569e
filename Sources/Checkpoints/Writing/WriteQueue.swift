import Glibc
import Tensors

/// Writes pieces to a descriptor in their order, from a thread of its own.
///
/// While the kernel takes one piece, the caller fills the next: it gathers a transpose, casts or sums. Pieces of mapped files are read into
/// their slot with `pread`, which costs neither page faults nor memory of the map, and tells of a file that was cut short where the map
/// would end the process. Memory is bounded by `slotCount` slots.
final class WriteQueue: @unchecked Sendable {
  /// Bytes that change hands at once; a slot stays in the second-level cache between its two copies.
  private static let slotByteCount = 256 << 10
  /// Bytes of one call of `write()`.
  ///
  /// Larger aligned calls make ext4 look for larger folios: faster by a fifth while memory is in one piece, up to four times slower when
  /// it is not. This is the size that `cp` ends up with.
  private static let callByteCount = 64 << 10
  private static let slotCount = 16
  /// Mapped pieces below this are copied from the map: a call costs more than a few faults.
  private static let mappedThreshold = 64 << 10

  private struct Piece {
    var slot: Int
    var count: Int
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

  /// - Parameter observe: sees the bytes that are written, in their order, in pieces of any size.
  /// - Returns: the `errno` of an earlier piece that failed; 0 where there is none.
  /// - Throws: `FileError` when a mapped file cannot be read any more.
  func add(
    _ bytes: UnsafeRawBufferPointer, mappedIn files: [MappedFile],
    observe: (UnsafeRawBufferPointer) -> Void = { _ in }
  ) throws(FileError) -> Int32 {
    let place = Self.place(of: bytes, in: files)
    let isRead = bytes.count >= Self.mappedThreshold
    var done = 0
    while done < bytes.count {
      let slot = currentSlot ?? takeSlot()
      currentSlot = slot
      let count = min(bytes.count - done, Self.slotByteCount - filled)
      let start = slot * Self.slotByteCount + filled
      let target = UnsafeMutableRawBufferPointer(rebasing: slots[start..<start + count])
      if isRead, let (file, range) = place {
        try Self.read(target, from: file, at: range.lowerBound + done)
      } else {
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + count]))
      }
      observe(UnsafeRawBufferPointer(target))
      filled += count
      done += count
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

  private static func read(
    _ target: UnsafeMutableRawBufferPointer, from file: MappedFile, at offset: Int
  ) throws(FileError) {
    guard let base = target.baseAddress else { return }
    var done = 0
    while done < target.count {
      let count = pread(file.descriptor, base + done, target.count - done, off_t(offset + done))
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        // No byte where there was one at opening: somebody cut the file short.
        throw FileError(path: file.path, operation: "read", code: count == 0 ? ENODATA : errno)
      }
    }
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
    _ = locked { enqueue(Piece(slot: slot, count: filled)) }
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
    freeSlots.append(piece.slot)
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
    let start = piece.slot * Self.slotByteCount
    let bytes = UnsafeRawBufferPointer(rebasing: slots[start..<start + piece.count])
    return bytes.writeAll(to: descriptor, callByteCount: Self.callByteCount)
  }
}
