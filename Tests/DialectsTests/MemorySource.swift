import Dialects

/// Tensors in memory, for plans to read from.
struct MemorySource: TensorSource {
  let tensors: [[UInt8]]

  init(_ tensors: [[UInt8]]) { self.tensors = tensors }

  func withBytes(of index: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try tensors[index].withUnsafeBytes(body)
  }

  func release(_ index: Int, _ range: Range<Int>) {}
}
