import CKernels
import Tensors

/// The rows of the vocabulary, kept in the element type of the checkpoint and widened when they are looked up.
final class TokenEmbedding: @unchecked Sendable {
  // Written once by `prepare`, before the tower is handed out.
  private let source: any WeightSource
  private let width: Int
  private let count: Int
  private var element = CK_F32
  private var storage: AlignedBuffer?

  init(source: any WeightSource, width: Int, count: Int) {
    self.source = source
    self.width = width
    self.count = count
  }

  func prepare() throws(InferenceError) {
    let name = "text.token_embedding"
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
        switch type {
        case .f32, .f16, .bf16:
          element = type == .f16 ? CK_F16 : type == .bf16 ? CK_BF16 : CK_F32
          let buffer = AlignedBuffer(byteCount: needed)
          buffer.base.copyMemory(from: base, byteCount: needed)
          storage = buffer
        default:
          let decoder = ElementDecoder(type: type)
          storage = AlignedBuffer((0..<total).map { Float(decoder.value(at: $0, in: bytes)) })
        }
      }
    } catch let error as InferenceError {
      throw error
    } catch {
      throw .unreadableTensor(name: name, reason: "\(error)")
    }
    source.release(name)
  }

  /// - Precondition: `0 <= id < count`, checked by the tower.
  func copy(_ id: Int, to target: UnsafeMutablePointer<Float>) {
    guard let storage else { return }
    let size = element == CK_F32 ? 4 : 2
    ck_widen(target, storage.base + id * width * size, element, width)
  }
}
