import Cells
import Glibc
import ScopeEngine

/// What is kept between runs: how each file was left, recent files, the theme.
///
/// Nothing here is worth failing for: what cannot be read is told once and treated as absent.
struct Memory: Sendable {
  private let store: StateStore?
  private let configFolder: String?

  init(isEnabled: Bool) {
    store = isEnabled ? StateStore() : nil
    configFolder = isEnabled ? UserFolder.configuration.path : nil
  }

  /// For tests: everything below one folder.
  init(folder: String) {
    store = StateStore(folder: folder + "/state")
    configFolder = folder + "/config"
  }

  // MARK: Views

  /// How a file was left; nil when it is new.
  ///
  /// The note says why something kept was not used.
  func view(for path: String) -> (view: KeptView?, note: String?) {
    guard let stored = store?.state(for: path), let view = stored["view"] else { return (nil, nil) }
    guard let kept = KeptView(view) else {
      return (nil, "ignored what was kept for this file: it is damaged")
    }
    return (kept, nil)
  }

  func keep(_ view: KeptView, for path: String) {
    guard let store else { return }
    // The words of the start page stay beside it.
    let kept = store.state(for: path)
    store.setState(
      .members([("view", view.json), ("summary", kept?["summary"]), ("bytes", kept?["bytes"])]),
      for: path)
  }

  // MARK: Recent files

  var recent: [RecentFile] {
    guard let store else { return [] }
    return store.recentPaths().prefix(Self.mostRecent).compactMap { path in
      guard access(path, F_OK) == 0 else { return nil }
      let state = store.state(for: path)
      return RecentFile(
        path: path, summary: state?["summary"]?.string ?? "",
        byteCount: max(state?["bytes"]?.integer ?? 0, 0))
    }
  }

  func remember(_ file: RecentFile) {
    guard let store else { return }
    store.remember(file.path)
    store.setState(
      .members([
        ("summary", .string(file.summary)), ("bytes", .integer(file.byteCount)),
        ("view", store.state(for: file.path)?["view"]),
      ]), for: file.path)
  }

  func forget(_ path: String) { store?.forget(path) }

  private static let mostRecent = 20

  // MARK: Theme

  /// One line in the configuration folder, so that people can write it, too.
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
}

extension KeptView {
  var json: JSONValue {
    [
      "cursor": .string(cursor), "expanded": .strings(expanded), "find": .string(find),
      "sort": .string(sort), "divider": .number(divider), "showsDetail": .bool(showsDetail),
    ]
  }

  /// Nil when a member is missing or of the wrong kind.
  init?(_ json: JSONValue) {
    guard let cursor = json["cursor"]?.string, let names = json["expanded"]?.array,
      let find = json["find"]?.string, let sort = json["sort"]?.string,
      let divider = json["divider"]?.number, let showsDetail = json["showsDetail"]?.bool
    else { return nil }
    let expanded = names.compactMap(\.string)
    guard expanded.count == names.count else { return nil }
    self.init(
      cursor: cursor, expanded: expanded, find: find, sort: sort, divider: divider,
      showsDetail: showsDetail)
  }
}
