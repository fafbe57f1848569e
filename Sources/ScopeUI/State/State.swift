package import Cells
package import ScopeEngine

/// Everything the dashboard shows, as plain values.
///
/// Big results stay in the engine; trees are immutable and shared.
package struct State: Equatable, Sendable {
  package var size: Size
  package var page: PageID
  /// What is open; nil on a fresh start page.
  package var opened: OpenedCheckpoint?
  package var start = StartState()
  package var tree = TreeState()
  package var epochs = EpochsState()
  package var mapping = MappingState()
  package var convert = ConvertState()
  package var rope = RopeState()
  package var attention = AttentionState()
  package var inference = InferenceState()
  /// The page that the session shall begin with, until it can be shown.
  package var wantedPage: PageID?
  /// What lies over the page; the last one gets the keys.
  package var overlays: [Overlay] = []
  package var toast: Toast?
  package var jobs: [JobKey: JobRow] = [:]
  package var themes: [String] = []
  package var theme: String
  package var colorScale = 0
  package var drag: DragState?
  /// The guided tour, while it goes on.
  package var tour: TourState?
  /// Grows with every request, so that late answers are told from wanted ones.
  package var generation = 0
  package var restGeneration = 0

  package init(size: Size, page: PageID = .start, theme: String = "", themes: [String] = []) {
    self.size = size
    self.page = page
    self.theme = theme
    self.themes = themes
  }

  /// The theme on the screen: the one that the picker previews, or the chosen one.
  package var shownTheme: String {
    for case .themes(let picker) in overlays.reversed() {
      if let name = picker.selectedName { return name }
    }
    return theme
  }
}

/// The checkpoint that the pages speak of.
package struct OpenedCheckpoint: Equatable, Sendable {
  package var path: String
  package var model: TreeModel
  /// Dialect and architecture in a few words (`openclip ViT-B/32`); empty when unknown.
  package var summary: String
  /// What was kept from the last time this file was open.
  package var kept: KeptView?
  /// The snapshots of the folder that was opened; empty for other folders and for files.
  package var series: [TrainingSnapshot]
  /// Labelled pictures that stand with it.
  package var samples: LabelledPictures?
  /// Something that went wrong beside the opening, worth a line.
  package var note: String?
  /// True for what came with the program: nothing is to be written beside it.
  package var isInstalled: Bool

  package init(
    path: String, model: TreeModel, summary: String = "", kept: KeptView? = nil,
    series: [TrainingSnapshot] = [], samples: LabelledPictures? = nil, note: String? = nil,
    isInstalled: Bool = false
  ) {
    self.path = path
    self.model = model
    self.summary = summary
    self.kept = kept
    self.series = series
    self.samples = samples
    self.note = note
    self.isInstalled = isInstalled
  }
}

/// One line of news above the help bar.
package struct Toast: Equatable, Sendable {
  package enum Kind: Equatable, Sendable { case success, info, warning, error }
  package var kind: Kind
  package var text: String
  package var generation: Int
}

package struct JobRow: Equatable, Sendable {
  package var generation: Int
  package var title: String
  /// From 0 to 1; nil while unknown.
  package var fraction: Double?
}

/// What the mouse holds between press and release.
package enum DragState: Equatable, Sendable {
  case divider
}
