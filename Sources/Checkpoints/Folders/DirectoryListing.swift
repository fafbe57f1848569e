import Glibc
import Tensors

/// Names in one directory, without `.` and `..`, in no particular order, and the arithmetic of paths.
package enum DirectoryListing {
  /// Beyond this many names a directory is not a checkpoint folder, and listing it is cut.
  private static let nameLimit = 100_000

  /// - Throws: `CheckpointError.file` where the folder cannot be read.
  package static func names(in folder: String) throws(CheckpointError) -> [String] {
    guard let directory = opendir(folder) else {
      throw .file(FileError(path: folder, operation: "list", code: errno))
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

  /// Size of a regular file (links are followed); nil for anything else.
  static func byteCount(ofFile path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// What two paths share where they lead to one file; nil where there is none.
  static func identity(ofFile path: String) -> [UInt64]? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return [UInt64(status.st_dev), UInt64(status.st_ino)]
  }

  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  package static func join(_ folder: String, _ name: String) -> String {
    folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  /// The folder part of a path; empty for a bare name.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  package static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }
}
