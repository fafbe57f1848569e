package import Tensors

/// Writes one array as a `.npy` file, format version 1, row-major, little-endian.
package enum NumPyWriter {
  /// - Parameter bytes: the elements; exactly as many as the shape says.
  /// - Throws: `CheckpointError` when the type has no NumPy name, the sizes do not agree, or the file cannot be written.
  package static func write(
    _ bytes: UnsafeRawBufferPointer, type: ElementType, shape: Shape, to path: String,
    isReplacing: Bool = false
  ) throws(CheckpointError) {
    guard let count = shape.elementCount,
      count.multipliedReportingOverflow(by: type.byteCount) == (bytes.count, false)
    else {
      throw .unusable(
        path: path, tensor: "", reason: "shape \(shape) does not fit \(bytes.count) bytes")
    }
    let header = try header(type: type, shape: shape, path: path)
    let output = try OutputFile(target: path, isReplacing: isReplacing)
    defer { output.discard() }
    try output.write(header)
    try output.write(bytes)
    try output.finish()
    try output.commit()
  }

  /// Everything in front of the data.
  static func header(
    type: ElementType, shape: Shape, path: String
  ) throws(CheckpointError) -> [UInt8] {
    guard let code = codes[type] else {
      throw .unusable(path: path, tensor: "", reason: "NumPy has no type for \(type.rawValue)")
    }
    let sizes = shape.sizes.map(String.init).joined(separator: ", ")
    let tuple = shape.rank == 1 ? "(\(sizes),)" : "(\(sizes))"
    var text = "{'descr': '\(code)', 'fortran_order': False, 'shape': \(tuple), }"
    // The data begins at a multiple of 64 bytes; the header ends in a line feed.
    let unpadded = 10 + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    guard let length = UInt16(exactly: text.utf8.count) else {
      throw .unusable(path: path, tensor: "", reason: "it has too many dimensions")
    }
    return NumPyHeader.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
  }

  private static let codes: [ElementType: String] = [
    .f64: "<f8", .f32: "<f4", .f16: "<f2", .bf16: "|V2", .i64: "<i8", .i32: "<i4", .i16: "<i2",
    .i8: "|i1", .u64: "<u8", .u32: "<u4", .u16: "<u2", .u8: "|u1", .bool: "|b1", .c64: "<c8",
    .c128: "<c16",
  ]
}
