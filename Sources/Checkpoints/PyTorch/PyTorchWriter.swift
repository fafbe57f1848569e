import CDeflate
package import Tensors

/// Writes a state dict as a PyTorch zip checkpoint that `torch.load(weights_only=True)` reads.
///
/// Members are stored; storages begin at multiples of 64 bytes. Bytes pass through once: the checksum of
/// each storage is put into its header afterwards.
package enum PyTorchWriter {
  /// One tensor to write.
  package struct Tensor {
    package var name: String
    package var elementType: ElementType
    package var shape: Shape
    /// Hands out the row-major little-endian bytes in order, in pieces of any size.
    package var produce: (_ emit: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

    package init(
      name: String, elementType: ElementType, shape: Shape,
      produce: @escaping (_ emit: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) {
      self.name = name
      self.elementType = elementType
      self.shape = shape
      self.produce = produce
    }
  }

  /// Writes `tensors` in the given order, beside the target first and renamed when complete.
  /// - Throws: `CheckpointError`, or what a producer throws; nothing is left behind then.
  package static func write(_ tensors: [Tensor], to path: String) throws {
    var names = Set<String>()
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else {
        throw CheckpointError.unusable(path: path, tensor: tensor.name, reason: "it is given twice")
      }
    }
    let pickle = try StateDictPickle.bytes(of: tensors, path: path)
    let archive = try ZipWriter(path: path, root: "archive")
    try archive.add("data.pkl", pickle)
    try archive.add("byteorder", Array("little".utf8))
    for (index, tensor) in tensors.enumerated() {
      guard let count = byteCount(of: tensor) else {
        throw CheckpointError.unusable(path: path, tensor: tensor.name, reason: "its size overflows")
      }
      do {
        try archive.add("data/\(index)", byteCount: count, produce: tensor.produce)
      } catch let error as ZipWriter.WrongLength {
        throw CheckpointError.unusable(
          path: path, tensor: tensor.name,
          reason: "gave \(error.found) bytes where its shape takes \(count)")
      }
    }
    try archive.add("version", Array("3\n".utf8))
    try archive.finish()
  }

  static func byteCount(of tensor: Tensor) -> Int? {
    guard let count = tensor.shape.elementCount else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: tensor.elementType.byteCount)
    return overflow ? nil : bytes
  }
}
