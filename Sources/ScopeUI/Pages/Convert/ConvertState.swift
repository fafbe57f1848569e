package import ScopeEngine

/// The conversion page.
package struct ConvertState: Equatable, Sendable {
  package enum Focus: Equatable, Sendable { case form, sheet, history }

  /// What stands right of the form.
  package enum Sheet: Equatable, Sendable {
    case plan
    /// Index into `history`.
    case record(Int)
  }

  /// What the file can become.
  package var targets: DialectTargets?
  package var form = ConvertForm()
  package var focus = Focus.form
  package var field = ConvertField.target
  /// The line of the chosen field, while it is typed.
  package var line: InputLine?
  /// The newest plan.
  package var outline: ConversionOutline?
  /// What the newest plan was asked with, until the form changes.
  package var planned: ConversionOrder?
  /// Why there is no plan.
  package var problem: String?
  package var sheet = Sheet.plan
  /// First line of the sheet that is shown.
  package var top = 0
  /// Oldest first.
  package var history: [ConversionRecord] = []
  package var historyList = ListCursor()
  /// Of the conversion under way.
  package var progress: JobProgress?

  package init() {}

  package var isRunning: Bool { history.last?.isUnderWay ?? false }

  package var shownRecord: ConversionRecord? {
    if case .record(let index) = sheet, history.indices.contains(index) { return history[index] }
    return nil
  }

  /// A checkpoint was opened: the plan is the old one's; history stays.
  package mutating func forgetCheckpoint() {
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
