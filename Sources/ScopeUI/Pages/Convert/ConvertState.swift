import ScopeEngine

/// The conversion page.
struct ConvertState: Equatable, Sendable {
  enum Focus: Equatable, Sendable { case form, sheet, history }

  /// What stands right of the form.
  enum Sheet: Equatable, Sendable {
    case plan
    /// Index into `history`.
    case record(Int)
  }

  /// What the file can become.
  var targets: DialectTargets?
  var form = ConvertForm()
  var focus = Focus.form
  var field = ConvertField.target
  /// The line of the chosen field, while it is typed.
  var line: InputLine?
  /// The newest plan.
  var outline: ConversionOutline?
  /// What the newest plan was asked with, until the form changes.
  var planned: ConversionOrder?
  /// Why there is no plan.
  var problem: String?
  var sheet = Sheet.plan
  /// First line of the sheet that is shown.
  var top = 0
  /// Oldest first.
  var history: [ConversionRecord] = []
  var historyList = ListCursor()
  /// Of the conversion under way.
  var progress: JobProgress?

  var isRunning: Bool { history.last?.isUnderWay ?? false }

  var shownRecord: ConversionRecord? {
    if case .record(let index) = sheet, history.indices.contains(index) { return history[index] }
    return nil
  }

  /// A checkpoint was opened: the plan is the old one's; history stays.
  mutating func forgetCheckpoint() {
    var kept = ConvertForm()
    kept.isVerifying = form.isVerifying
    kept.isDurable = form.isDurable
    form = kept
    targets = nil
    outline = nil
    planned = nil
    problem = nil
    line = nil
    field = .target
    focus = .form
    if !isRunning { sheet = .plan }
    top = 0
  }
}
