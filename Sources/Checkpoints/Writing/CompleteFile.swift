/// Small files that appear whole or not at all.
package enum CompleteFile {
  /// Writes beside the target and renames when complete.
  ///
  /// - Throws: `CheckpointError.file` when `path` exists and `isReplacing` is false, or cannot be written.
  package static func write(
    _ bytes: [UInt8], to path: String, isReplacing: Bool = false
  ) throws(CheckpointError) {
    let output = try OutputFile(target: path, isReplacing: isReplacing)
    defer { output.discard() }
    try output.write(bytes)
    try output.finish()
    try output.commit()
  }
}
