import ScopeEngine

/// The start page: recent files, and the checkpoints of the current folder.
struct StartState: Equatable, Sendable {
  var recent: [RecentFile] = []
  var folder: FolderListing?
  var list = ListCursor()

  /// Files and folders of the current folder worth opening.
  var here: [FolderItem] { folder?.items.filter { $0.isCheckpoint } ?? [] }

  var rowCount: Int { recent.count + here.count }

  /// Full path of a row.
  func path(at row: Int) -> String? {
    if recent.indices.contains(row) { return recent[row].path }
    let here = here
    guard let folder, here.indices.contains(row - recent.count) else { return nil }
    return FilePath.join(folder.path, here[row - recent.count].name)
  }
}
