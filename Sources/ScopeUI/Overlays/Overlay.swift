/// What can lie over a page.
enum Overlay: Equatable, Sendable {
  case help(HelpState)
  case palette(PaletteState)
  case themes(ThemePickerState)
  case files(FilePickerState)
  case message(MessageState)
  case choice(ChoiceState)
  case export(ExportState)
  case viewer(ViewerState)
}

struct HelpState: Equatable, Sendable {
  var top = 0
}

/// A finished sentence in a box, for errors.
struct MessageState: Equatable, Sendable {
  var kind: Toast.Kind
  var title: String
  var text: String
}

/// A few possibilities, each with a letter.
struct ChoiceState: Equatable, Sendable {
  struct Option: Equatable, Sendable {
    var key: String
    var label: String
    var answer: Answer
  }

  enum Answer: Equatable, Sendable {
    case copy(String)
    case quit
    case stay
  }

  var title: String
  var options: [Option]
  var selected = 0
}

struct PaletteState: Equatable, Sendable {
  var line = InputLine()
  var list = ListCursor()
  /// Best first.
  private(set) var found: [CommandID]

  init(_ available: [CommandID]) {
    self.available = available
    found = available
  }

  private let available: [CommandID]

  /// Brings what is found up to the line.
  mutating func search() {
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

struct ThemePickerState: Equatable, Sendable {
  var names: [String]
  var list: ListCursor

  init(names: [String], current: String) {
    self.names = names
    list = ListCursor(selected: names.firstIndex(of: current) ?? 0)
  }

  var selectedName: String? {
    names.indices.contains(list.selected) ? names[list.selected] : nil
  }
}

struct FilePickerState: Equatable, Sendable {
  enum Purpose: Equatable, Sendable { case open, compare }

  var purpose: Purpose
  var listing: FolderListing?
  var filter = InputLine()
  var showsHidden = false
  var list = ListCursor()

  /// The folder itself, where its snapshots can be opened as one.
  static let whole = FolderItem(name: ".", isFolder: true, byteCount: 0, isCheckpoint: true)

  private var opensWhole: Bool { purpose == .open && (listing?.snapshotCount ?? 0) > 1 }

  /// What was typed, where it is a path and no filter, whatever the folder holds.
  var typedPath: String? {
    filter.text.hasPrefix("/") || filter.text.hasPrefix("~") ? filter.text : nil
  }

  /// Items that pass the filter, after the way up and the folder itself.
  var items: [FolderItem] {
    guard let listing else { return [] }
    let query = FindQuery(filter.text)
    let up = FolderItem(name: "..", isFolder: true, byteCount: 0, isCheckpoint: false)
    if query.isEmpty {
      return [up] + (opensWhole ? [Self.whole] : []) + listing.items
    }
    let matches = FindIndex(listing.items.map(\.name)).matches(query)
    return matches.sorted { ($1.score, $0.index) < ($0.score, $1.index) }
      .map { listing.items[Int($0.index)] }
  }
}

enum ExportFormat: String, Sendable, CaseIterable {
  case text
  case csv
  case json
  case png

  var ending: String { self == .text ? "txt" : rawValue }
}

struct ExportState: Equatable, Sendable {
  var format = ExportFormat.text
  var line: InputLine
  /// The path that was found to exist; choosing it again replaces it.
  var existing: String?

  init(path: String) { line = InputLine(path) }

  /// Changes the format and the ending of the path with it.
  mutating func take(_ format: ExportFormat) {
    let old = "." + self.format.ending
    if line.text.hasSuffix(old) {
      line = InputLine(line.text.dropLast(old.count) + "." + format.ending)
    }
    self.format = format
    existing = nil
  }
}
