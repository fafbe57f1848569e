package import Tensors

/// An open checkpoint: its catalog and the mapped files behind it.
///
/// Safe to use from several threads.
///
/// ```swift
/// let checkpoint = try CheckpointFile(opening: "epoch_12.pt")
/// try checkpoint.withBytes(of: checkpoint.catalog.entries[0]) { bytes in ... }
/// ```
package final class CheckpointFile: Sendable {
  /// Bytes of the largest copy of one tensor: well above a token table of a million rows, well below the memory of a workstation.
  package static let copyLimit = 1 << 33

  package let catalog: Catalog
  private let files: [MappedFile?]

  /// Reads headers only; tensor bytes are touched when they are asked for.
  ///
  /// - Parameters:
  ///   - path: A file of any known container, or a folder.
  ///   - isCancelled: Asked now and then whether to stop; from the calling thread.
  /// - Throws: `CheckpointError`.
  package convenience init(
    opening path: String, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(CheckpointError) {
    let opened = try ContainerSniffer.open(path, Cancellation(isCancelled))
    self.init(catalog: opened.catalog, files: opened.files)
  }

  /// Reads the headers of one file, by what it holds alone: never as a folder, nor as an index of shards.
  ///
  /// - Parameters:
  ///   - path: A file of any known container.
  ///   - isCancelled: Asked now and then whether to stop; from the calling thread.
  /// - Throws: `CheckpointError`.
  package convenience init(
    openingFile path: String, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(CheckpointError) {
    let opened = try ContainerSniffer.openFile(path, Cancellation(isCancelled))
    self.init(catalog: opened.catalog, files: opened.files)
  }

  /// `files` stand in the order of `catalog.files`; nil where one is missing.
  package init(catalog: Catalog, files: [MappedFile?]) {
    self.catalog = catalog
    self.files = files
  }

  /// Bytes of a tensor as they are stored.
  ///
  /// Contiguous, uncompressed, little-endian tensors are handed out in place; all others are gathered into a
  /// contiguous little-endian copy first.
  /// - Throws: `CheckpointError.unusable` when the entry is not readable, or its copy would exceed `limit` bytes.
  package func withBytes<Result>(
    of entry: Entry, limit: Int = CheckpointFile.copyLimit,
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard entry.isReadable else {
      throw CheckpointError.unusable(
        path: catalog.path, tensor: entry.name,
        reason: entry.remarks.first ?? "its bytes cannot be read")
    }
    guard files.indices.contains(entry.location.file), let file = files[entry.location.file] else {
      throw CheckpointError.unusable(
        path: catalog.path, tensor: entry.name, reason: "its file is missing")
    }
    let result = try StoredTensor(entry: entry, file: file, path: catalog.path)
      .withContiguousBytes(limit: limit, body)
    if file.isCut { throw CheckpointError.cut(file) }
    return result
  }

  /// Where the file holds a tensor as `withBytes` gives it.
  ///
  /// Nil where that would have to copy the bytes, or cannot give them.
  package func rangeInPlace(ofEntry index: Int) -> (file: MappedFile, range: Range<Int>)? {
    guard catalog.entries.indices.contains(index) else { return nil }
    let entry = catalog.entries[index]
    guard entry.location.compression == .none, let file = file(of: entry),
      // With a limit of no bytes, whatever needs a copy is refused.
      let bytes = try? withBytes(of: entry, limit: 0, { $0 }),
      let start = bytes.baseAddress, let first = file.bytes.baseAddress,
      start >= first, bytes.count <= file.byteCount - (start - first)
    else { return nil }
    return (file, start - first..<start - first + bytes.count)
  }

  /// The mapped file that holds an entry, for readers that stream (`release` pages behind them).
  package func file(of entry: Entry) -> MappedFile? {
    files.indices.contains(entry.location.file) ? files[entry.location.file] : nil
  }

  /// The same tensors, described by other files than those beside them.
  package func with(companions: [Companion]) -> CheckpointFile {
    var catalog = catalog
    catalog.companions = companions
    return CheckpointFile(catalog: catalog, files: files)
  }

  /// All files that are there.
  package var mappedFiles: [MappedFile] { files.compactMap { $0 } }

  /// Lets go of the whole pages in a part of a tensor that stands in place in its file, counted from its first byte.
  package func release(_ entry: Entry, _ range: Range<Int>) {
    guard let file = file(of: entry) else { return }
    // Wraps where an empty tensor claims to begin anywhere: such a place is in no file.
    let start =
      entry.location.offset &+ entry.location.storageOffset &* entry.elementType.byteCount
    let (first, o1) = start.addingReportingOverflow(range.lowerBound)
    let (end, o2) = start.addingReportingOverflow(range.upperBound)
    if !o1, !o2, first >= 0 { file.release(first..<end) }
  }

  /// Lets go of the pages of a tensor that was read.
  package func release(_ entry: Entry) {
    guard let file = file(of: entry) else { return }
    let count: Int =
      switch entry.location.compression {
      case .none: entry.location.storageByteCount
      case .deflate(let byteCount, _): byteCount
      }
    let (end, overflow) = entry.location.offset.addingReportingOverflow(count)
    guard !overflow, end <= file.byteCount else { return }
    file.release(entry.location.offset..<end)
  }
}

/// What a container reader returns.
package struct OpenedContainer {
  package var catalog: Catalog
  package var files: [MappedFile?]

  package init(catalog: Catalog, files: [MappedFile?]) {
    self.catalog = catalog
    self.files = files
  }
}
