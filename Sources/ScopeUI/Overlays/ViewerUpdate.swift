import Cells

// The viewer of texts.

extension State {
  mutating func take(_ event: InputEvent, _ viewer: ViewerState) -> [Effect] {
    var viewer = viewer
    let layout = overlayLayout
    let height = layout.text.rows
    switch event {
    case .key(.tab, _), .text("n"), .text("]"):
      viewer.list.move(.by(1), count: viewer.documents.count, height: layout.list.rows)
    case .key(.backTab, _), .text("N"), .text("["):
      viewer.list.move(.by(-1), count: viewer.documents.count, height: layout.list.rows)
    case .text("y"):
      guard let text = Self.text(of: viewer) else { return [] }
      return [.copy(text)] + say(.success, "copied \(text.count) characters to the clipboard")
    default:
      if let clicked = clickedRow(event, viewer.list) {
        if viewer.documents.indices.contains(clicked) { viewer.list.selected = clicked }
      } else if let step = Self.scrolling(event) {
        let last = max(viewer.lines.count - height, 0)
        switch step {
        case .by(let rows): viewer.top += rows
        case .pages(let pages): viewer.top += pages * max(height - 1, 1)
        case .halfPages(let halves): viewer.top += halves * max(height / 2, 1)
        case .first: viewer.top = 0
        case .last: viewer.top = last
        }
        viewer.top = min(max(viewer.top, 0), last)
      } else if Self.isClosing(event) {
        return closeOverlay()
      }
    }
    replaceOverlay(.viewer(viewer))
    return []
  }

  private static func text(of viewer: ViewerState) -> String? {
    switch viewer.selected?.source {
    case .text(let text): text
    case .file(let path): viewer.texts[path]
    case nil: nil
    }
  }

  mutating func openMetadata() -> [Effect] {
    guard let opened else { return [] }
    overlays.append(
      .viewer(ViewerState(title: "metadata", documents: MetadataDocuments.documents(opened))))
    return []
  }

  /// What was said, the newest first.
  mutating func showMessages() -> [Effect] {
    guard !said.isEmpty else { return say(.info, "nothing was said yet") }
    let lines = said.reversed().map { "\(FrameView.mark(of: $0.kind, symbols).0) \($0.text)" }
    let text = lines.joined(separator: "\n")
    overlays.append(
      .viewer(
        ViewerState(
          title: "messages", documents: [ViewerDocument(title: "messages", source: .text(text))])))
    return []
  }

  mutating func takeInViewer(_ text: String, path: String) {
    for index in overlays.indices {
      if case .viewer(var viewer) = overlays[index] {
        viewer.texts[path] = text
        overlays[index] = .viewer(viewer)
      }
    }
  }

  /// The text that the viewer lacks is read in the background.
  mutating func startReadingText() -> [Effect] {
    guard case .viewer(let viewer) = overlays.last, let path = viewer.missingPath,
      jobs[.text]?.title != path
    else { return [] }
    return [start(.text, .readText(path: path), title: path)]
  }
}
