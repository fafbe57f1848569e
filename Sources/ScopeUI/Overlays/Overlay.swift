/// What can lie over a page.
package enum Overlay: Equatable, Sendable {
  case help(HelpState)
  case palette(PaletteState)
  case themes(ThemePickerState)
  case files(FilePickerState)
  case message(MessageState)
  case choice(ChoiceState)
  case export(ExportState)
  case viewer(ViewerState)
}

package struct HelpState: Equatable, Sendable {
  package var top = 0
  package init() {}
}

/// A finished sentence in a box, for errors.
package struct MessageState: Equatable, Sendable {
  package var kind: Toast.Kind
  package var title: String
  package var text: String
  package var top = 0

  package init(kind: Toast.Kind, title: String, text: String) {
    self.kind = kind
    self.title = title
    self.text = text
  }
}

/// A few possibilities, each with a letter.
package struct ChoiceState: Equatable, Sendable {
  package struct Option: Equatable, Sendable {
    package var key: String
    package var label: String
    package var answer: Answer
  }

  package enum Answer: Equatable, Sendable {
    case copy(String)
    case quit
    case stay
  }

  package var title: String
  package var options: [Option]
  package var selected = 0

  package init(title: String, options: [Option]) {
    self.title = title
    self.options = options
  }
}

package struct PaletteState: Equatable, Sendable {
  package var line = InputLine()
  package var list = ListCursor()
  /// Best first.
  package private(set) var found: [CommandID]

  package init(_ available: [CommandID]) {
    self.available = available
    found = available
  }

  private let available: [CommandID]

  /// Brings what is found up to the line.
  package mutating func search() {
    let query = FindQuery(line.text)
    list = ListCursor()
    guard !query.isEmpty else {
      found = available
      return
    }
    let names = available.map { id in
      CommandTable.command(id).map { "\($0.title) \($0.group.rawValue) \($0.help)" } ?? ""
    }
    found = FindIndex(names).matches(query)
      .sorted { ($1.score, $0.index) < ($0.score, $1.index) }
      .map { available[Int($0.index)] }
  }
}

package struct ThemePickerState: Equatable, Sendable {
  package var names: [String]
  package var list: ListCursor

  package init(names: [String], current: String) {
    self.names = names
    list = ListCursor(selected: names.firstIndex(of: current) ?? 0)
  }

  package var selectedName: String? {
    names.indices.contains(list.selected) ? names[list.selected] : nil
  }
}

package struct FilePickerState: Equatable, Sendable {
  package enum Purpose: Equatable, Sendable { case open, compare }

  package var purpose: Purpose
  package var listing: FolderListing?
  package var filter = InputLine()
  package var showsHidden = false
  package var list = ListCursor()

  package init(purpose: Purpose) { self.purpose = purpose }

  /// Items that pass the filter, after the way up.
  package var items: [FolderItem] {
    guard let listing else { return [] }
    let query = FindQuery(filter.text)
    let up = FolderItem(name: "..", isFolder: true, byteCount: 0, isCheckpoint: false)
    if query.isEmpty { return [up] + listing.items }
    let matches = FindIndex(listing.items.map(\.name)).matches(query)
    return matches.sorted { ($1.score, $0.index) < ($0.score, $1.index) }
      .map { listing.items[Int($0.index)] }
  }
}

package enum ExportFormat: String, Sendable, CaseIterable {
  case text
  case csv
  case json
  case png

  var ending: String { self == .text ? "txt" : rawValue }
}

package struct ExportState: Equatable, Sendable {
  package var format = ExportFormat.text
  package var line: InputLine
  /// The path that was found to exist; choosing it again replaces it.
  package var existing: String?

  package init(path: String) { line = InputLine(path) }

  /// Changes the format and the ending of the path with it.
  package mutating func take(_ format: ExportFormat) {
    let old = "." + self.format.ending
    if line.text.hasSuffix(old) {
      line = InputLine(line.text.dropLast(old.count) + "." + format.ending)
    }
    self.format = format
    existing = nil
  }
}
