/// Writes a state dict as a PyTorch zip file that `torch.load(weights_only=True)` reads.
///
/// Bounded memory, one tensor after the other; written beside the target and renamed when complete.
package struct PyTorchWriter {
  package var options: WriteOptions

  package init(_ options: WriteOptions = WriteOptions()) { self.options = options }

  /// - Throws: `CheckpointError`, or what a producer throws; then nothing is left behind.
  package func write(_ tensors: [TensorToWrite], to path: String) throws {
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
    let output = try options.open(path)
    defer { output.discard() }
    // torch names the folder inside the archive after the file.
    let root = "archive/"
    var zip = ZipWriter(output)
    try zip.add(root + "data.pkl", pickle.bytes)
    try zip.add(root + "byteorder", Array("little".utf8))
    for (index, tensor) in tensors.enumerated() {
      try zip.add(root + "data/\(index)", byteCount: tensor.byteCount ?? 0) { emit in
        try tensor.produce { piece in
          if options.isCancelled() { throw CheckpointError.cancelled }
          try emit(piece)
        }
      }
    }
    try zip.add(root + "version", Array("3\n".utf8))
    try zip.finish()
    if options.isCancelled() { throw CheckpointError.cancelled }
    try output.finish()
    try output.commit()
  }
}
