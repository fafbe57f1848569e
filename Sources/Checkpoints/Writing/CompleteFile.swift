import Glibc
import Tensors

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

  /// Refuses what could not be written anyway, before the work for it begins.
  ///
  /// - Throws: `CheckpointError.file` when `path` exists and `isReplacing` is false, is a folder, or stands in none that can
  ///   be written.
  package static func check(_ path: String, isReplacing: Bool) throws(CheckpointError) {
    try OutputFile.check(target: path, isReplacing: isReplacing)
    guard access(FilePath.parent(of: path), W_OK) == 0 else {
      throw .file(FileError(path: path, operation: "write", code: errno))
    }
  }
}
