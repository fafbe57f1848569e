package import Tensors

/// Writes a state dict as a PyTorch zip file that `torch.load(weights_only=True)` reads.
///
/// Bounded memory, one tensor after the other; written beside the target and renamed when complete.
package struct PyTorchWriter {
  /// Whether an existing file is replaced.
  package var isReplacing = false
  /// Whether the bytes are on the disk, not only on their way to it, when writing ends.
  package var isDurable = true
  /// Files whose mapped bytes producers hand out: those are read from the file, not through the map.
  package var mappedSources: [MappedFile] = []
  package var progress: (WriteProgress) -> Void = { _ in }
  /// Asked before every piece.
  package var isCancelled: () -> Bool = { false }
  /// Sees every piece of tensor data, with the index of its tensor (for hashes).
  package var observe: ((_ tensor: Int, _ bytes: UnsafeRawBufferPointer) -> Void)?

  package init() {}

  /// - Throws: `CheckpointError`, or what a producer throws; then nothing is left behind.
  @discardableResult
  package func write(_ tensors: [TensorToWrite], to path: String) throws -> WrittenFiles {
    var total = 0
    for tensor in tensors {
      let (sum, overflow) = total.addingReportingOverflow(tensor.byteCount ?? -1)
      guard tensor.byteCount != nil, !overflow else {
        throw CheckpointError.unusable(
          path: path, tensor: tensor.name, reason: "its size overflows")
      }
      total = sum
    }
    let pickle = try StateDictPickle(tensors)
    let output = try OutputFile(target: path, isReplacing: isReplacing)
    output.isDurable = isDurable
    output.mappedSources = mappedSources
    do {
      // torch names the folder inside the archive after the file.
      let root = "archive/"
      var zip = ZipWriter(output)
      try zip.add(root + "data.pkl", pickle.bytes)
      try zip.add(root + "byteorder", Array("little".utf8))
      var bytesWritten = 0
      for (index, tensor) in tensors.enumerated() {
        try zip.add(root + "data/\(index)", byteCount: tensor.byteCount ?? 0) { emit in
          try tensor.produce { piece in
            if isCancelled() { throw CheckpointError.cancelled }
            observe?(index, piece)
            try emit(piece)
            bytesWritten += piece.count
            progress(
              WriteProgress(
                tensorName: tensor.name, tensorIndex: index, tensorCount: tensors.count,
                bytesWritten: bytesWritten, byteCount: total))
          }
        }
      }
      try zip.add(root + "version", Array("3\n".utf8))
      try zip.finish()
      if isCancelled() { throw CheckpointError.cancelled }
      try output.finish()
      try output.commit()
    } catch {
      output.discard()
      throw error
    }
    return WrittenFiles(paths: [path], byteCount: output.byteCount)
  }
}
