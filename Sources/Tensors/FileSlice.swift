import Glibc

/// A range of an open file, to be read piece by piece.
///
/// Reading costs less than touching pages of a mapping once: nothing is entered into the page tables and taken out again. A file that
/// someone else cuts short gives a failed read, where a mapping gives zeros.
package struct FileSlice: Sendable {
  package let file: MappedFile
  package let range: Range<Int>

  /// Nil where the range is not inside the file.
  package init?(_ file: MappedFile, _ range: Range<Int>) {
    guard range.lowerBound >= 0, range.upperBound <= file.byteCount else { return nil }
    self.file = file
    self.range = range
  }

  package var byteCount: Int { range.count }

  /// Copies `part` (counted from the start of the slice) to `target`.
  ///
  /// May be called from several threads.
  /// - Returns: whether all of it was there.
  package func read(_ part: Range<Int>, into target: UnsafeMutableRawPointer) -> Bool {
    guard part.lowerBound >= 0, part.upperBound <= byteCount else { return false }
    var done = 0
    while done < part.count {
      let count = pread(
        file.descriptor, target + done, part.count - done,
        off_t(range.lowerBound + part.lowerBound + done))
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return false }
      done += count
    }
    return true
  }
}
