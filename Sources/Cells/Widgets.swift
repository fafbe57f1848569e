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

  package static func scrollbar(
    _ canvas: Canvas, column: Int, offset: Int, visible: Int, count: Int
  ) {
    guard count > visible, visible > 0 else { return }
    let length = max(visible * visible / count, 1)
    let start = (visible - length) * min(max(offset, 0), count - visible) / (count - visible)
    for row in 0..<visible {
      let isThumb = row >= start && row < start + length
      canvas.put(
        isThumb ? canvas.symbols.scrollThumb : canvas.symbols.scrollTrack,
        at: Point(column: column, row: row), role: isThumb ? .scrollbar : .rule)
    }
  }

  // MARK: Input

  /// A line of editable text; scrolls sideways so that the cursor stays visible, and places the terminal's cursor.
  ///
  /// - Parameter cursor: counted in characters of `text`.
  package static func inputLine(
    _ canvas: Canvas, at point: Point, columns: Int, prompt: String = "", text: String,
    cursor: Int, placeholder: String = "", focused: Bool = true
  ) {
    let used = canvas.put(prompt, at: point, role: .key, maxColumns: columns)
    let start = point.column + used
    let room = columns - used
    guard room > 0 else { return }
    canvas.fill(Rect(column: start, row: point.row, columns: room, rows: 1), role: .input)
    let left = text.prefix(max(cursor, 0))
    var hidden = left.startIndex
    while canvas.columns(of: String(left[hidden...])) > room - 1 && hidden < left.endIndex {
      hidden = left.index(after: hidden)
    }
    if text.isEmpty {
      canvas.put(
        placeholder, at: Point(column: start, row: point.row),
        style: Style(foreground: canvas.style(.dim).foreground), maxColumns: room)
    } else {
      canvas.put(
        String(text[hidden...]), at: Point(column: start, row: point.row), role: .input,
        maxColumns: room, truncation: .none)
    }
    if focused {
      let column = start + canvas.columns(of: String(left[hidden...]))
      canvas.setCursor(Point(column: column, row: point.row))
      canvas.restyle(Rect(column: column, row: point.row, columns: 1, rows: 1), role: .cursor)
    }
  }

  /// A form line: label, value, and the marks of a value that left and right change.
  package static func formField(
    _ canvas: Canvas, row: Int, label: String, value: String, labelColumns: Int,
    focused: Bool, isChoice: Bool = true
  ) {
    canvas.put(
      label, at: Point(column: 1, row: row), role: focused ? .titleFocused : .dim,
      maxColumns: labelColumns - 1)
    let symbols = canvas.symbols
    let text = isChoice ? "\(symbols.chevronLeft) \(value) \(symbols.chevronRight)" : value
    canvas.put(
      text, at: Point(column: labelColumns + 1, row: row), role: focused ? .accent : .text,
      truncation: .middle)
    if focused {
      canvas.restyle(
        Rect(column: 0, row: row, columns: canvas.columns, rows: 1), role: .selection)
    }
  }

  // MARK: Frame

  /// Numbered tabs on one line; returns where each one is, for clicks.
  @discardableResult
  package static func tabBar(
    _ canvas: Canvas, row: Int, from column: Int, titles: [String], active: Int
  ) -> [Rect] {
    var column = column
    var areas: [Rect] = []
    for (index, title) in titles.enumerated() {
      let used = canvas.put(
        [Span(" \(index + 1)", .key), Span(" \(title) ", index == active ? .tabActive : .tab)],
        at: Point(column: column, row: row), maxColumns: max(canvas.columns - column, 0))
      let area = Rect(column: column, row: row, columns: used, rows: 1)
      if index == active { canvas.restyle(area, role: .tabActive) }
      areas.append(area)
      column += used
    }
    return areas
  }

  /// An empty box in the middle of the canvas; returns its inside.
  package static func popup(
    _ canvas: Canvas, columns: Int, rows: Int, title: String
  ) -> Canvas {
    let width = min(columns + 4, canvas.columns)
    let height = min(rows + 2, canvas.rows)
    let box = canvas.sub(
      Rect(
        column: (canvas.columns - width) / 2, row: (canvas.rows - height) / 2, columns: width,
        rows: height))
    box.fill(
      box.bounds,
      style: Style(
        foreground: canvas.style(.text).foreground, background: canvas.theme.background))
    frame(box, title: title)
    return box.sub(box.bounds.inset(columns: 2, rows: 1))
  }

  /// A thin frame along the edge of the canvas with a title in it.
  package static func frame(_ canvas: Canvas, title: String, focused: Bool = true) {
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

  /// `key what  key what` on one line; pairs that do not fit whole are left out.
  package static func keyBar(
    _ canvas: Canvas, row: Int, keys: [(key: String, title: String)]
  ) {
    var column = 1
    for (key, title) in keys {
      let width = canvas.columns(of: key) + 1 + canvas.columns(of: title)
      guard column + width <= canvas.columns else { return }
      column += canvas.put(
        [Span(key, .key), Span(" " + title, .keyHint)], at: Point(column: column, row: row))
      column += 2
    }
  }

  /// Groups of keys in two columns (one when narrow), scrolled by `offset` lines; returns how many lines there are.
  @discardableResult
  package static func keyHelp(
    _ canvas: Canvas, groups: [(title: String, keys: [(key: String, title: String)])],
    offset: Int = 0
  ) -> Int {
    var lines: [[Span]] = []
    for group in groups {
      if !lines.isEmpty { lines.append([]) }
      lines.append([Span(group.title, .titleFocused)])
      for (key, title) in group.keys {
        let gap = String(repeating: " ", count: max(14 - canvas.columns(of: key), 1))
        lines.append([Span(" " + key + gap, .key), Span(title, .text)])
      }
    }
    let columnCount = canvas.columns >= 76 ? 2 : 1
    let perColumn = (lines.count + columnCount - 1) / columnCount
    let width = canvas.columns / columnCount
    for (index, line) in lines.enumerated() {
      let row = index % max(perColumn, 1) - offset
      guard row >= 0 && row < canvas.rows else { continue }
      canvas.put(
        line, at: Point(column: index / max(perColumn, 1) * width, row: row),
        maxColumns: width - 1)
    }
    return perColumn
  }
}
