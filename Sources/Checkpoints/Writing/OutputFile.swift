import Glibc
import Tensors

/// A file that is written beside its target as `TARGET.part` and takes the target's name only when it is complete.
///
/// A thread of its own writes while the caller makes the next piece; see `WriteQueue`.
final class OutputFile {
  let target: String
  let partPath: String
  private var descriptor: Int32
  /// What the part is, whatever stands under its name by now: another run for the same target takes the name over.
  private let identity: [UInt64]?
  private var queue: WriteQueue?
  private(set) var byteCount = 0

  /// Whether `finish` waits for the disk.
  ///
  /// Without it a power cut can lose the file, as it can after `cp`; a killed process never leaves a half one in either case.
  var isDurable = true

  /// Files whose mapped bytes are read again from the file when they are handed over; pages that were touched are let go.
  var mappedSources: [MappedFile] = []

  /// - Throws: `CheckpointError.file` when `target` exists and `isReplacing` is false, or cannot be written.
  init(target: String, isReplacing: Bool) throws(CheckpointError) {
    self.target = target
    partPath = target + ".part"
    try Self.check(target: target, isReplacing: isReplacing)
    // A part that an earlier, killed run left behind is of no use to anybody.
    unlink(partPath)
    descriptor = open(partPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    let code = errno
    identity = FilePath.identity(ofOpen: descriptor)
    guard descriptor >= 0 else {
      throw .file(FileError(path: target, operation: "write", code: code))
    }
    queue = WriteQueue(descriptor: descriptor)
  }

  /// - Throws: `CheckpointError.file` when `target` exists and `isReplacing` is false, or is a folder.
  static func check(target: String, isReplacing: Bool) throws(CheckpointError) {
    var status = stat()
    guard lstat(target, &status) == 0 else { return }
    guard isReplacing else {
      throw .file(FileError(path: target, operation: "write", code: EEXIST))
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw .file(FileError(path: target, operation: "write", code: EISDIR))
    }
  }

  deinit {
    discard()
  }

  /// Takes `bytes` over; they are not needed any more when this returns.
  ///
  /// - Parameter observe: sees the bytes that are written, in their order, in pieces of any size.
  /// - Throws: the error of this or an earlier piece.
  func write(
    _ bytes: UnsafeRawBufferPointer, observe: (UnsafeRawBufferPointer) -> Void = { _ in }
  ) throws(CheckpointError) {
    byteCount += bytes.count
    let code: Int32
    do throws(FileError) {
      code = try queue?.add(bytes, mappedIn: mappedSources, observe: observe) ?? 0
    } catch {
      throw .file(error)
    }
    try check(code)
  }

  private func check(_ code: Int32) throws(CheckpointError) {
    guard code == 0 else {
      throw .file(FileError(path: target, operation: "write", code: code))
    }
  }

  func write(_ bytes: [UInt8]) throws(CheckpointError) {
    // Safe to force nothing: an empty array gives an empty buffer.
    try bytes.withUnsafeBufferPointer { pointer throws(CheckpointError) in
      try write(UnsafeRawBufferPointer(pointer))
    }
  }

  /// Brings the bytes to the file; the target still has its old content.
  func finish() throws(CheckpointError) {
    try check(queue?.finish() ?? 0)
    queue = nil
    guard !isDurable || fdatasync(descriptor) == 0 || errno == EINVAL else {
      throw .file(FileError(path: target, operation: "sync", code: errno))
    }
    // Network file systems tell of a full disk only here.
    let result = close(descriptor)
    descriptor = -1
    guard result == 0 else {
      let code = errno
      removePart()
      throw .file(FileError(path: target, operation: "close", code: code))
    }
    isFinished = true
  }

  private var isFinished = false
  private var isCommitted = false

  /// Whether the name of the part still leads to what was written here.
  private var isPartOwn: Bool { identity != nil && FilePath.identity(of: partPath) == identity }

  private func removePart() {
    if isPartOwn { unlink(partPath) }
  }

  /// Gives the finished part the name of its target.
  func commit() throws(CheckpointError) {
    guard !isFinished || isPartOwn else {
      throw .unusable(path: target, tensor: "", reason: "another run is writing it")
    }
    guard isFinished, rename(partPath, target) == 0 else {
      throw .file(FileError(path: target, operation: "rename", code: isFinished ? errno : EINVAL))
    }
    isCommitted = true
    guard isDurable else { return }
    let folder = FilePath.folder(of: target)
    let directory = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  /// Removes the part unless it was committed.
  func discard() {
    queue?.abandon()
    queue = nil
    if descriptor >= 0 {
      close(descriptor)
      descriptor = -1
    }
    if !isCommitted {
      removePart()
      isCommitted = true
    }
  }
}
