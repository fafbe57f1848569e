import Cells
import ScopeEngine

// The picker of files and folders.

extension State {
  mutating func pickFile(_ purpose: FilePickerState.Purpose) -> [Effect] {
    guard purpose == .open || opened != nil else {
      return say(.info, "open a checkpoint first (o)")
    }
    overlays.append(.files(FilePickerState(purpose: purpose)))
    let folder = opened.map { FilePath.parent(of: $0.path) } ?? start.folder?.path ?? "."
    return [list(folder, showsHidden: false)]
  }

  private mutating func list(_ folder: String, showsHidden: Bool) -> Effect {
    start(.folder, .listFolder(path: folder, showsHidden: showsHidden), title: "list \(folder)")
  }

  mutating func takeInPicker(_ listing: FolderListing) {
    for index in overlays.indices {
      if case .files(var picker) = overlays[index] {
        let came = picker.listing.map { FilePath.name(of: $0.path) }
        let isUp = picker.listing.map { FilePath.parent(of: $0.path) == listing.path } ?? false
        let isSame = picker.listing?.path == listing.path
        picker.listing = listing
        picker.filter = InputLine()
        picker.list = ListCursor()
        // Going up selects where one came from; coming in selects the first thing to open.
        if isUp, let came {
          picker.list.selected = picker.items.firstIndex { $0.name == came } ?? 0
        } else if !isSame {
          picker.list.selected = picker.items.firstIndex { $0.isCheckpoint } ?? 0
        }
        overlays[index] = .files(picker)
      }
    }
  }

  mutating func take(_ event: InputEvent, _ picker: FilePickerState) -> [Effect] {
    var picker = picker
    let height = overlayLayout.list.rows
    var chosen: Int?
    switch event {
    case .key(.enter, _): chosen = picker.list.selected
    case .key(.right, _) where picker.filter.cursor == picker.filter.text.count:
      chosen = picker.list.selected
    case .key(.left, _) where picker.filter.text.isEmpty,
      .key(.backspace, _) where picker.filter.text.isEmpty:
      guard let listing = picker.listing else { return [] }
      return [list(FilePath.parent(of: listing.path), showsHidden: picker.showsHidden)]
    case .key(.character("h"), .control), .key(.character("."), .alt), .key(.tab, _):
      picker.showsHidden.toggle()
      replaceOverlay(.files(picker))
      guard let listing = picker.listing else { return [] }
      return [list(listing.path, showsHidden: picker.showsHidden)]
    default:
      if let clicked = clickedRow(event, picker.list) {
        chosen = clicked == picker.list.selected ? clicked : nil
        if picker.items.indices.contains(clicked) { picker.list.selected = clicked }
      } else if let step = Self.listStep(event) {
        picker.list.move(step, count: picker.items.count, height: height)
      } else if picker.filter.take(event) {
        picker.list = ListCursor()
      }
    }
    replaceOverlay(.files(picker))
    guard let chosen else { return [] }
    var isEnter = false
    if case .key(.enter, _) = event { isEnter = true }
    return choose(chosen, in: picker, takesFolder: isEnter)
  }

  private mutating func choose(
    _ row: Int, in picker: FilePickerState, takesFolder: Bool
  ) -> [Effect] {
    let items = picker.items
    if let typed = picker.typedPath {
      return typed.hasSuffix("/")
        ? [list(typed, showsHidden: picker.showsHidden)] : openPicked(typed, picker.purpose)
    }
    guard let listing = picker.listing, items.indices.contains(row) else { return [] }
    let item = items[row]
    if item.name == "..", item.isFolder {
      return [list(FilePath.parent(of: listing.path), showsHidden: picker.showsHidden)]
    }
    if item == FilePickerState.whole { return openPicked(listing.path, picker.purpose) }
    let path = FilePath.join(listing.path, item.name)
    // A folder that is a checkpoint opens with Enter and is entered with the right arrow.
    if item.isFolder, !(item.isCheckpoint && takesFolder) {
      return [list(path, showsHidden: picker.showsHidden)]
    }
    return openPicked(path, picker.purpose)
  }

  private mutating func openPicked(
    _ path: String, _ purpose: FilePickerState.Purpose
  ) -> [Effect] {
    switch purpose {
    case .open: return open(path)
    case .compare:
      return [
        start(.compare, .compare(path: path), title: "open \(FilePath.name(of: path))")
      ]
    }
  }
}
