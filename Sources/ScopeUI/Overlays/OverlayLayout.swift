import Cells

/// Where a box over the page stands, and the parts of it that take clicks.
struct OverlayLayout: Equatable, Sendable {
  /// With its border.
  let box: Rect
  /// Rows of a list.
  let list: Rect
  /// The text pane of the viewer.
  let text: Rect

  /// As many rows as the text takes, between border and keys.
  private static func size(of message: MessageState, on screen: Size) -> Size {
    let columns = min(72, screen.columns)
    let lines = TextLayout.wrapped(
      message.text, columns: max(columns - 4, TextLayout.fewestColumns))
    return Size(columns: columns, rows: max(lines.count + 4, 10))
  }

  init(_ size: Size, _ overlay: Overlay?) {
    let screen = Rect(size)
    let wanted: Size =
      switch overlay {
      case .help, .viewer: Size(columns: min(size.columns, 160), rows: size.rows)
      case .palette: Size(columns: 76, rows: 18)
      case .files: Size(columns: 84, rows: max(size.rows * 4 / 5, 10))
      case .themes(let picker): Size(columns: 34, rows: picker.names.count + 3)
      case .message(let message): Self.size(of: message, on: size)
      case .choice(let choice): Size(columns: 68, rows: choice.options.count + 3)
      case .export: Size(columns: 72, rows: 8)
      case nil: Size(columns: 0, rows: 0)
      }
    let columns = min(wanted.columns, size.columns)
    let rows = min(wanted.rows, size.rows)
    // The theme picker stands aside, so that the page shows what a theme does.
    let column: Int =
      if case .themes = overlay { max(size.columns - columns - 1, 0) } else {
        (size.columns - columns) / 2
      }
    box = Rect(column: column, row: (size.rows - rows) / 2, columns: columns, rows: rows)
      .intersection(screen)
    let inner = box.inset(columns: 2, rows: 1)
    switch overlay {
    case .palette:
      // The line that is typed; the sentence of the selected command and the keys at the foot.
      let middle = inner.splitTop(1).rest.splitBottom(1).rest
      let rows = min(middle.columns < 60 ? 3 : 2, middle.rows / 2)
      (text, list) = middle.splitBottom(rows)
    case .files:
      // The line that is typed, and the keys at the foot.
      list = inner.splitTop(1).rest.splitBottom(1).rest
      text = Rect(column: inner.column, row: inner.endRow, columns: 0, rows: 0)
    case .themes, .choice, .help:
      list = inner.splitBottom(1).rest
      text = Rect(column: inner.column, row: inner.endRow, columns: 0, rows: 0)
    case .viewer(let viewer):
      let (_, content) = inner.splitBottom(1)
      if viewer.documents.count > 1 {
        let longest = viewer.documents.map { SafeText.columns(of: $0.title) }.max() ?? 0
        let width = min(max(longest + 1, 8), content.columns / 3)
        let (left, right) = content.splitLeft(width)
        list = left
        text = right.splitLeft(2).rest
      } else {
        list = content.splitLeft(0).left
        text = content
      }
    case .message, .export, nil:
      list = Rect(column: inner.column, row: inner.endRow, columns: inner.columns, rows: 0)
      text = inner
    }
  }
}
