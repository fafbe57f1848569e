import Cells

/// The news above the keys: one line beside the job that runs, or a few lines over the foot of the page where it is longer than that.
struct FrameNews: Equatable, Sendable {
  /// In order, the last one lowest.
  let lines: [String]
  /// Row of the first line.
  let top: Int
  /// Whether the last line is not the end of what was said.
  let isCut: Bool

  /// Lines that the page gives up at most.
  private static let mostLines = 4
  /// Columns of the mark before the first line and of the gap behind it.
  static let markColumns = 2

  /// - Parameters:
  ///   - news: what is said.
  ///   - state: whose screen it is.
  ///   - room: columns for text on the line of the status, beside the job.
  ///   - hasJob: a job stands there, so that several lines stand above it.
  init(_ news: Toast, _ state: State, room: Int, hasJob: Bool) {
    let layout = FrameLayout(state.size)
    let row = layout.status.row
    let isLong = SafeText.columns(of: news.text, asciiOnly: state.isASCIIOnly) > room
    // The tour has these rows for itself.
    guard isLong, !news.isFolded, state.tour == nil else {
      self.init(lines: [news.text], top: row, isCut: isLong)
      return
    }
    let clean = SafeText.clean(news.text, asciiOnly: state.isASCIIOnly)
    let wrapped = TextLayout.wrapped(clean, columns: state.size.columns - Self.markColumns - 2)
    let most = max(min(Self.mostLines, layout.body.rows / 2), 1)
    let lines = Array(wrapped.prefix(most))
    self.init(
      lines: lines, top: row - lines.count + (hasJob ? 0 : 1), isCut: wrapped.count > lines.count)
  }

  private init(lines: [String], top: Int, isCut: Bool) {
    self.lines = lines
    self.top = top
    self.isCut = isCut
  }
}
