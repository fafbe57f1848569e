import Glibc
import ScopeEngine

/// The few questions that the dashboard asks the file system.
enum FileSystem {
  /// The items of a folder: folders first, then files, in natural order.
  static func listing(_ path: String, showsHidden: Bool) -> FolderListing {
    let folder = absolute(path)
    let names: [String]
    do {
      names = try DirectoryListing.names(in: folder)
    } catch {
      return FolderListing(path: folder, items: [], problem: error.description)
    }
    var items: [FolderItem] = []
    for name in names where showsHidden || !name.hasPrefix(".") {
      guard items.count < mostItems else { break }
      var status = stat()
      let isFound = stat(FilePath.join(folder, name), &status) == 0
      // Not to be hidden: opening it says what is the matter with its name.
      if !isFound, FilePath.hasLostBytes(name) { status.st_mode = S_IFREG }
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      guard isFolder || status.st_mode & S_IFMT == S_IFREG else { continue }
      let isCheckpoint =
        isFolder
        ? isCheckpointFolder(FilePath.join(folder, name))
        : CheckpointFolder.isNamedLikeCheckpoint(name.lowercased())
      items.append(
        FolderItem(
          name: name, isFolder: isFolder, byteCount: isFound ? Int(status.st_size) : nil,
          isCheckpoint: isCheckpoint))
    }
    items.sort { a, b in
      a.isFolder == b.isFolder ? NumericOrder.precedes(a.name, b.name) : a.isFolder
    }
    return FolderListing(path: folder, items: items)
  }

  /// An absolute path without `.` and `..`; `~` is the home folder.
  static func absolute(_ path: String) -> String {
    var full = path
    if path == "~" || path.hasPrefix("~/"), let home = getenv("HOME") {
      full = String(cString: home) + path.dropFirst(1)
    }
    if !full.hasPrefix("/") {
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
      let current = getcwd(&buffer, buffer.count).map { String(cString: $0) } ?? "/"
      full = FilePath.join(current, full)
    }
    var parts: [Substring] = []
    for part in full.split(separator: "/") {
      if part == "." { continue }
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// Bytes that the disk of the nearest folder that exists has left for this user; nil where it does not tell.
  static func freeByteCount(near path: String) -> Int? {
    var folder = path
    var status = statvfs()
    while statvfs(folder, &status) != 0 {
      guard folder != "/", folder != "." else { return nil }
      folder = FilePath.parent(of: folder)
    }
    let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
      by: UInt64(status.f_frsize))
    return overflow ? nil : Int(exactly: bytes)
  }

  private static func isCheckpointFolder(_ path: String) -> Bool {
    markers.contains { access(FilePath.join(path, $0), F_OK) == 0 }
  }

  private static func reason() -> String {
    strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
  }

  /// The first part of a text file; bytes that are no UTF-8 are replaced.
  static func text(_ path: String, limit: Int = 1 << 19) -> Result<String, FileProblem> {
    guard let file = fopen(path, "re") else {
      return .failure(FileProblem(sentence: "\(path): \(reason())"))
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    var text = String(decoding: bytes.prefix(min(count, limit)), as: UTF8.self)
    if count > limit { text += "\n\n(only the first \(limit / 1024) KiB are shown)" }
    return .success(text)
  }

  /// Writes a file that appears whole; false where it exists and is not to be replaced.
  static func write(
    _ bytes: [UInt8], to path: String, replace: Bool
  ) -> Result<Bool, FileProblem> {
    do throws(CheckpointError) {
      try CompleteFile.write(bytes, to: path, isReplacing: replace)
      return .success(true)
    } catch .file(let error) where error.code == EEXIST && !replace {
      return .success(false)
    } catch {
      return .failure(FileProblem(sentence: error.description))
    }
  }

  static func makeFolders(_ path: String) {
    var built = ""
    for part in path.split(separator: "/") {
      built += "/" + part
      mkdir(built, 0o700)
    }
  }

  private static let mostItems = 20_000
  private static let markers = [
    "model.safetensors", "open_clip_model.safetensors", "model.safetensors.index.json",
    "pytorch_model.bin", "pytorch_model.bin.index.json", "open_clip_pytorch_model.bin",
    "open_clip_config.json",
  ]
}

struct FileProblem: Error, Equatable { var sentence: String }
