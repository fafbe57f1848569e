import Glibc
import Tensors

/// A `.npy` of F32 rows that is written as they come, in a file beside the target that a later run with the same fingerprint continues.
///
/// Rows stand in `TARGET.part`, the fingerprint in `TARGET.part.run`; both are gone when the target is complete.
package final class ResumableArray {
  private let target: String
  private let partPath: String
  private let runPath: String
  private let rowByteCount: Int
  private let rows: Int
  private let headerByteCount: Int
  private let isReplacing: Bool
  private var descriptor: Int32 = -1

  /// Whether there was a part that another run had begun; it is gone.
  package private(set) var hasDiscarded = false

  /// Complete rows in the file.
  package private(set) var rowsDone = 0

  /// - Parameters:
  ///   - tokens: 1 makes an array `[rows, width]`, more make `[rows, tokens, width]`.
  ///   - fingerprint: what the rows depend on; a part with another one is started anew.
  /// - Throws: `CheckpointError.file` when the target exists and `isReplacing` is false, or cannot be written.
  package init(
    path: String, rows: Int, tokens: Int, width: Int, fingerprint: String, isReplacing: Bool
  ) throws(CheckpointError) {
    target = path
    partPath = path + ".part"
    runPath = path + ".part.run"
    self.rows = rows
    self.isReplacing = isReplacing
    rowByteCount = tokens * width * 4
    var status = stat()
    if !isReplacing, lstat(path, &status) == 0 {
      throw .file(FileError(path: path, operation: "write", code: EEXIST))
    }
    let header = try NumPyWriter.header(
      type: .f32, shape: tokens == 1 ? Shape([rows, width]) : Shape([rows, tokens, width]),
      path: path)
    headerByteCount = header.count
    let isOurs = (try? MappedFile(path: runPath)).map { $0.bytes.elementsEqual(fingerprint.utf8) }
    descriptor = open(partPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw failure() }
    // A file system without locks is no reason to stop; another run is.
    // So is one that ended between the opening and the lock: what is open then bears the name of the target.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK,
      FilePath.identity(of: partPath) == FilePath.identity(ofOpen: descriptor)
    else {
      throw .unusable(path: target, tensor: "", reason: "another run is writing it")
    }
    guard fstat(descriptor, &status) == 0 else { throw failure() }
    hasDiscarded = isOurs != true && status.st_size > off_t(header.count)
    if isOurs == true, status.st_size >= off_t(header.count), rowByteCount > 0 {
      rowsDone = min((Int(status.st_size) - header.count) / rowByteCount, rows)
    } else {
      try CompleteFile.write(Array(fingerprint.utf8), to: runPath, isReplacing: true)
      guard ftruncate(descriptor, 0) == 0 else { throw failure() }
      try write(header)
    }
    // A row that was cut by the stop is written again.
    let end = off_t(headerByteCount + rowsDone * rowByteCount)
    guard ftruncate(descriptor, end) == 0, lseek(descriptor, end, SEEK_SET) == end else {
      throw failure()
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds whole rows.
  package func append(_ values: [Float]) throws(CheckpointError) {
    try write(values)
    if rowByteCount > 0 { rowsDone += values.count * 4 / rowByteCount }
  }

  /// Gives the file its name.
  package func finish() throws(CheckpointError) {
    guard rowsDone == rows else {
      throw .unusable(
        path: target, tensor: "", reason: "\(rowsDone) rows were written instead of \(rows)")
    }
    // A link, unlike a rename, does not replace what has come to stand there meanwhile. FAT and some network file systems have
    // none: there a look before the rename must do.
    if !isReplacing, link(partPath, target) == 0 {
      unlink(partPath)
    } else {
      try OutputFile.check(target: target, isReplacing: isReplacing)
      guard rename(partPath, target) == 0 else { throw failure() }
    }
    unlink(runPath)
  }

  private func failure(_ code: Int32 = errno) -> CheckpointError {
    .file(FileError(path: target, operation: "write", code: code))
  }

  private func write<Element>(_ values: [Element]) throws(CheckpointError) {
    let code = values.withUnsafeBytes { $0.writeAll(to: descriptor) }
    guard code == 0 else { throw failure(code) }
  }
}
