import CZlib
import Tensors

/// The header of a compressed array, without inflating the array.
enum DeflatedPrefix {
  /// Bytes that are inflated of each array: magic, version, length and the longest header.
  static let byteCount = 12 + NumPyHeader.textLimit

  static func header(
    of member: ZipMember, at offset: Int, in archive: ZipArchive
  ) throws -> NumPyHeader {
    let source = UnsafeRawBufferPointer(
      rebasing: archive.file.bytes[offset..<offset + member.compressedByteCount])
    return try withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 16) { target in
      let written = clipscope_inflate_prefix(
        source.baseAddress, source.count, target.baseAddress, min(byteCount, member.byteCount))
      guard written > 0 else { throw NumPyFault("its compressed data is damaged") }
      return try NumPyHeader(UnsafeRawBufferPointer(rebasing: target[..<written]))
    }
  }
}
