import FoundationEssentials
import Glibc
import Synchronization

/// What is kept between runs: how each file was left, recent files, the theme. Small JSON files in the XDG folders.
///
/// Nothing here is worth failing for: what cannot be read is reported once and treated as absent.
final class StateStore: Sendable {
  private let stateFolder: String?
  private let configFolder: String?

  init(isEnabled: Bool) {
    guard isEnabled else {
      stateFolder = nil
      configFolder = nil
      return
    }
    stateFolder = Self.folder("XDG_STATE_HOME", ".local/state")
    configFolder = Self.folder("XDG_CONFIG_HOME", ".config")
  }

  private static func folder(_ variable: String, _ fallback: String) -> String? {
    if let value = getenv(variable), value[0] == UInt8(ascii: "/") {
      return PathText.joined(String(cString: value), "clipscope")
    }
    guard let home = getenv("HOME"), home[0] == UInt8(ascii: "/") else { return nil }
    return PathText.joined(String(cString: home), fallback + "/clipscope")
  }

  // MARK: Views

  private struct StoredView: Codable {
    var schema = 1
    /// The file that it belongs to: names of state files are hashes.
    var path: String
    var view: KeptView
  }

  /// How a file was left; nil when it is new. The note says why something kept was not used.
  func view(for path: String) -> (view: KeptView?, note: String?) {
    guard let place = viewPlace(path), access(place, F_OK) == 0 else { return (nil, nil) }
    switch read(StoredView.self, place) {
    case .success(let stored):
      return stored.schema == 1 && stored.path == path ? (stored.view, nil) : (nil, nil)
    case .failure:
      return (nil, "ignored a damaged state file: \(place)")
    }
  }

  func keep(_ view: KeptView, for path: String) {
    guard let stateFolder, let place = viewPlace(path) else { return }
    FileSystem.makeFolders(stateFolder + "/files")
    write(StoredView(path: path, view: view), place)
  }

  private func viewPlace(_ path: String) -> String? {
    // FNV-1a; the path inside the file tells collisions apart.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return stateFolder.map { $0 + "/files/" + String(hash, radix: 16) + ".json" }
  }

  // MARK: Recent files

  private struct StoredRecent: Codable {
    struct File: Codable {
      var path: String
      var summary: String
      var bytes: Int
    }
    var schema = 1
    var files: [File]
  }

  var recent: [RecentFile] {
    guard let place = recentPlace, case .success(let stored) = read(StoredRecent.self, place) else {
      return []
    }
    return stored.files.map {
      RecentFile(path: $0.path, summary: $0.summary, byteCount: $0.bytes)
    }
  }

  func remember(_ file: RecentFile) {
    change { files in
      files.removeAll { $0.path == file.path }
      files.insert(
        .init(path: file.path, summary: file.summary, bytes: file.byteCount), at: 0)
      files = Array(files.prefix(20))
    }
  }

  func forget(_ path: String) { change { $0.removeAll { $0.path == path } } }

  private func change(_ body: (inout [StoredRecent.File]) -> Void) {
    guard let stateFolder, let place = recentPlace else { return }
    var files = recent.map {
      StoredRecent.File(path: $0.path, summary: $0.summary, bytes: $0.byteCount)
    }
    body(&files)
    FileSystem.makeFolders(stateFolder)
    write(StoredRecent(files: files), place)
  }

  private var recentPlace: String? { stateFolder.map { $0 + "/recent.json" } }

  // MARK: Theme

  /// Name of the chosen theme: one line, so that people can write it, too.
  func keepTheme(_ name: String) {
    guard let configFolder else { return }
    FileSystem.makeFolders(configFolder)
    _ = FileSystem.write(Array((name + "\n").utf8), to: configFolder + "/theme", replace: true)
  }

  var theme: String? {
    guard let configFolder,
      case .success(let text) = FileSystem.text(configFolder + "/theme", limit: 256)
    else { return nil }
    return text.split(whereSeparator: \.isNewline).first.map(String.init)
  }

  // MARK: JSON

  private func read<Value: Decodable>(_ type: Value.Type, _ place: String) -> Result<
    Value, any Error
  > {
    Result {
      switch FileSystem.text(place, limit: 1 << 20) {
      case .success(let text): try JSONDecoder().decode(type, from: Data(text.utf8))
      case .failure(let problem): throw problem
      }
    }
  }

  private func write(_ value: some Encodable, _ place: String) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    // A full disk or a read-only home loses a cursor position, nothing else.
    guard let bytes = try? encoder.encode(value) else { return }
    _ = FileSystem.write(Array(bytes), to: place, replace: true)
  }
}
