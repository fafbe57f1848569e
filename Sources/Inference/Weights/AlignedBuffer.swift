import Glibc

/// Zeroed memory for weights and activations, 64-byte aligned, on huge pages where it is large.
///
/// Written by one owner at a time (the loader's jobs write disjoint parts), read by many afterwards.
final class AlignedBuffer: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let byteCount: Int
  /// Bytes of a mapping of its own; nil for memory of the heap.
  private let mappedCount: Int?

  private static let hugePage = 2 << 20

  /// - Parameter usesHugePages: false for memory that is wanted at once. A fault a huge page costs far less than one for each of its 512
  ///   pages, but a virtual machine may have to ask its host for it, which takes longer than all of them.
  init(byteCount: Int, usesHugePages: Bool = true) {
    self.byteCount = byteCount
    // Spare bytes let kernels prefetch and store past the end of the last row.
    let size = byteCount + 256
    if let mapped = Self.mappedCount(size) {
      let address = mmap(nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      if let address, address != MAP_FAILED {
        madvise(address, mapped, usesHugePages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE)
        base = address
        mappedCount = mapped
        return
      }
    }
    base = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    mappedCount = nil
  }

  /// Bytes to map for `size`, since a fault a huge page costs far less than one for each of its 512 pages: the size itself where it has two
  /// of them, one whole huge page where that wastes a quarter at most; nil where the heap serves.
  private static func mappedCount(_ size: Int) -> Int? {
    if size >= 2 * hugePage { return size }
    return size <= hugePage && 4 * size >= 3 * hugePage ? hugePage : nil
  }

  /// Has the pages made now, whatever is in them; others may use them meanwhile.
  func populate() {
    guard let mappedCount else { return }
    // Kernels before 5.14 do not know it; then the pages come when they are touched.
    madvise(base, mappedCount, Self.populateWrite)
  }

  /// `MADV_POPULATE_WRITE`.
  private static let populateWrite: Int32 = 23

  convenience init(floats: Int) { self.init(byteCount: floats * MemoryLayout<Float>.stride) }

  convenience init(_ values: [Float]) {
    self.init(floats: values.count)
    values.withUnsafeBytes {
      base.copyMemory(from: $0.baseAddress ?? .init(base), byteCount: $0.count)
    }
  }

  deinit {
    if let mappedCount { munmap(base, mappedCount) } else { base.deallocate() }
  }

  var floats: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }
}
