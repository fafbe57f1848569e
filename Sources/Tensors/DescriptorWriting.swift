import Glibc

extension UnsafeRawBufferPointer {
  /// Writes all bytes to a descriptor, however few the kernel takes at a time.
  ///
  /// - Parameters:
  ///   - descriptor: open for writing; one that does not block is waited for.
  ///   - callByteCount: most bytes of one call.
  /// - Returns: 0, or the `errno` of the call that failed; `ENOSPC` where a call took nothing.
  package func writeAll(to descriptor: Int32, callByteCount: Int = .max) -> Int32 {
    guard let baseAddress else { return 0 }
    var done = 0
    while done < count {
      let taken = write(descriptor, baseAddress + done, Swift.min(count - done, callByteCount))
      guard taken <= 0 else {
        done += taken
        continue
      }
      switch taken == 0 ? ENOSPC : errno {
      case EINTR: continue
      case EAGAIN:
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
      case let code: return code
      }
    }
    return 0
  }
}

extension [UInt8] {
  /// Writes all bytes to a descriptor, as `UnsafeRawBufferPointer.writeAll` does.
  ///
  /// - Returns: 0, or the `errno` of the call that failed.
  @discardableResult
  package func writeAll(to descriptor: Int32) -> Int32 {
    withUnsafeBytes { $0.writeAll(to: descriptor) }
  }
}

extension String {
  /// Writes a text as UTF-8, as `UnsafeRawBufferPointer.writeAll` does.
  ///
  /// - Returns: 0, or the `errno` of the call that failed.
  @discardableResult
  package func writeAll(to descriptor: Int32) -> Int32 { Array(utf8).writeAll(to: descriptor) }
}
