import CZlib
import Tensors

/// The header of a compressed array, without inflating the array.
enum DeflatedPrefix {
  static func header(
    of member: ZipMember, at offset: Int, in archive: ZipArchive
  ) throws -> NumPyHeader {
    let source = UnsafeRawBufferPointer(
      rebasing: archive.file.bytes[offset..<offset + member.compressedByteCount])
    // Headers of plain arrays take 64 or 128 bytes; the long form is tried where that is not enough.
    for capacity in [4096, (1 << 20) + 16] {
      let target = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
      defer { target.deallocate() }
      let written = clipscope_inflate_prefix(
        source.baseAddress, source.count, target.baseAddress, min(capacity, member.byteCount))
      guard written > 0 else { throw NumPyFault("its compressed data is damaged") }
      let bytes = UnsafeRawBufferPointer(rebasing: target[..<written])
      do {
        return try NumPyHeader(bytes)
      } catch let fault as NumPyFault {
        if written < capacity || capacity > 4096 { throw fault }
      }
    }
    throw NumPyFault("its header is too long")
  }
}
