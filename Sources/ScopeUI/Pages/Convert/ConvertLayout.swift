import Cells

/// Where the parts of the page stand, in coordinates of the screen.
struct ConvertLayout: Equatable, Sendable {
  /// Empty where only one pane has room and another has the focus.
  let form: Rect
  let fields: [FieldPlace<ConvertField>]
  /// Title of the form; nil where rows are scarce.
  let formTitle: Int?
  /// Plan or report, with its title.
  let sheet: Rect
  /// Bar, rate and current tensor of what is under way.
  let progress: Rect
  /// The lines of the sheet.
  let sheetText: Rect
  let historyRule: Int?
  let history: Rect
  /// Column of the line between the panes.
  let rule: Int?

  static let labelColumns = 17
  static let twoPanes = 70

  init(_ body: Rect, _ convert: ConvertState) {
    let inner = body.inset(columns: 1)
    let none = Rect(column: inner.endColumn, row: inner.row, columns: 0, rows: 0)
    var right: Rect
    if body.columns >= Self.twoPanes {
      let width = min(max(body.columns * 42 / 100, 36), 58)
      (form, right) = inner.splitLeft(width)
      rule = form.endColumn + 1
      right = right.splitLeft(3).rest
    } else if convert.focus == .form {
      form = inner
      right = none
      rule = nil
    } else {
      form = none
      right = inner
      rule = nil
    }
    let names = convert.form.fields
    let hasTitle = form.rows > names.count
    formTitle = hasTitle && form.columns > 0 ? form.row : nil
    let first = form.row + (hasTitle ? 1 : 0)
    let rows = max(form.endRow - first, 0)
    let chosen = names.firstIndex(of: convert.field) ?? 0
    let top = min(max(chosen - rows + 1, 0), max(names.count - rows, 0))
    fields =
      form.columns == 0
      ? []
      : names.enumerated().dropFirst(top).prefix(rows).map { [form] index, field in
        FieldPlace(
          field: field,
          area: Rect(
            column: form.column, row: first + index - top, columns: form.columns, rows: 1))
      }
    // History: a line each, at most a third of the height.
    let wanted = min(convert.history.count, 6, max(right.rows / 3, 1))
    if wanted > 0, right.rows >= 6 {
      let (below, above) = right.splitBottom(wanted)
      history = below
      historyRule = above.endRow - 1
      sheet = above.splitBottom(1).rest
    } else {
      history = none
      historyRule = nil
      sheet = right
    }
    let belowTitle = sheet.splitTop(1).rest
    let progressRows = convert.isRunning ? (belowTitle.rows >= 8 ? 4 : min(belowTitle.rows, 1)) : 0
    let (bar, text) = belowTitle.splitTop(progressRows)
    progress = bar
    sheetText = text
  }

  init(_ state: State) { self.init(FrameLayout(state.size).body, state.convert) }
}
