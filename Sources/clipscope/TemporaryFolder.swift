import Glibc

/// A folder of this run alone, for what nobody wants to keep.
struct TemporaryFolder {
  let path: String

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// - Throws: `Failure` where `TMPDIR`, or else `/tmp`, cannot be written to.
  init() throws(Failure) {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/clipscope-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Failure(
        description: "\(parent): cannot make a folder: \(String(cString: strerror(errno)))")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes it with all below it; links are removed, not followed.
  func remove() { Self.remove(path, depth: 0) }

  private static let depthLimit = 16

  private static func remove(_ path: String, depth: Int) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      unlink(path)
      return
    }
    if depth < depthLimit, let directory = opendir(path) {
      defer { closedir(directory) }
      while let record = readdir(directory) {
        let name = withUnsafePointer(to: &record.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { remove(path + "/" + name, depth: depth + 1) }
      }
    }
    rmdir(path)
  }
}
