import CKernels
import Tensors

extension ElementType {
  /// The type as the kernels know it; nil where they cannot read it and its numbers are widened first.
  var kernelElement: ck_element? {
    switch self {
    case .f32: CK_F32
    case .f16: CK_F16
    case .bf16: CK_BF16
    default: nil
    }
  }
}

extension ck_element {
  /// Bytes of one number.
  var byteCount: Int { self == CK_F32 ? 4 : 2 }
}
