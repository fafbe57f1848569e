import Glibc
package import Tensors

/// Writes `.npy` arrays.
package enum NumPyWriter {
  /// Writes row-major little-endian `bytes`, beside the target first and renamed when complete.
  ///
  /// bfloat16 and 8-bit floats are written as raw bytes (`|V2`, `|V1`), as NumPy itself does.
  /// - Throws: `CheckpointError` when shape and bytes disagree or the file cannot be written.
  package static func write(
    npy path: String, elementType: ElementType, shape: Shape, bytes: UnsafeRawBufferPointer
  ) throws(CheckpointError) {
    guard let count = shape.elementCount,
      case let (byteCount, overflow) = count.multipliedReportingOverflow(by: elementType.byteCount),
      !overflow, byteCount == bytes.count
    else {
      throw .unusable(
        path: path, tensor: "", reason: "shape \(shape) does not take \(bytes.count) bytes")
    }
    let output = try PartFile(target: path)
    try output.write(header(elementType: elementType, shape: shape))
    try output.write(bytes)
    try output.finish()
  }

  /// Version 1 header, padded with blanks so that the data begins at a multiple of 64.
  static func header(elementType: ElementType, shape: Shape) -> [UInt8] {
    let sizes =
      shape.rank == 1 ? "(\(shape[0]),)" : "(" + shape.sizes.map(String.init).joined(separator: ", ") + ")"
    var text =
      "{'descr': '\(NumPyType.descriptor(of: elementType))', 'fortran_order': False, 'shape': \(sizes), }"
    text += String(repeating: " ", count: (64 - (10 + text.utf8.count + 1) % 64) % 64) + "\n"
    let length = text.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8 & 0xFF)]
      + Array(text.utf8)
  }
}
