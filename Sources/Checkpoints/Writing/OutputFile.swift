import Glibc
import Tensors

/// A file that is written beside its target as `TARGET.part` and takes the target's name only when it is complete.
///
/// Large pieces go straight to `write()`, small ones are collected first: on ext4 that is as fast as `cp`,
/// while preallocation and `writev` of many pieces are several times slower.
final class OutputFile {
  let target: String
  let partPath: String
  private var descriptor: Int32
  private var buffer: UnsafeMutableRawBufferPointer
  private var buffered = 0
  private(set) var byteCount = 0

  /// Whether `finish` waits for the disk.
  ///
  /// Without it a power cut can lose the file, as it can after `cp`; a killed process never leaves a half one in either case.
  var isDurable = true

  /// Files whose mapped bytes are copied inside the kernel when they are written: that is as fast as `cp`, and shares the blocks on file
  /// systems that can.
  var mappedSources: [MappedFile] = []

  private static let bufferByteCount = 1 << 20
  private static let pieceByteCount = 8 << 20

  /// - Throws: `CheckpointError.file` when `target` exists and `isReplacing` is false, or cannot be written.
  init(target: String, isReplacing: Bool) throws(CheckpointError) {
    self.target = target
    partPath = target + ".part"
    var status = stat()
    if lstat(target, &status) == 0 {
      guard isReplacing else {
        throw .file(FileError(path: target, operation: "write", code: EEXIST))
      }
      guard status.st_mode & S_IFMT != S_IFDIR else {
        throw .file(FileError(path: target, operation: "write", code: EISDIR))
      }
    }
    // A part that an earlier, killed run left behind is of no use to anybody.
    unlink(partPath)
    descriptor = open(partPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else {
      throw .file(FileError(path: target, operation: "write", code: errno))
    }
    buffer = .allocate(byteCount: Self.bufferByteCount, alignment: 4096)
  }

  deinit {
    discard()
    buffer.deallocate()
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    byteCount += bytes.count
    if bytes.count <= buffer.count - buffered, bytes.count < buffer.count {
      UnsafeMutableRawBufferPointer(rebasing: buffer[buffered...]).copyMemory(from: bytes)
      buffered += bytes.count
      return
    }
    try flush()
    let copied = try copyInKernel(bytes)
    try writeAll(UnsafeRawBufferPointer(rebasing: bytes[copied...]))
  }

  private typealias CopyFileRange =
    @convention(c) (
      Int32, UnsafeMutablePointer<Int64>?, Int32, UnsafeMutablePointer<Int64>?, Int, UInt32
    ) -> Int

  /// Nil on systems that do not have it.
  private static let copyFileRange: CopyFileRange? = dlsym(nil, "copy_file_range").map {
    unsafeBitCast($0, to: CopyFileRange.self)
  }

  /// - Returns: how many of `bytes` were copied; 0 where they are not those of a mapped source, or the file systems cannot do it.
  private func copyInKernel(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) -> Int {
    guard !mappedSources.isEmpty, let copy = Self.copyFileRange, let start = bytes.baseAddress
    else { return 0 }
    for file in mappedSources {
      guard let base = file.bytes.baseAddress, start >= base,
        start + bytes.count <= base + file.byteCount
      else { continue }
      var offset = Int64(start - base)
      var done = 0
      while done < bytes.count {
        let count = copy(file.descriptor, &offset, descriptor, nil, bytes.count - done, 0)
        if count > 0 {
          done += count
        } else if count < 0, errno == EINTR {
          continue
        } else if count < 0, errno == ENOSPC || errno == EIO || errno == EDQUOT {
          throw .file(FileError(path: target, operation: "write", code: errno))
        } else {
          // Across file systems, or a kernel that refuses: the rest goes the usual way.
          mappedSources = []
          return done
        }
      }
      return done
    }
    return 0
  }

  func write(_ bytes: [UInt8]) throws(CheckpointError) {
    // Safe to force nothing: an empty array gives an empty buffer.
    try bytes.withUnsafeBufferPointer { pointer throws(CheckpointError) in
      try write(UnsafeRawBufferPointer(pointer))
    }
  }

  private func flush() throws(CheckpointError) {
    let waiting = UnsafeRawBufferPointer(rebasing: buffer[..<buffered])
    buffered = 0
    try writeAll(waiting)
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    guard descriptor >= 0, let base = bytes.baseAddress else { return }
    var offset = 0
    while offset < bytes.count {
      let count = min(bytes.count - offset, Self.pieceByteCount)
      let written = Glibc.write(descriptor, base + offset, count)
      if written < 0 {
        if errno == EINTR { continue }
        throw .file(FileError(path: target, operation: "write", code: errno))
      }
      if written == 0 { throw .file(FileError(path: target, operation: "write", code: ENOSPC)) }
      offset += written
    }
  }

  /// Brings the bytes to the file; the target still has its old content.
  func finish() throws(CheckpointError) {
    try flush()
    guard !isDurable || fdatasync(descriptor) == 0 || errno == EINVAL else {
      throw .file(FileError(path: target, operation: "sync", code: errno))
    }
    // Network file systems tell of a full disk only here.
    let result = close(descriptor)
    descriptor = -1
    guard result == 0 else {
      let code = errno
      unlink(partPath)
      throw .file(FileError(path: target, operation: "close", code: code))
    }
    isFinished = true
  }

  private var isFinished = false
  private var isCommitted = false

  /// Gives the finished part the name of its target.
  func commit() throws(CheckpointError) {
    guard isFinished, rename(partPath, target) == 0 else {
      throw .file(FileError(path: target, operation: "rename", code: isFinished ? errno : EINVAL))
    }
    isCommitted = true
    guard isDurable else { return }
    let folder = DirectoryListing.folder(of: target)
    let directory = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  /// Removes the part unless it was committed.
  func discard() {
    if descriptor >= 0 {
      close(descriptor)
      descriptor = -1
    }
    if !isCommitted {
      unlink(partPath)
      isCommitted = true
    }
  }
}
