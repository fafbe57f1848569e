import Cells
import ScopeEngine

/// Everything the dashboard shows, as plain values.
///
/// Big results stay in the engine; trees are immutable and shared.
struct State: Equatable, Sendable {
  var size: Size
  var page: PageID
  /// What is open; nil on a fresh start page.
  var opened: OpenedCheckpoint?
  var start = StartState()
  var tree = TreeState()
  var epochs = EpochsState()
  var mapping = MappingState()
  var convert = ConvertState()
  var rope = RopeState()
  var attention = AttentionState()
  var inference = InferenceState()
  /// By path: what the user said of the models of this session.
  var choices: [String: KeptChoice] = [:]
  /// The page that the session shall begin with, until it can be shown.
  var wantedPage: PageID?
  /// What lies over the page; the last one gets the keys.
  var overlays: [Overlay] = []
  var toast: Toast?
  /// What was said so far, the newest last.
  private(set) var said: [Toast] = []
  var jobs: [JobKey: JobRow] = [:]
  var themes: [String] = []
  var theme: String
  /// Whether the terminal shows ASCII alone, whose longer words move what stands behind them.
  var isASCIIOnly = false
  var colorScale = 0
  var drag: DragState?
  /// The guided tour, while it goes on.
  var tour: TourState?
  /// Grows with every request, so that late answers are told from wanted ones.
  var generation = 0
  var restGeneration = 0

  init(size: Size, page: PageID = .start, theme: String = "", themes: [String] = []) {
    self.size = size
    self.page = page
    self.theme = theme
    self.themes = themes
  }

  /// Keeps what is said to be read again; the same twice in a row is kept once.
  mutating func keep(_ news: Toast) {
    if said.last?.text != news.text { said.append(news) }
    if said.count > Self.mostSaid { said.removeFirst(said.count - Self.mostSaid) }
  }

  private static let mostSaid = 200

  /// The glyphs that the screen is drawn with, so that a click is looked up where a glyph stands.
  var symbols: Symbols { isASCIIOnly ? .ascii : .utf8 }

  /// The theme on the screen: the one that the picker previews, or the chosen one.
  var shownTheme: String {
    for case .themes(let picker) in overlays.reversed() {
      if let name = picker.selectedName { return name }
    }
    return theme
  }
}

/// The checkpoint that the pages speak of.
struct OpenedCheckpoint: Equatable, Sendable {
  var path: String
  var model: TreeModel
  /// Dialect and architecture in a few words (`openclip ViT-B/32`); empty when unknown.
  var summary: String = ""
  /// What the file says for certain and the user cannot choose.
  var stated = StatedFacts()
  /// What of it can be run; nil for files with too many tensors to look at while they are opened.
  var outlook: ModelOutlook?
  /// What was kept from the last time this file was open.
  var kept: KeptView?
  /// The snapshots of the folder that was opened; empty for other folders and for files.
  var series: [TrainingSnapshot] = []
  /// Labelled pictures that stand with it.
  var samples: LabelledPictures?
  /// Something that went wrong beside the opening, worth a line.
  var note: String?
  /// True for what came with the program: nothing is to be written beside it.
  var isInstalled = false
}

/// What the user said of a model, and what its file said by itself then.
struct KeptChoice: Equatable, Sendable {
  var choice: ModelChoice
  var stated: StatedFacts
}

/// One line of news above the help bar.
struct Toast: Equatable, Sendable {
  enum Kind: Equatable, Sendable { case success, info, warning, error }
  var kind: Kind
  var text: String
  var generation: Int
  /// A key was pressed since: it stands on one line and no longer over the page.
  var isFolded = false
  /// Why a key changed nothing: no longer true once another key changes something.
  var isOfIdleKey = false
}

struct JobRow: Equatable, Sendable {
  var generation: Int
  var title: String
  /// From 0 to 1; nil while unknown.
  var fraction: Double?
}

/// What the mouse holds between press and release.
enum DragState: Equatable, Sendable {
  case divider
}
