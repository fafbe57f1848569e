import Analysis
import Cells
import Checkpoints

/// Singular values of the tensor, largest first, as a line of Braille dots.
enum SpectrumView {
  static func draw(
    _ state: State, _ reference: EntryReference, _ entry: Entry, _ pane: Canvas
  ) {
    guard pane.columns >= 8, pane.rows >= 3 else { return }
    pane.put("spectrum", at: Point(column: 0, row: 0), role: .title)
    guard let spectrum = state.tree.detail.spectra[reference] else {
      let sentence =
        state.jobs[.spectrum] != nil
        ? "singular values \(pane.symbols.ellipsis)"
        : State.hasQuickSpectrum(entry) ? "" : "p computes it"
      for (row, line) in TextLayout.wrapped(sentence, columns: pane.columns).enumerated() {
        pane.put(line, at: Point(column: 0, row: 1 + row), role: .dim)
      }
      return
    }
    let plot = pane.sub(
      Rect(column: 0, row: 1, columns: pane.columns, rows: pane.rows - 2))
    drawLine(spectrum.values, plot)
    let rank = "rank90 \(spectrum.rank90)/\(spectrum.values.count)"
    let largest = spectrum.values.first.map { Numbers.value(Double($0)) } ?? ""
    let first = "\(pane.symbols.sigma)1 \(largest)"
    let foot = pane.rows - 1
    pane.put(first, at: Point(column: 0, row: foot), role: .dim, maxColumns: pane.columns)
    if first.count + rank.count + 2 <= pane.columns {
      pane.putRight(rank, endingAt: pane.columns, row: foot, role: .dim)
    }
  }

  private static func drawLine(_ values: [Float], _ pane: Canvas) {
    guard let largest = values.first, largest > 0, pane.columns > 0, pane.rows > 0 else { return }
    let dotRows = 4 * pane.rows
    let dotColumns = 2 * pane.columns
    var dots = [UInt8](repeating: 0, count: pane.columns * pane.rows)
    // Braille: two columns of four dots a cell.
    let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
    var lastRow: Int?
    for column in 0..<dotColumns {
      let index = values.count == 1 ? 0 : column * (values.count - 1) / max(dotColumns - 1, 1)
      let share = values[index].isFinite ? max(values[index] / largest, 0) : 0
      let row = min(Int((1 - share) * Float(dotRows - 1) + 0.5), dotRows - 1)
      // Steep drops are drawn as a line, not as stray dots.
      for dot in min(lastRow ?? row, row)...row {
        dots[dot / 4 * pane.columns + column / 2] |= bits[column % 2][dot % 4]
      }
      lastRow = row
    }
    for row in 0..<pane.rows {
      for column in 0..<pane.columns {
        let pattern = dots[row * pane.columns + column]
        guard pattern != 0 else { continue }
        let glyph =
          pane.symbols.asciiOnly
          ? "*" : Unicode.Scalar(0x2800 + UInt32(pattern)).map(String.init) ?? " "
        pane.put(glyph, at: Point(column: column, row: row), role: .barFilled)
      }
    }
  }
}
