import Cells
import ScopeEngine

/// What the outside world is asked to do, as data.
///
/// Tests compare these; `Runtime` carries them out.
enum Effect: Equatable, Sendable {
  /// Starts work in the background; a newer job with the same key cancels the older.
  case start(JobKey, generation: Int, Work)
  case cancel(JobKey)
  /// Sends `timerFired` after a while.
  case after(milliseconds: Int, TimerKey, generation: Int)
  /// Puts text on the terminal's clipboard (OSC 52).
  case copy(String)
  case keepView(path: String, KeptView)
  case keepTheme(String)
  case rememberRecent(RecentFile)
  case forgetRecent(path: String)
  case redraw
  case suspend
  case quit
}

/// What runs at most once at a time.
enum JobKey: Hashable, Sendable {
  case open, compare, differences, statistics, slice, spectrum, folder, startFolder, text, export
  case series, accuracy
  case positions
  case targets, mapping, plan, convert
  case inference, preview, pictures
  case attention, attentionMap, attentionPictures

  /// True when leaving would lose something that the user waits for.
  var isWorthAsking: Bool {
    switch self {
    case .convert, .export, .differences, .compare, .inference, .series, .accuracy: true
    default: false
    }
  }
}

enum Work: Equatable, Sendable {
  case open(path: String)
  /// The demo checkpoint that comes with the program.
  case openDemo
  /// Opens a second checkpoint and joins its names with those of the first.
  case compare(path: String)
  /// Largest absolute differences of all pairs with equal shapes.
  case differences
  case statistics(EntryReference)
  case slice(SliceRequest)
  case spectrum(EntryReference)
  /// Statistics and movements over the snapshots of a folder.
  case trainingSeries(folder: String)
  /// Zero-shot accuracy of each snapshot.
  case accuracy(of: [TrainingSnapshot], LabelledPictures)
  /// How the open checkpoint encodes position.
  case positions
  /// What the open checkpoint can be mapped and converted to.
  case targets(IdentityOptions)
  /// The keys beside those of a target; nil takes the most useful one.
  case mapping(to: ConversionTarget?, IdentityOptions)
  case plan(ConversionOrder)
  case convert(ConversionOrder)
  /// Features of pictures and texts that have none.
  case infer(InferenceRequest)
  /// What the image tower gets of a picture.
  case preparePicture(path: String, ModelChoice)
  /// The picture files that a path or a pattern means.
  case listPictures(String)
  /// Runs a tower once and keeps all its attention.
  case attention(AttentionRequest)
  /// A rollout or relevance that takes longer than a key press.
  case attentionMap(AttentionCapture, AttentionChoice)
  case findPictures(beside: String)
  /// `from` is resolved against the current folder when relative.
  case listFolder(path: String, showsHidden: Bool)
  case startFolder
  case readText(path: String)
  case write(path: String, ExportContent, replace: Bool)
}

enum ExportContent: Equatable, Sendable {
  case text(String)
  case picture(PixelGrid)
  /// The page as it is, without overlays, as text or PNG.
  case pageText
  case pagePicture
}
