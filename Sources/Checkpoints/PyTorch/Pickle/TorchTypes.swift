import Tensors

/// An element type of PyTorch: how it is stored, and whether its values can be read here.
struct TorchType: Equatable {
  var elementType: ElementType
  /// PyTorch's name where `elementType` only has the right width.
  var foreignName: String?
}

extension PickleGlobalTable {
  /// Storage classes, in `torch` or `torch.cuda`.
  static let storages: [String: TorchType] = [
    "DoubleStorage": TorchType(elementType: .f64), "FloatStorage": TorchType(elementType: .f32),
    "HalfStorage": TorchType(elementType: .f16), "BFloat16Storage": TorchType(elementType: .bf16),
    "LongStorage": TorchType(elementType: .i64), "IntStorage": TorchType(elementType: .i32),
    "ShortStorage": TorchType(elementType: .i16), "CharStorage": TorchType(elementType: .i8),
    "ByteStorage": TorchType(elementType: .u8), "BoolStorage": TorchType(elementType: .bool),
    "ComplexFloatStorage": TorchType(elementType: .c64),
    "ComplexDoubleStorage": TorchType(elementType: .c128),
    "ComplexHalfStorage": TorchType(elementType: .u32, foreignName: "torch.complex32"),
    "QInt8Storage": TorchType(elementType: .i8, foreignName: "torch.qint8"),
    "QUInt8Storage": TorchType(elementType: .u8, foreignName: "torch.quint8"),
    "QInt32Storage": TorchType(elementType: .i32, foreignName: "torch.qint32"),
    "QUInt4x2Storage": TorchType(elementType: .u8, foreignName: "torch.quint4x2"),
    "QUInt2x4Storage": TorchType(elementType: .u8, foreignName: "torch.quint2x4"),
    "Float8_e4m3fnStorage": TorchType(elementType: .f8e4m3),
    "Float8_e5m2Storage": TorchType(elementType: .f8e5m2),
    "UInt16Storage": TorchType(elementType: .u16), "UInt32Storage": TorchType(elementType: .u32),
    "UInt64Storage": TorchType(elementType: .u64),
  ]

  static let dtypes: [String: TorchType] = [
    "float64": TorchType(elementType: .f64), "double": TorchType(elementType: .f64),
    "float32": TorchType(elementType: .f32), "float": TorchType(elementType: .f32),
    "float16": TorchType(elementType: .f16), "half": TorchType(elementType: .f16),
    "bfloat16": TorchType(elementType: .bf16), "float8_e4m3fn": TorchType(elementType: .f8e4m3),
    "float8_e5m2": TorchType(elementType: .f8e5m2),
    "float8_e4m3fnuz": TorchType(elementType: .u8, foreignName: "torch.float8_e4m3fnuz"),
    "float8_e5m2fnuz": TorchType(elementType: .u8, foreignName: "torch.float8_e5m2fnuz"),
    "float8_e8m0fnu": TorchType(elementType: .u8, foreignName: "torch.float8_e8m0fnu"),
    "int64": TorchType(elementType: .i64), "long": TorchType(elementType: .i64),
    "int32": TorchType(elementType: .i32), "int": TorchType(elementType: .i32),
    "int16": TorchType(elementType: .i16), "short": TorchType(elementType: .i16),
    "int8": TorchType(elementType: .i8), "uint8": TorchType(elementType: .u8),
    "uint16": TorchType(elementType: .u16), "uint32": TorchType(elementType: .u32),
    "uint64": TorchType(elementType: .u64), "bool": TorchType(elementType: .bool),
    "complex64": TorchType(elementType: .c64), "cfloat": TorchType(elementType: .c64),
    "complex128": TorchType(elementType: .c128), "cdouble": TorchType(elementType: .c128),
    "complex32": TorchType(elementType: .u32, foreignName: "torch.complex32"),
    "chalf": TorchType(elementType: .u32, foreignName: "torch.complex32"),
    "qint8": TorchType(elementType: .i8, foreignName: "torch.qint8"),
    "quint8": TorchType(elementType: .u8, foreignName: "torch.quint8"),
    "qint32": TorchType(elementType: .i32, foreignName: "torch.qint32"),
  ]
}
