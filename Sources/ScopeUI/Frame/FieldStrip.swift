import Cells

/// A field of a page and where it stands, in coordinates of the screen.
struct FieldPlace<Field: Equatable & Sendable>: Equatable, Sendable {
  var field: Field
  var area: Rect
}

/// Fields that left and right change, side by side in a few lines: `layer ‹ 3 ›   head ‹ all ›`.
struct FieldStrip<Field: Equatable & Sendable> {
  /// Lines that are on show.
  let lineCount: Int
  private let places: [FieldPlace<Field>]

  private static var gap: Int { 3 }

  /// Where the lines do not all fit, those around the chosen field are on show.
  ///
  /// - Parameters:
  ///   - fields: in their order, with the text that each one is drawn as.
  ///   - columns: of the screen.
  ///   - symbols: that they are drawn with: in ASCII names outside of it are spelled out.
  init(
    _ fields: [(field: Field, text: String)], columns: Range<Int>, chosen: Field, mostLines: Int,
    symbols: Symbols
  ) {
    var places: [FieldPlace<Field>] = []
    var column = columns.lowerBound
    var line = 0
    for (field, text) in fields {
      let width = SafeText.columns(of: text, asciiOnly: symbols.asciiOnly)
      if column + width > columns.upperBound, column > columns.lowerBound {
        column = columns.lowerBound
        line += 1
      }
      let area = Rect(column: column, row: line, columns: min(width, columns.count), rows: 1)
      places.append(FieldPlace(field: field, area: area))
      column += width + Self.gap
    }
    lineCount = min(line + 1, mostLines)
    let chosenLine = places.first { $0.field == chosen }?.area.row ?? 0
    let first = max(min(chosenLine, line + 1 - lineCount), 0)
    let shown = first..<first + lineCount
    self.places = places.filter { shown.contains($0.area.row) }.map { place in
      var moved = place
      moved.area.row -= first
      return moved
    }
  }

  /// The fields on show, with the first line at a row of the screen.
  func places(from row: Int) -> [FieldPlace<Field>] {
    places.map { place in
      var moved = place
      moved.area.row += row
      return moved
    }
  }
}

/// What stands in a field of a strip.
struct FieldText {
  var label: String
  var value: String

  func text(_ symbols: Symbols) -> String {
    "\(label) \(symbols.chevronLeft) \(value) \(symbols.chevronRight)"
  }

  func draw(in area: Rect, isChosen: Bool, _ canvas: Canvas) {
    let symbols = canvas.symbols
    canvas.put(
      [
        Span(label + " ", .dim), Span(symbols.chevronLeft, .key), Span(" \(value) ", .text),
        Span(symbols.chevronRight, .key),
      ], at: area.corner, maxColumns: area.columns)
    if isChosen { canvas.restyle(area, role: .selection) }
  }

  /// What a click does: the marks beside the value change it, the rest only chooses the field.
  ///
  /// - Returns: the step; nil for the rest.
  func step(at point: Point, in area: Rect) -> Int? {
    if point.column >= area.endColumn - 2 { return 1 }
    let mark = area.column + SafeText.columns(of: label) + 1
    return abs(point.column - mark) <= 1 ? -1 : nil
  }
}
