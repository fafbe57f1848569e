import Cells

/// One page of the dashboard, as a row of the table `Pages`.
///
/// A new page is a folder with its state, update and view, one line in `Pages.all`, and one field in `State`.
struct Page: Sendable {
  var id: PageID
  /// Its key and place in the tabs; nil keeps it out of them.
  var number: Int?
  var title: String
  var command: CommandID
  /// False for pages that make sense without an open checkpoint.
  var needsCheckpoint: Bool
  /// Where to look for the meaning of a key, first match wins.
  var scopes: @Sendable (State) -> [Command.Scope]
  /// The keys that matter now, most important first.
  var hints: @Sendable (State) -> [CommandID]
  /// What hints call commands where that is not their name in the table: what Enter does differs from pane to pane.
  var titles: @Sendable (State) -> [CommandID: String] = { _ in [:] }
  /// Keys that are text to the page (a find line); nil when it is not typing.
  var takeText: @Sendable (inout State, InputEvent) -> [Effect]?
  /// Whether a line is being typed, to which the letters of commands are text.
  var isTyping: @Sendable (State) -> Bool = { _ in false }
  /// Carries out a command; nil when it is not the page's.
  var perform: @Sendable (inout State, CommandID) -> [Effect]?
  var takeMouse: @Sendable (inout State, MouseEvent) -> [Effect]
  var draw: @Sendable (State, Canvas) -> Void
}

/// The pages that exist, in the order of their keys.
enum Pages {
  static let all: [Page] = [
    StartPage.page, TreePage.page, EpochsPage.page, MappingPage.page, ConvertPage.page,
    RopePage.page,
    AttentionPage.page, InferencePage.page,
  ]

  static func page(_ id: PageID) -> Page {
    all.first { $0.id == id } ?? StartPage.page
  }

  /// The page of a page command; nil for other commands and for pages that are not there.
  static func page(for command: CommandID) -> Page? { all.first { $0.command == command } }

  /// Whether a command leads anywhere in this build.
  static func leadsSomewhere(_ command: CommandID) -> Bool {
    switch command {
    case .page1, .page2, .page3, .page4, .page5, .page6: page(for: command) != nil
    default: true
    }
  }
}
