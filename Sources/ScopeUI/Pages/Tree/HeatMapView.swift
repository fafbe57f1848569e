import Analysis
import Cells
import Checkpoints
import Tensors

/// A 2-D slice as colours, two values a cell, with the value under the cursor and a legend.
enum HeatMapView {
  static func draw(_ state: State, _ entry: Entry, _ canvas: Canvas, _ layout: DetailLayout) {
    let pane = canvas.sub(layout.heatMapPane)
    let isFocused = state.tree.focus == .detail
    guard let slice = state.tree.detail.slice else { return }
    let detail = state.tree.detail
    let isComplex = entry.elementType.isComplex
    let titles = [false, true].map {
      title(slice, detail, isComplex: isComplex, pane.symbols, isBrief: $0)
    }
    // Where nothing fits, the facts say what the word would; that the half of the numbers is shown they do not say.
    let shown =
      titles.first { pane.columns(of: $0) <= pane.columns }
      ?? String(titles[1].dropFirst(isComplex ? 0 : Self.briefName.count))
    pane.put(shown, at: Point(column: 0, row: 0), role: isFocused ? .titleFocused : .title)
    guard let picture = state.tree.detail.picture, picture.rows > 0, picture.columns > 0 else {
      let sentence =
        state.tree.detail.entry.flatMap { state.tree.detail.problems[$0] } == nil
        ? pane.symbols.ellipsis : ""
      pane.put(sentence, at: Point(column: 0, row: 1), role: .dim)
      return
    }
    let scale = HeatMapScale(picture, state)
    drawPicture(picture, scale, state, canvas.sub(layout.heatMap), isFocused: isFocused)
    drawFoot(picture, scale, slice, state, pane)
  }

  /// Axes, what is in view, held indices, and what a pixel is.
  ///
  /// - Parameters:
  ///   - slice: what the map shows.
  ///   - detail: with the picture.
  ///   - isComplex: of complex numbers the real part is shown.
  ///   - symbols: that it is drawn with.
  ///   - isBrief: the same facts in fewer words, for a narrow pane.
  private static func title(
    _ slice: SliceChoice, _ detail: DetailState, isComplex: Bool, _ symbols: Symbols, isBrief: Bool
  ) -> String {
    let gap = isBrief ? " " : "  "
    func axis(_ axis: Int, _ shown: Range<Int>) -> String {
      isBrief ? "\(axis):\(range(shown))" : "axis \(axis) \(range(shown))"
    }
    func range(_ range: Range<Int>) -> String {
      range.isEmpty ? "none" : "\(range.lowerBound)-\(range.upperBound - 1)"
    }
    var text = isBrief ? Self.briefName : "heat map  "
    if isComplex { text = isBrief ? "real part " : "heat map of the real part  " }
    if let row = slice.rowAxis { text += "\(axis(row, slice.rows)) \(symbols.times) " }
    if let column = slice.columnAxis { text += axis(column, slice.columns) }
    for axis in slice.heldAxes {
      let mark = axis == slice.heldAxis ? symbols.chevronLeft : ""
      let end = axis == slice.heldAxis ? symbols.chevronRight : ""
      text += "\(gap)[\(axis)]=\(mark)\(slice.indices[axis])\(end)/\(slice.sizes[axis])"
    }
    if let picture = detail.picture, picture.blockRows * picture.blockColumns > 1 {
      text += gap + (isBrief ? "mean " : "mean of ")
      text += "\(picture.blockRows)\(symbols.times)\(picture.blockColumns)"
    }
    return text
  }

  private static let briefName = "heat map "

  private static func drawPicture(
    _ picture: SlicePicture, _ scale: HeatMapScale, _ state: State, _ pane: Canvas,
    isFocused: Bool
  ) {
    let rows = min(picture.rows, 2 * pane.rows)
    let columns = min(picture.columns, pane.columns)
    let isMono = pane.appearance.depth == .mono
    for row in stride(from: 0, to: rows, by: 2) {
      for column in 0..<columns {
        let upper = picture.values[row * picture.columns + column]
        let lower = row + 1 < rows ? picture.values[(row + 1) * picture.columns + column] : nil
        let point = Point(column: column, row: row / 2)
        if isMono {
          pane.put(
            scale.shade(upper, lower, pane.symbols), at: point, role: .text)
        } else {
          pane.halfBlock(
            at: point, upper: scale.color(upper), lower: lower.flatMap { scale.color($0) })
        }
      }
    }
    guard isFocused else { return }
    let detail = state.tree.detail
    let symbols = pane.symbols
    let half = detail.cursorRow % 2 == 0 ? symbols.upperHalf : symbols.lowerHalf
    if detail.cursorColumn < columns, detail.cursorRow < rows {
      pane.put(
        symbols.asciiOnly ? "+" : half,
        at: Point(column: detail.cursorColumn, row: detail.cursorRow / 2), role: .cursor)
    }
  }

  private static func drawFoot(
    _ picture: SlicePicture, _ scale: HeatMapScale, _ slice: SliceChoice, _ state: State,
    _ pane: Canvas
  ) {
    let foot = pane.rows - 1
    let detail = state.tree.detail
    var used = 0
    let index = detail.cursorRow * picture.columns + detail.cursorColumn
    if let place = state.valueUnderCursor, picture.values.indices.contains(index) {
      let value = Double(picture.values[index])
      let position =
        slice.rowAxis == nil ? "[\(place.column)]" : "[\(place.row), \(place.column)]"
      let sign = picture.blockRows * picture.blockColumns > 1 ? " ~ " : " = "
      used = pane.put(
        position + sign + Numbers.value(value), at: Point(column: 0, row: foot), role: .text)
    }
    let low = Numbers.value(scale.low) + " "
    let high = " " + Numbers.value(scale.high)
    var name = "  " + scale.name
    var width = 10
    if used + 2 + low.count + width + high.count + name.count > pane.columns { name = "" }
    if used + 2 + low.count + width + high.count > pane.columns { width = 4 }
    let total = low.count + width + high.count + name.count
    guard used + 2 + total <= pane.columns else { return }
    var column = pane.columns - total
    column += pane.put(low, at: Point(column: column, row: foot), role: .dim)
    for step in 0..<width {
      let share = (Double(step) + 0.5) / Double(width)
      let value = Float(scale.low + share * (scale.high - scale.low))
      if pane.appearance.depth == .mono {
        pane.put(
          scale.shade(value, value, pane.symbols), at: Point(column: column + step, row: foot),
          role: .text)
      } else {
        let color = scale.color(value)
        pane.halfBlock(at: Point(column: column + step, row: foot), upper: color, lower: color)
      }
    }
    column += width
    column += pane.put(high, at: Point(column: column, row: foot), role: .dim)
    pane.put(name, at: Point(column: column, row: foot), role: .dim)
  }
}
