import Cells

/// A text to read: metadata, configuration files, remarks, a long name.
struct ViewerDocument: Equatable, Sendable {
  enum Source: Equatable, Sendable {
    case text(String)
    /// Read when it is looked at.
    case file(path: String)
  }

  var title: String
  var source: Source
}

/// A list of texts and the one that is being read.
struct ViewerState: Equatable, Sendable {
  var title: String
  var documents: [ViewerDocument]
  var list = ListCursor()
  /// Files that were read so far.
  var texts: [String: String] = [:]
  /// The selected text cut to the width of the pane; made when text or width change, not on each frame.
  private(set) var lines: [String] = []
  var top = 0
  private var wrappedFor: Wrapping?

  private struct Wrapping: Equatable, Sendable {
    var document: Int
    var columns: Int
    var isLoaded: Bool
  }

  init(title: String, documents: [ViewerDocument]) {
    self.title = title
    self.documents = documents
  }

  var selected: ViewerDocument? {
    documents.indices.contains(list.selected) ? documents[list.selected] : nil
  }

  /// The path to read before the selected text can be shown.
  var missingPath: String? {
    if case .file(let path) = selected?.source, texts[path] == nil { return path }
    return nil
  }

  mutating func wrap(columns: Int) {
    guard let selected else {
      lines = []
      return
    }
    let wanted = Wrapping(
      document: list.selected, columns: columns, isLoaded: missingPath == nil)
    guard wanted != wrappedFor else { return }
    if wanted.document != wrappedFor?.document { top = 0 }
    wrappedFor = wanted
    switch selected.source {
    case .text(let text): lines = TextLayout.lines(of: text, columns: columns)
    case .file(let path):
      lines = texts[path].map { TextLayout.lines(of: $0, columns: columns) } ?? []
    }
  }
}
