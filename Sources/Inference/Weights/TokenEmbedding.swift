import CKernels
import Synchronization
import Tensors

/// The rows of the vocabulary, kept in the element type of the checkpoint and widened when they are looked up.
final class TokenEmbedding: @unchecked Sendable {
  private static let name = "text.token_embedding"

  private let source: any WeightSource
  private let width: Int
  private let count: Int
  // Written by `prepare`, before the tower is handed out.
  private var element = CK_F32
  /// The rows in the checkpoint file; nil where they were copied at once.
  private var stored: FileSlice?
  private let hasFailed = Atomic<Bool>(false)
  // Written once, before `isKept` says so.
  private var storage: AlignedBuffer?
  private let isKept = Atomic<Bool>(false)

  init(source: any WeightSource, width: Int, count: Int) {
    self.source = source
    self.width = width
    self.count = count
  }

  private var rowByteCount: Int { width * element.byteCount }

  /// Why rows could not be read, if so.
  var failure: InferenceError? {
    guard hasFailed.load(ordering: .relaxed) else { return nil }
    return .unreadableTensor(name: Self.name, reason: "the file was changed while it was read")
  }

  /// - Parameter inPlace: rows are looked up in the file until `keep` is called, where they stand there.
  func prepare(inPlace: Bool) throws(InferenceError) {
    let name = Self.name
    if inPlace, let type = source.elementType(of: name), let kind = type.kernelElement,
      let slice = source.slice(of: name), slice.byteCount >= count * width * type.byteCount
    {
      element = kind
      stored = slice
      return
    }
    let total = count * width
    do {
      try source.withElements(of: name) { type, bytes in
        guard type.isFloatingPoint else {
          throw InferenceError.unsupportedElementType(name: name, type: type)
        }
        let needed = total * type.byteCount
        guard bytes.count >= needed, let base = bytes.baseAddress else {
          throw InferenceError.truncatedTensor(name: name, expected: needed, found: bytes.count)
        }
        if let kind = type.kernelElement {
          element = kind
          let buffer = AlignedBuffer(byteCount: needed)
          buffer.base.copyMemory(from: base, byteCount: needed)
          keep(buffer)
        } else {
          let decoder = ElementDecoder(type: type)
          keep(AlignedBuffer(decoder.floats(total, in: bytes)))
        }
      }
    } catch let error as InferenceError {
      throw error
    } catch {
      throw .unreadableTensor(name: name, reason: "\(error)")
    }
    source.release(name)
  }

  /// Copies rows that are still looked up in the file; look-ups may go on meanwhile.
  func keep() {
    guard let stored, !isKept.load(ordering: .acquiring) else { return }
    let buffer = AlignedBuffer(byteCount: count * rowByteCount)
    if !stored.read(0..<buffer.byteCount, into: buffer.base) {
      hasFailed.store(true, ordering: .relaxed)
    }
    keep(buffer)
  }

  private func keep(_ buffer: AlignedBuffer) {
    storage = buffer
    isKept.store(true, ordering: .releasing)
  }

  /// - Precondition: `0 <= id < count`, checked by the tower.
  func copy(_ id: Int, to target: UnsafeMutablePointer<Float>) {
    if isKept.load(ordering: .acquiring) {
      if let storage { ck_widen(target, storage.base + id * rowByteCount, element, width) }
      return
    }
    let start = id * rowByteCount
    withUnsafeTemporaryAllocation(byteCount: rowByteCount, alignment: 64) { row in
      guard let base = row.baseAddress, let stored,
        stored.read(start..<start + rowByteCount, into: base)
      else {
        hasFailed.store(true, ordering: .relaxed)
        return
      }
      ck_widen(target, base, element, width)
    }
  }
}
