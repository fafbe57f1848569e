import Glibc
import Tensors

/// A file that is written as `NAME.part` beside its target and takes the target's place when it is complete.
///
/// Dropped without `finish`, it removes what it wrote.
final class PartFile {
  private let target: String
  private let part: String
  private var descriptor: Int32
  /// Bytes written so far.
  private(set) var offset = 0

  init(target: String) throws(CheckpointError) {
    self.target = target
    part = target + ".part"
    descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .file(FileError(path: part, operation: "create", code: errno))
    }
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      unlink(part)
    }
  }

  func write(_ bytes: [UInt8]) throws(CheckpointError) {
    let result = bytes.withUnsafeBytes { put($0, at: offset) }
    if let result { throw result }
    offset += bytes.count
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    if let fault = put(bytes, at: offset) { throw fault }
    offset += bytes.count
  }

  /// Replaces bytes that were written before.
  func patch(_ bytes: [UInt8], at position: Int) throws(CheckpointError) {
    let result = bytes.withUnsafeBytes { put($0, at: position) }
    if let result { throw result }
  }

  private func put(_ bytes: UnsafeRawBufferPointer, at position: Int) -> CheckpointError? {
    var done = 0
    while done < bytes.count {
      let count = pwrite(
        descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(position + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        return .file(FileError(path: part, operation: "write", code: count < 0 ? errno : ENOSPC))
      }
      done += count
    }
    return nil
  }

  /// Flushes to the disk and renames.
  func finish() throws(CheckpointError) {
    guard fsync(descriptor) == 0 else {
      throw .file(FileError(path: part, operation: "flush", code: errno))
    }
    close(descriptor)
    descriptor = -1
    guard rename(part, target) == 0 else {
      let code = errno
      unlink(part)
      throw .file(FileError(path: target, operation: "rename to", code: code))
    }
  }
}
