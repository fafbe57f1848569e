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
  /// The rows in the mapped file; nil where they were copied at once.
  private var mapped: UnsafeRawPointer?
  // Written once, before `isKept` says so.
  private var storage: AlignedBuffer?
  private let isKept = Atomic<Bool>(false)

  init(source: any WeightSource, width: Int, count: Int) {
    self.source = source
    self.width = width
    self.count = count
  }

  private static func kernelElement(_ type: ElementType) -> ck_element? {
    switch type {
    case .f32: CK_F32
    case .f16: CK_F16
    case .bf16: CK_BF16
    default: nil
    }
  }

  private var rowByteCount: Int { width * (element == CK_F32 ? 4 : 2) }

  /// - Parameter inPlace: rows are looked up in the mapped file until `keep` is called, where they stand there.
  func prepare(inPlace: Bool) throws(InferenceError) {
    let name = Self.name
    if inPlace, let type = source.elementType(of: name), let kind = Self.kernelElement(type),
      let bytes = source.bytesInPlace(of: name), bytes.count >= count * width * type.byteCount,
      let base = bytes.baseAddress
    {
      element = kind
      mapped = base
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
        if let kind = Self.kernelElement(type) {
          element = kind
          keep(base)
        } else {
          let decoder = ElementDecoder(type: type)
          storage = AlignedBuffer((0..<total).map { Float(decoder.value(at: $0, in: bytes)) })
          isKept.store(true, ordering: .releasing)
        }
      }
    } catch let error as InferenceError {
      throw error
    } catch {
      throw .unreadableTensor(name: name, reason: "\(error)")
    }
    source.release(name)
  }

  /// Copies rows that are still looked up in the mapped file; look-ups may go on meanwhile.
  func keep() {
    guard let mapped, !isKept.load(ordering: .acquiring) else { return }
    keep(mapped)
    source.release(Self.name)
  }

  private func keep(_ rows: UnsafeRawPointer) {
    let buffer = AlignedBuffer(byteCount: count * rowByteCount)
    buffer.base.copyMemory(from: rows, byteCount: buffer.byteCount)
    storage = buffer
    isKept.store(true, ordering: .releasing)
  }

  /// - Precondition: `0 <= id < count`, checked by the tower.
  func copy(_ id: Int, to target: UnsafeMutablePointer<Float>) {
    let isKept = isKept.load(ordering: .acquiring)
    guard let rows = isKept ? storage.map({ UnsafeRawPointer($0.base) }) : mapped else { return }
    ck_widen(target, rows + id * rowByteCount, element, width)
  }
}
