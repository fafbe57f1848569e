import Glibc

/// The arithmetic of paths, and what the file system says of one without opening it.
package enum FilePath {
  /// Whether a path stands for a name that is not UTF-8: paths are text, and bytes that are none were replaced on the way here, so
  /// that the file cannot be found by what is left.
  package static func hasLostBytes(_ path: String) -> Bool {
    path.unicodeScalars.contains("\u{FFFD}")
  }

  /// `name` below `folder`; an empty folder is the current one.
  package static func join(_ folder: String, _ name: String) -> String {
    folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  /// The folder part of a path: what stands before the last slash, empty for a bare name.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The folder that a path stands in, whether or not a slash ends it: `.` for a bare name, `/` for the root itself.
  package static func parent(of path: String) -> String {
    let folder = folder(of: withoutEnd(path))
    return folder.isEmpty ? "." : withoutEnd(folder)
  }

  /// The last part of a path, whether or not a slash ends it; `/` for the root.
  package static func name(of path: String) -> String {
    let path = withoutEnd(path)
    guard path != "/", let slash = path.lastIndex(of: "/") else { return path }
    return String(path[path.index(after: slash)...])
  }

  /// A path without the slashes at its end; the root keeps one.
  package static func withoutEnd(_ path: String) -> String {
    var path = path
    while path.hasSuffix("/"), path.index(after: path.startIndex) < path.endIndex {
      path.removeLast()
    }
    return path
  }

  /// The full path with links followed; as it is where there is nothing.
  package static func resolved(_ path: String) -> String {
    guard let full = realpath(path, nil) else { return path }
    defer { free(full) }
    return String(cString: full)
  }

  /// What a path leads to, links followed.
  package enum Kind: Sendable {
    case file
    case folder
    /// A device, a pipe, a socket.
    case other
  }

  /// Nil where there is nothing.
  package static func kind(of path: String) -> Kind? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  package static func isFile(_ path: String) -> Bool { kind(of: path) == .file }
  package static func isFolder(_ path: String) -> Bool { kind(of: path) == .folder }

  /// What two paths share where they lead to one file or folder; nil where there is none.
  package static func identity(of path: String) -> [UInt64]? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return [UInt64(status.st_dev), UInt64(status.st_ino)]
  }

  /// The same of a file that is open; nil where the descriptor is none.
  package static func identity(ofOpen descriptor: Int32) -> [UInt64]? {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    return [UInt64(status.st_dev), UInt64(status.st_ino)]
  }

  /// Size of a regular file; nil for anything else.
  package static func byteCount(ofFile path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }
}
