import Tensors

/// The `data.pkl` of a state dict, protocol 2, as PyTorch itself writes it.
enum StateDictPickle {
  static func bytes(of tensors: [PyTorchWriter.Tensor], path: String) throws -> [UInt8] {
    var pickle = Builder()
    pickle.bytes += [0x80, 2]
    pickle.global("collections", "OrderedDict")
    pickle.bytes += Array(")R(".utf8)
    for (index, tensor) in tensors.enumerated() {
      guard let count = tensor.shape.elementCount,
        let byteCount = PyTorchWriter.byteCount(of: tensor)
      else {
        throw CheckpointError.unusable(path: path, tensor: tensor.name, reason: "its size overflows")
      }
      pickle.text(tensor.name)
      let storage = storageClass(of: tensor.elementType)
      pickle.global("torch._utils", storage == nil ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2")
      pickle.bytes += Array("((".utf8)
      pickle.text("storage")
      pickle.global("torch", storage ?? "UntypedStorage")
      pickle.text(String(index))
      pickle.text("cpu")
      pickle.integer(storage == nil ? byteCount : count)
      pickle.bytes += Array("tQ".utf8)
      pickle.integer(0)
      pickle.tuple(tensor.shape.sizes)
      pickle.tuple(tensor.shape.contiguousStrides)
      pickle.bytes.append(0x89)
      pickle.global("collections", "OrderedDict")
      pickle.bytes += Array(")R".utf8)
      if storage == nil { pickle.global("torch", dtype(of: tensor.elementType)) }
      pickle.bytes += Array("tR".utf8)
    }
    pickle.bytes += Array("u.".utf8)
    return pickle.bytes
  }

  /// Types that came after PyTorch gave up typed storages have no class.
  private static func storageClass(of type: ElementType) -> String? {
    switch type {
    case .f64: "DoubleStorage"
    case .f32: "FloatStorage"
    case .f16: "HalfStorage"
    case .bf16: "BFloat16Storage"
    case .i64: "LongStorage"
    case .i32: "IntStorage"
    case .i16: "ShortStorage"
    case .i8: "CharStorage"
    case .u8: "ByteStorage"
    case .bool: "BoolStorage"
    case .c64: "ComplexFloatStorage"
    case .c128: "ComplexDoubleStorage"
    case .f8e4m3, .f8e5m2, .u16, .u32, .u64: nil
    }
  }

  private static func dtype(of type: ElementType) -> String { NumPyType.name(of: type) }

  private struct Builder {
    var bytes: [UInt8] = []

    mutating func global(_ module: String, _ name: String) {
      bytes += Array("c\(module)\n\(name)\n".utf8)
    }

    mutating func text(_ text: String) {
      bytes.append(UInt8(ascii: "X"))
      let count = UInt32(clamping: text.utf8.count)
      withUnsafeBytes(of: count.littleEndian) { bytes += Array($0) }
      bytes += Array(text.utf8)
    }

    mutating func integer(_ value: Int) {
      if value >= 0, value <= Int(Int32.max) {
        bytes.append(UInt8(ascii: "J"))
        withUnsafeBytes(of: Int32(value).littleEndian) { bytes += Array($0) }
      } else {
        bytes += [0x8A, 8]
        withUnsafeBytes(of: Int64(value).littleEndian) { bytes += Array($0) }
      }
    }

    mutating func tuple(_ values: [Int]) {
      bytes.append(UInt8(ascii: "("))
      for value in values { integer(value) }
      bytes.append(UInt8(ascii: "t"))
    }
  }
}
