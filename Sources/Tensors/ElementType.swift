/// What one number of a tensor is.
///
/// Raw values are the spellings of the safetensors format.
package enum ElementType: String, Sendable, Hashable, CaseIterable {
  case f64 = "F64"
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case f8e4m3 = "F8_E4M3"
  case f8e5m2 = "F8_E5M2"
  case i64 = "I64"
  case i32 = "I32"
  case i16 = "I16"
  case i8 = "I8"
  case u64 = "U64"
  case u32 = "U32"
  case u16 = "U16"
  case u8 = "U8"
  case bool = "BOOL"
  case c64 = "C64"
  case c128 = "C128"

  /// Bytes that one element takes.
  package var byteCount: Int {
    switch self {
    case .c128: 16
    case .f64, .i64, .u64, .c64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .f8e4m3, .f8e5m2, .i8, .u8, .bool: 1
    }
  }

  /// Bytes that are swapped together when the byte order differs: half of a complex number.
  package var wordByteCount: Int {
    switch self {
    case .c64: 4
    case .c128: 8
    default: byteCount
    }
  }

  package var isFloatingPoint: Bool {
    switch self {
    case .f64, .f32, .f16, .bf16, .f8e4m3, .f8e5m2: true
    default: false
    }
  }

  package var isComplex: Bool { self == .c64 || self == .c128 }
}

/// Order of the bytes within a word.
package enum ByteOrder: Sendable, Hashable {
  case little
  case big
}
