import Glibc

/// A file mapped into memory, read-only.
///
/// Pages are read when they are touched, not when the file is opened.
///
/// A file that someone else cuts short while it is mapped reads as zeros behind its new end; `isCut` tells.
package final class MappedFile: Sendable {
  package let path: String
  package let byteCount: Int
  private nonisolated(unsafe) let base: UnsafeRawPointer?
  private nonisolated(unsafe) let watch: UnsafeMutablePointer<CutFiles.Slot>?
  /// Path, size and time of the last change, as they were at opening.
  package let stamp: String
  /// Open for reading while this object lives, for copies inside the kernel.
  package let descriptor: Int32

  /// - Throws: `FileError` when the file cannot be opened, is not a regular file, or cannot be mapped.
  package init(path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(path: path, operation: "open", code: errno) }
    var isComplete = false
    defer { if !isComplete { close(descriptor) } }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(path: path, operation: "stat", code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(
        path: path, operation: "open", code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
    }
    self.path = path
    byteCount = Int(status.st_size)
    stamp = "\(path) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    if byteCount == 0 {
      base = nil
      watch = nil
    } else {
      let address = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
      guard let address, address != MAP_FAILED else {
        throw FileError(path: path, operation: "map", code: errno)
      }
      base = UnsafeRawPointer(address)
      watch = CutFiles.watch(address, byteCount: byteCount)
    }
    self.descriptor = descriptor
    isComplete = true
  }

  deinit {
    close(descriptor)
    if let watch { CutFiles.forget(watch) }
    if let base { munmap(UnsafeMutableRawPointer(mutating: base), byteCount) }
  }

  /// Whether bytes that were asked for are not there any more, so that zeros were read in their place.
  package var isCut: Bool { watch?.pointee.isCut ?? false }

  /// Takes SIGBUS again after somebody else has taken it.
  package static func watchForCuts() { CutFiles.install() }

  /// The bytes; valid while this object lives, so keep it alive around the use.
  package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base, count: byteCount)
  }

  /// Tells the kernel that the pages of `range` are not needed again soon.
  ///
  /// Does nothing where it leaves the file.
  package func release(_ range: Range<Int>) {
    guard let base, !range.isEmpty, range.lowerBound >= 0, range.upperBound <= byteCount else {
      return
    }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let start = range.lowerBound / page * page
    madvise(
      UnsafeMutableRawPointer(mutating: base + start), range.upperBound - start, MADV_DONTNEED)
  }
}

/// A system call on a file that failed.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  package var path: String
  package var operation: String
  package var code: Int32

  package init(path: String, operation: String, code: Int32) {
    self.path = path
    self.operation = operation
    self.code = code
  }

  package var description: String {
    let place = path.isEmpty ? "\"\"" : path
    return "\(place): \(reason)"
  }

  /// What is wrong, without the name of the file.
  package var reason: String {
    // What the system says of devices and pipes ("Invalid argument") helps nobody.
    if operation == "open", code == EINVAL { return "cannot open: not a regular file" }
    if code == ENOENT, FilePath.hasLostBytes(path) {
      return "cannot \(operation): its name is not UTF-8; rename it"
    }
    let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
    return "cannot \(operation): \(reason)"
  }
}
