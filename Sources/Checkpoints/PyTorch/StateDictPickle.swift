import Tensors

/// The pickle of a flat state dict, protocol 2, as `torch.save` writes it.
///
/// `collections.OrderedDict` of `torch._utils._rebuild_tensor_v2` calls whose storages are persistent ids; both the restricted and the
/// plain loader of torch read it. Types without a storage class of their own go through `_rebuild_tensor_v3` and an untyped storage.
struct StateDictPickle {
  private(set) var bytes: [UInt8] = [0x80, 2]

  init(_ tensors: [TensorToWrite]) throws(CheckpointError) {
    global("collections", "OrderedDict")
    bytes += [UInt8(ascii: ")"), UInt8(ascii: "R"), UInt8(ascii: "(")]
    for (index, tensor) in tensors.enumerated() {
      text(tensor.name)
      try add(tensor, key: String(index))
    }
    bytes += [UInt8(ascii: "u"), UInt8(ascii: ".")]
  }

  private mutating func add(
    _ tensor: TensorToWrite, key: String
  ) throws(CheckpointError) {
    guard let count = tensor.shape.elementCount else {
      throw .unusable(path: "", tensor: tensor.name, reason: "its size overflows")
    }
    let storageClass = Self.storageClasses[tensor.elementType]
    global("torch._utils", storageClass == nil ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2")
    bytes.append(UInt8(ascii: "("))
    // ("storage", class, key, "cpu", count) as a persistent id; untyped storages count bytes.
    bytes.append(UInt8(ascii: "("))
    text("storage")
    if let storageClass {
      global("torch", storageClass)
    } else {
      global("torch.storage", "UntypedStorage")
    }
    text(key)
    text("cpu")
    integer(storageClass == nil ? count * tensor.elementType.byteCount : count)
    bytes += [UInt8(ascii: "t"), UInt8(ascii: "Q")]
    integer(0)
    tuple(tensor.shape.sizes)
    tuple(tensor.shape.contiguousStrides)
    bytes.append(0x89)
    global("collections", "OrderedDict")
    bytes += [UInt8(ascii: ")"), UInt8(ascii: "R")]
    if storageClass == nil { global("torch", Self.untypedNames[tensor.elementType] ?? "uint8") }
    bytes += [UInt8(ascii: "t"), UInt8(ascii: "R")]
  }

  private static let storageClasses: [ElementType: String] = [
    .f64: "DoubleStorage", .f32: "FloatStorage", .f16: "HalfStorage", .bf16: "BFloat16Storage",
    .i64: "LongStorage", .i32: "IntStorage", .i16: "ShortStorage", .i8: "CharStorage",
    .u8: "ByteStorage", .bool: "BoolStorage", .c64: "ComplexFloatStorage",
    .c128: "ComplexDoubleStorage",
  ]

  private static let untypedNames: [ElementType: String] = [
    .f8e4m3: "float8_e4m3fn", .f8e5m2: "float8_e5m2", .u16: "uint16", .u32: "uint32",
    .u64: "uint64",
  ]

  private mutating func global(_ module: String, _ name: String) {
    bytes.append(UInt8(ascii: "c"))
    bytes += Array("\(module)\n\(name)\n".utf8)
  }

  private mutating func text(_ text: String) {
    let utf8 = Array(text.utf8)
    bytes.append(UInt8(ascii: "X"))
    word(UInt32(truncatingIfNeeded: utf8.count))
    bytes += utf8
  }

  private mutating func tuple(_ values: [Int]) {
    bytes.append(UInt8(ascii: "("))
    for value in values { integer(value) }
    bytes.append(UInt8(ascii: "t"))
  }

  private mutating func integer(_ value: Int) {
    if (0..<256).contains(value) {
      bytes += [UInt8(ascii: "K"), UInt8(value)]
    } else if let small = Int32(exactly: value) {
      bytes.append(UInt8(ascii: "J"))
      word(UInt32(bitPattern: small))
    } else {
      bytes += [0x8A, 8]
      word(UInt64(bitPattern: Int64(value)))
    }
  }

  private mutating func word<Word: FixedWidthInteger>(_ value: Word) {
    withUnsafeBytes(of: value.littleEndian) { bytes += Array($0) }
  }
}
