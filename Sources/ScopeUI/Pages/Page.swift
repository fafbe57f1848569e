package import Cells

/// One page of the dashboard, as a row of the table `Pages`.
///
/// A new page is a folder with its state, update and view, one line in `Pages.all`, and one field in `State`.
package struct Page: Sendable {
  package var id: PageID
  /// Its key and place in the tabs; nil keeps it out of them.
  package var number: Int?
  package var title: String
  package var command: CommandID
  /// False for pages that make sense without an open checkpoint.
  package var needsCheckpoint: Bool
  /// Where to look for the meaning of a key, first match wins.
  package var scopes: @Sendable (State) -> [Command.Scope]
  /// The keys that matter now, most important first.
  package var hints: @Sendable (State) -> [CommandID]
  /// Keys that are text to the page (a find line); nil when it is not typing.
  package var takeText: @Sendable (inout State, InputEvent) -> [Effect]?
  /// Carries out a command; nil when it is not the page's.
  package var perform: @Sendable (inout State, CommandID) -> [Effect]?
  package var takeMouse: @Sendable (inout State, MouseEvent) -> [Effect]
  package var draw: @Sendable (State, Canvas) -> Void
}

/// The pages that exist, in the order of their keys.
package enum Pages {
  package static let all: [Page] = [
    StartPage.page, TreePage.page, EpochsPage.page, MappingPage.page, ConvertPage.page,
    RopePage.page,
    AttentionPage.page, InferencePage.page,
  ]

  package static func page(_ id: PageID) -> Page {
    all.first { $0.id == id } ?? StartPage.page
  }

  /// The page of a page command; nil for other commands and for pages that are not there.
  package static func page(for command: CommandID) -> Page? { all.first { $0.command == command } }

  /// Whether a command leads anywhere in this build.
  package static func leadsSomewhere(_ command: CommandID) -> Bool {
    switch command {
    case .page1, .page2, .page3, .page4, .page5, .page6: page(for: command) != nil
    default: true
    }
  }
}
