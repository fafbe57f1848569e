package import Tensors

/// How a writer of checkpoints writes its files.
package struct WriteOptions {
  /// Whether existing files are replaced.
  package var isReplacing: Bool
  /// Whether the bytes are on the disk, not only on their way to it, when writing ends.
  package var isDurable: Bool
  /// Files whose mapped bytes producers hand out: those are read from the file, not through the map.
  package var mappedSources: [MappedFile]
  /// Asked before every piece.
  package var isCancelled: () -> Bool

  package init(
    isReplacing: Bool = false, isDurable: Bool = true, mappedSources: [MappedFile] = [],
    isCancelled: @escaping () -> Bool = { false }
  ) {
    self.isReplacing = isReplacing
    self.isDurable = isDurable
    self.mappedSources = mappedSources
    self.isCancelled = isCancelled
  }

  /// Opens the file beside `target`.
  /// - Throws: `CheckpointError.file` when `target` exists and is not to be replaced, or cannot be written.
  func open(_ target: String) throws(CheckpointError) -> OutputFile {
    let output = try OutputFile(target: target, isReplacing: isReplacing)
    output.isDurable = isDurable
    output.mappedSources = mappedSources
    return output
  }
}
