import Tensors

/// Element types by the names that NumPy uses.
enum NumPyType {
  /// Type of a code without its byte-order sign: `f4`, `i8`, `b1`.
  static func element(code: String) -> ElementType? {
    switch code {
    case "f8": .f64
    case "f4": .f32
    case "f2": .f16
    case "i8": .i64
    case "i4": .i32
    case "i2": .i16
    case "i1": .i8
    case "u8": .u64
    case "u4": .u32
    case "u2": .u16
    case "u1": .u8
    case "b1": .bool
    case "c8": .c64
    case "c16": .c128
    default: nil
    }
  }

  static func name(of type: ElementType) -> String {
    switch type {
    case .f64: "float64"
    case .f32: "float32"
    case .f16: "float16"
    case .bf16: "bfloat16"
    case .f8e4m3: "float8_e4m3fn"
    case .f8e5m2: "float8_e5m2"
    case .i64: "int64"
    case .i32: "int32"
    case .i16: "int16"
    case .i8: "int8"
    case .u64: "uint64"
    case .u32: "uint32"
    case .u16: "uint16"
    case .u8: "uint8"
    case .bool: "bool"
    case .c64: "complex64"
    case .c128: "complex128"
    }
  }

  /// The `descr` that NumPy writes for a type; bfloat16 and the 8-bit floats have none of their own and become raw bytes.
  static func descriptor(of type: ElementType) -> String {
    switch type {
    case .f64: "<f8"
    case .f32: "<f4"
    case .f16: "<f2"
    case .bf16: "|V2"
    case .f8e4m3, .f8e5m2: "|V1"
    case .i64: "<i8"
    case .i32: "<i4"
    case .i16: "<i2"
    case .i8: "|i1"
    case .u64: "<u8"
    case .u32: "<u4"
    case .u16: "<u2"
    case .u8: "|u1"
    case .bool: "|b1"
    case .c64: "<c8"
    case .c128: "<c16"
    }
  }
}
