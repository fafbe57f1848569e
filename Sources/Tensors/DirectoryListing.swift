import Glibc

/// Names in one directory, without `.` and `..`, in no particular order.
package enum DirectoryListing {
  /// Beyond this many names a directory is not a checkpoint folder, and listing it is cut.
  package static let nameLimit = 100_000

  /// - Throws: `FileError` where the folder cannot be read.
  package static func names(in folder: String) throws(FileError) -> [String] {
    guard let directory = opendir(folder) else {
      throw FileError(path: folder, operation: "list", code: errno)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < nameLimit, let record = readdir(directory) {
      let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
      let text = UnsafeRawPointer(record).advanced(by: offset)
      let name = String(cString: text.assumingMemoryBound(to: UInt8.self))
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
