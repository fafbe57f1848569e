import ScopeEngine

/// The picture of a page, as `--snapshot-png` writes it.
package enum SnapshotFile {
  /// Writes beside the target and renames when complete.
  ///
  /// - Parameters:
  ///   - bytes: a PNG.
  ///   - isReplacing: whether a file of that name may be there.
  /// - Returns: what went wrong in one sentence; nil where the file is there.
  package static func write(_ bytes: [UInt8], to path: String, isReplacing: Bool) -> String? {
    do {
      try CompleteFile.write(bytes, to: path, isReplacing: isReplacing)
      return nil
    } catch {
      return CommandLineProgram.sentence(of: error)
    }
  }
}
