import Glibc

/// Names in one directory, without `.` and `..`, in no particular order.
package enum DirectoryListing {
  /// Beyond this many names a directory is not a checkpoint folder, and listing it is cut.
  package static let nameLimit = 100_000

  /// What stands in a folder.
  package struct Listing: Sendable, Equatable {
    package var names: [String] = []
    /// Names that are no UTF-8, spelled as far as they can be; nothing can be opened by such a spelling.
    package var foreign: [String] = []
  }

  /// All names, those that are no UTF-8 at the end.
  ///
  /// - Throws: `FileError` where the folder cannot be read.
  package static func names(in folder: String) throws(FileError) -> [String] {
    let listing = try listing(in: folder)
    return listing.names + listing.foreign
  }

  /// - Throws: `FileError` where the folder cannot be read.
  package static func listing(in folder: String) throws(FileError) -> Listing {
    guard let directory = opendir(folder) else {
      throw FileError(path: folder, operation: "list", code: errno)
    }
    defer { closedir(directory) }
    var listing = Listing()
    while listing.names.count + listing.foreign.count < nameLimit, let record = readdir(directory) {
      let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
      let text = UnsafeRawPointer(record).advanced(by: offset)
        .assumingMemoryBound(to: CChar.self)
      guard let name = String(validatingCString: text) else {
        listing.foreign.append(String(cString: text))
        continue
      }
      if name != ".", name != ".." { listing.names.append(name) }
    }
    return listing
  }
}
