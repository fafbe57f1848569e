/// Generic parts of screens as pure drawing functions.
package enum Widgets {
  // MARK: Lists

  /// The first row to show so that `selected` is visible, moving as little as possible.
  package static func scrolled(offset: Int, selected: Int?, count: Int, rows: Int) -> Int {
    guard rows > 0, count > rows else { return 0 }
    var offset = min(max(offset, 0), count - rows)
    if let selected {
      if selected < offset { offset = selected }
      if selected >= offset + rows { offset = selected - rows + 1 }
    }
    return min(max(offset, 0), count - rows)
  }

  /// Draws the visible rows of a long list, the selection bar, and a scrollbar where it does not fit.
  ///
  /// - Parameter draw: draws row `index` into a canvas of one line.
  package static func list(
    _ canvas: Canvas, count: Int, offset: Int, selected: Int?, focused: Bool = true,
    draw: (_ index: Int, _ line: Canvas) -> Void
  ) {
    let needsBar = count > canvas.rows
    let width = canvas.columns - (needsBar ? 1 : 0)
    let first = min(max(offset, 0), max(count, 0))
    for row in 0..<min(canvas.rows, count - first) {
      let area = Rect(column: 0, row: row, columns: width, rows: 1)
      draw(first + row, canvas.sub(area))
      if first + row == selected {
        canvas.restyle(area, role: focused ? .selection : .selectionUnfocused)
      }
    }
    if needsBar {
      scrollbar(
        canvas, column: canvas.columns - 1, offset: first, visible: canvas.rows, count: count)
    }
  }

  /// - Parameter hasTrack: false draws the thumb alone, where another line stands beside it.
  package static func scrollbar(
    _ canvas: Canvas, column: Int, offset: Int, visible: Int, count: Int, hasTrack: Bool = true
  ) {
    guard count > visible, visible > 0 else { return }
    let length = max(visible * visible / count, 1)
    let start = (visible - length) * min(max(offset, 0), count - visible) / (count - visible)
    for row in 0..<visible {
      let isThumb = row >= start && row < start + length
      guard isThumb || hasTrack else { continue }
      canvas.put(
        isThumb ? canvas.symbols.scrollThumb : canvas.symbols.scrollTrack,
        at: Point(column: column, row: row), role: isThumb ? .scrollbar : .rule)
    }
  }

  // MARK: Frame

  /// An empty box in the middle of the canvas; returns its inside.
  package static func popup(
    _ canvas: Canvas, columns: Int, rows: Int, title: String
  ) -> Canvas {
    let box = canvas.sub(popupBox(canvas.bounds, columns: columns, rows: rows))
    box.fill(
      box.bounds,
      style: Style(
        foreground: canvas.style(.text).foreground, background: canvas.theme.background))
    frame(box, title: title)
    return box.sub(box.bounds.inset(columns: 2, rows: 1))
  }

  /// Where the inside of the box of `popup` is, in the coordinates of the area that it lies over.
  package static func popupInside(_ area: Rect, columns: Int, rows: Int) -> Rect {
    popupBox(area, columns: columns, rows: rows).inset(columns: 2, rows: 1)
  }

  private static func popupBox(_ area: Rect, columns: Int, rows: Int) -> Rect {
    let width = min(columns + 4, area.columns)
    let height = min(rows + 2, area.rows)
    return Rect(
      column: area.column + (area.columns - width) / 2, row: area.row + (area.rows - height) / 2,
      columns: width, rows: height)
  }

  /// A thin frame along the edge of the canvas with a title in it.
  package static func frame(_ canvas: Canvas, title: String? = nil, focused: Bool = true) {
    guard canvas.columns > 1, canvas.rows > 1 else { return }
    let symbols = canvas.symbols
    let last = Point(column: canvas.columns - 1, row: canvas.rows - 1)
    canvas.horizontalRule(row: 0, title: title, focused: focused)
    canvas.horizontalRule(row: last.row)
    canvas.verticalRule(column: 0, from: 1, to: last.row)
    canvas.verticalRule(column: last.column, from: 1, to: last.row)
    canvas.put(symbols.topLeft, at: Point(column: 0, row: 0), role: .rule)
    canvas.put(symbols.topRight, at: Point(column: last.column, row: 0), role: .rule)
    canvas.put(symbols.bottomLeft, at: Point(column: 0, row: last.row), role: .rule)
    canvas.put(symbols.bottomRight, at: last, role: .rule)
  }
}
