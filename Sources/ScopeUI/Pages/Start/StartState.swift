/// The start page: recent files, and the checkpoints of the current folder.
package struct StartState: Equatable, Sendable {
  package var recent: [RecentFile] = []
  package var folder: FolderListing?
  package var list = ListCursor()

  package init() {}

  /// Files and folders of the current folder worth opening.
  package var here: [FolderItem] { folder?.items.filter { $0.isCheckpoint } ?? [] }

  package var rowCount: Int { recent.count + here.count }

  /// Full path of a row.
  package func path(at row: Int) -> String? {
    if recent.indices.contains(row) { return recent[row].path }
    let here = here
    guard let folder, here.indices.contains(row - recent.count) else { return nil }
    return PathText.joined(folder.path, here[row - recent.count].name)
  }
}
