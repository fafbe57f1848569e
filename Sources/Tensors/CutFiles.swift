import Glibc
import Synchronization

/// Keeps the program alive when somebody cuts a file short that it has mapped.
///
/// Touching a page behind the new end raises SIGBUS. The handler puts zeros in the place of the lost pages and marks the file, the read
/// goes on, and whoever reads asks `MappedFile.isCut` before it believes what it has read.
enum CutFiles {
  /// One mapping; all zeros where there is none.
  ///
  /// The handler may run at any moment, so `end` is set last and cleared first.
  struct Slot: ~Copyable {
    fileprivate let start = Atomic<UInt>(0)
    fileprivate let end = Atomic<UInt>(0)
    fileprivate let cut = Atomic<Bool>(false)

    var isCut: Bool { cut.load(ordering: .relaxed) }
  }

  /// Mappings beyond this many are not watched.
  private static let slotCount = 4096
  private nonisolated(unsafe) static let slots: UnsafeMutablePointer<Slot> = {
    let slots = UnsafeMutablePointer<Slot>.allocate(capacity: slotCount)
    for index in 0..<slotCount { (slots + index).initialize(to: Slot()) }
    return slots
  }()
  private static let freeSlots = Mutex(Array((0..<slotCount).reversed()))
  /// What the signal did before; written before the handler stands.
  private nonisolated(unsafe) static var previous = sigaction()

  /// Watches a mapping until `forget`; nil where too many are watched already.
  static func watch(_ address: UnsafeRawPointer, byteCount: Int) -> UnsafeMutablePointer<Slot>? {
    install()
    guard let index = freeSlots.withLock({ $0.popLast() }) else { return nil }
    let slot = slots + index
    let start = UInt(bitPattern: address)
    slot.pointee.cut.store(false, ordering: .relaxed)
    slot.pointee.start.store(start, ordering: .relaxed)
    slot.pointee.end.store(start + UInt(byteCount), ordering: .releasing)
    return slot
  }

  static func forget(_ slot: UnsafeMutablePointer<Slot>) {
    slot.pointee.end.store(0, ordering: .releasing)
    slot.pointee.start.store(0, ordering: .relaxed)
    freeSlots.withLock { $0.append(slot - slots) }
  }

  /// Takes the signal, unless it is taken; others (a terminal session) may have set a handler of their own meanwhile, which comes second.
  static func install() {
    freeSlots.withLock { _ in
      var current = sigaction()
      guard sigaction(SIGBUS, nil, &current) == 0, !isOurs(current) else { return }
      previous = current
      // Not first made inside the handler.
      _ = slots
      _ = pageSize
      var action = sigaction()
      action.__sigaction_handler.sa_sigaction = handler
      action.sa_flags = SA_SIGINFO | Int32(bitPattern: UInt32(SA_ONSTACK)) | SA_RESTART
      sigaction(SIGBUS, &action, nil)
    }
  }

  private static func isOurs(_ action: sigaction) -> Bool {
    guard action.sa_flags & SA_SIGINFO != 0, let set = action.__sigaction_handler.sa_sigaction
    else { return false }
    return unsafeBitCast(set, to: Int.self) == unsafeBitCast(handler, to: Int.self)
  }

  private typealias Handler =
    @convention(c) (Int32, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?) -> Void

  /// Calls nothing but the kernel: any lock may be held where it runs.
  private static let handler: Handler = { number, information, _ in
    let address = UInt(bitPattern: information?.pointee._sifields._sigfault.si_addr)
    guard information?.pointee.si_code == CutFiles.behindTheEnd, CutFiles.fill(from: address) else {
      // Not ours: the instruction is tried again under the handler before. A signal that somebody sent does not come again by itself.
      sigaction(number, &CutFiles.previous, nil)
      if (information?.pointee.si_code ?? 0) <= 0 { raise(number) }
      return
    }
  }

  /// `BUS_ADRERR`: the page is behind the end of the file.
  private static let behindTheEnd: Int32 = 2
  private static let pageSize = UInt(sysconf(Int32(_SC_PAGESIZE)))

  /// - Returns: whether the address is in a watched mapping, and can be read now.
  private static func fill(from address: UInt) -> Bool {
    for index in 0..<slotCount {
      let end = slots[index].end.load(ordering: .acquiring)
      guard address < end, address >= slots[index].start.load(ordering: .relaxed) else { continue }
      slots[index].cut.store(true, ordering: .relaxed)
      let page = address / pageSize * pageSize
      let filled = mmap(
        UnsafeMutableRawPointer(bitPattern: page), Int(end - page), PROT_READ,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
      return filled != MAP_FAILED
    }
    return false
  }
}
