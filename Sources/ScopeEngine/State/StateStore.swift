import Checkpoints
import Glibc
package import Tensors

/// What is remembered between runs: recent files, and a JSON value of the front end's own for each file.
///
/// Lives in `$XDG_STATE_HOME/clipscope` (`~/.local/state/clipscope`). Files are replaced whole, never edited; one that cannot
/// be read counts as absent, and one that cannot be written is given up in silence: state is a comfort.
package struct StateStore: Sendable {
  package let folder: String

  /// nil where there is no home.
  package init?() {
    guard let folder = UserFolder.state.path else { return nil }
    self.init(folder: folder)
  }

  package init(folder: String) { self.folder = folder }

  // MARK: Recent files

  private static let recentLimit = 50
  private static let sizeLimit = 4 << 20

  /// Full paths, the latest first; also of files that are gone by now.
  package func recentPaths() -> [String] {
    (read("recent.json")?["paths"]?.array ?? []).compactMap(\.string).filter { !$0.isEmpty }
  }

  package func remember(_ path: String) {
    let full = Self.absolute(path)
    var paths = recentPaths().filter { !$0.utf8.elementsEqual(full.utf8) }
    paths.insert(full, at: 0)
    write(
      ["schema": 1, "paths": .array(paths.prefix(Self.recentLimit).map { .string($0) })],
      to: "recent.json")
  }

  package func forget(_ path: String) {
    let full = Self.absolute(path)
    let paths = recentPaths().filter { !$0.utf8.elementsEqual(full.utf8) }
    write(["schema": 1, "paths": .array(paths.map { .string($0) })], to: "recent.json")
  }

  // MARK: State of one file

  /// What `setState` kept for the file at `path`.
  package func state(for path: String) -> JSONValue? {
    let full = Self.absolute(path)
    guard let document = read(name(for: full)), let stored = document["path"]?.string,
      stored.utf8.elementsEqual(full.utf8)
    else { return nil }
    return document["state"]
  }

  package func setState(_ state: JSONValue, for path: String) {
    let full = Self.absolute(path)
    write(["schema": 1, "path": .string(full), "state": state], to: name(for: full))
  }

  // MARK: Files

  /// FNV-1a of the path: stable over runs, unlike `Hasher`.
  ///
  /// The path itself stands in the file, so a clash is harmless.
  private func name(for path: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let hex = String(hash, radix: 16)
    return "file-" + String(repeating: "0", count: 16 - hex.count) + hex + ".json"
  }

  private func read(_ name: String) -> JSONValue? {
    guard let file = try? MappedFile(path: folder + "/" + name), file.byteCount <= Self.sizeLimit
    else { return nil }
    defer { withExtendedLifetime(file) {} }
    return try? JSONValue(parsing: file.bytes, depthLimit: 64)
  }

  private func write(_ value: JSONValue, to name: String) {
    guard Self.makeFolder(folder) else { return }
    let bytes = Array(value.text().utf8)
    guard bytes.count <= Self.sizeLimit else { return }
    let target = folder + "/" + name
    let draft = target + ".\(getpid()).new"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return }
    let code = bytes.writeAll(to: descriptor)
    close(descriptor)
    if code != 0 || rename(draft, target) != 0 { unlink(draft) }
  }

  private static func makeFolder(_ path: String) -> Bool {
    var partial = ""
    for part in path.split(separator: "/") {
      partial += "/" + part
      if mkdir(partial, 0o700) != 0, errno != EEXIST { return false }
    }
    return true
  }

  private static func absolute(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else {
      if path.hasPrefix("/") { return path }
      guard let here = getcwd(nil, 0) else { return path }
      defer { free(here) }
      return String(cString: here) + "/" + path
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
