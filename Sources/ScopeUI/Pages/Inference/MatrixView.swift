import Cells
import ScopeEngine

/// Draws the matrix of pictures and texts with a colour scale, the selected pair in words, and the scale.
enum MatrixView {
  static func draw(_ state: State, _ canvas: Canvas, _ pane: Rect) {
    let inference = state.inference
    let isFocused = inference.focus == .matrix
    canvas.put(
      "\(inference.values.rawValue) \(canvas.symbols.dot) pictures \(canvas.symbols.times) labels",
      at: pane.corner, role: isFocused ? .titleFocused : .title,
      maxColumns: pane.columns)
    let layout = MatrixLayout(pane, inference)
    guard layout.pictureCount > 0, layout.labelCount > 0 else {
      canvas.put(
        "it needs a picture and a label", at: Point(column: pane.column, row: pane.row + 1),
        role: .dim, maxColumns: pane.columns)
      return
    }
    let range = inference.scores.range(of: inference.values)
    let isProbability = inference.values == .probability
    let low = isProbability ? 0 : Double(range?.lowerBound ?? 0)
    let high = isProbability ? 1 : Double(range?.upperBound ?? 1)
    let scale = HeatMapScales.sequential(state.colorScale)
    drawNames(inference, canvas, pane, layout)
    for row in 0..<layout.pictureCount {
      for column in 0..<layout.labelCount {
        let picture = layout.firstPicture + row
        let label = layout.firstLabel + column
        let area = Rect(
          column: layout.cells.column + column * layout.cellColumns, row: layout.cells.row + row,
          columns: layout.cellColumns, rows: 1)
        let isSelected = picture == inference.list.selected && label == inference.label
        drawCell(
          inference.scores.value(inference.values, picture: picture, label: label), low: low,
          high: high, scale: scale, isSelected: isSelected, canvas, area)
      }
    }
    var lines = readout(inference, canvas.symbols, columns: pane.columns)
    if layout.readoutRows < 2 { lines = [lines.joined(separator: " \(canvas.symbols.dot) ")] }
    for (row, line) in lines.enumerated() {
      canvas.put(
        line, at: Point(column: pane.column, row: layout.readout + row), role: .text,
        maxColumns: pane.columns)
    }
    guard range != nil, let legend = layout.legend else { return }
    canvas.scaleLegend(
      at: Point(column: pane.column, row: legend), columns: min(pane.columns, 40),
      scale: scale, low: Numbers.value(low, digits: 3), high: Numbers.value(high, digits: 3))
  }

  private static func drawNames(
    _ inference: InferenceState, _ canvas: Canvas, _ pane: Rect, _ layout: MatrixLayout
  ) {
    for column in 0..<layout.labelCount {
      let label = layout.firstLabel + column
      // Names where they can be read, numbers else; the pair's line has the name.
      let text = layout.cellColumns >= 6 ? inference.labels[label] : "\(label + 1)"
      canvas.put(
        text,
        at: Point(
          column: layout.cells.column + column * layout.cellColumns, row: layout.cells.row - 1),
        role: label == inference.label ? .accent : .dim, maxColumns: layout.cellColumns - 1)
    }
    for row in 0..<layout.pictureCount {
      let picture = layout.firstPicture + row
      canvas.put(
        FilePath.name(of: inference.pictures[picture].path),
        at: Point(column: pane.column, row: layout.cells.row + row),
        role: picture == inference.list.selected ? .accent : .dim,
        maxColumns: layout.cells.column - pane.column - 1, truncation: .middle)
    }
  }

  private static func drawCell(
    _ value: Float, low: Double, high: Double, scale: ColorScale, isSelected: Bool,
    _ canvas: Canvas, _ area: Rect
  ) {
    let point = area.corner
    guard !value.isNaN else {
      canvas.put(canvas.symbols.dot, at: point, role: isSelected ? .selection : .dim)
      return
    }
    let share = high > low ? (Double(value) - low) / (high - low) : 0.5
    let color = scale.quantised(at: share)
    var number = area.columns >= 6 ? Numbers.fixed(Double(value), places: 2) : ""
    if number.utf8.count > area.columns - 1 { number = "" }
    let isMono = canvas.appearance.depth == .mono
    if number.isEmpty || !isMono {
      var grid = PixelGrid(width: area.columns, height: 2, fill: color)
      // In shades the cells of a row would run into each other.
      if isMono, area.columns > 2 {
        grid[area.columns - 1, 0] = nil
        grid[area.columns - 1, 1] = nil
      }
      canvas.picture(grid, at: point)
    }
    if isMono {
      canvas.put(number, at: point, role: isSelected ? .selection : .text)
    } else if let shown = canvas.appearance.depth.shown(color) {
      let ink = color.ink
      let text = isSelected ? canvas.symbols.chevronRight + number : " " + number
      canvas.fill(area, style: Style(foreground: ink, background: shown))
      canvas.put(
        text, at: point, style: Style(foreground: ink, background: shown, attributes: .bold),
        maxColumns: area.columns)
    }
    if isMono, isSelected, number.isEmpty { canvas.restyle(area, role: .selection) }
  }

  /// The selected pair in words: its names, and its numbers.
  ///
  /// - Parameter columns: that it has.
  static func readout(
    _ inference: InferenceState, _ symbols: Symbols, columns: Int
  ) -> [String] {
    guard let picture = inference.selectedPicture else { return [] }
    let text = inference.text(of: inference.label)
    var parts: [String] = []
    for (values, places) in [
      (InferenceScores.Values.similarity, 4), (.logit, 2), (.probability, 4),
    ] {
      let value = inference.scores.value(
        values, picture: inference.list.selected, label: inference.label)
      guard !value.isNaN else { continue }
      parts.append("\(values.rawValue) \(Numbers.fixed(Double(value), places: places))")
    }
    let separator = " \(symbols.dot) "
    if SafeText.columns(of: parts.joined(separator: separator)) > columns {
      parts = parts.map { $0.replacing("probability", with: "prob.") }
    }
    if let notice = inference.texts[text]?.notice { parts.append(notice) }
    return [
      "\(FilePath.name(of: picture.path)) \(symbols.times) \(text)",
      parts.joined(separator: separator),
    ]
  }
}
