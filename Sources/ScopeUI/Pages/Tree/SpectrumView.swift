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
      pane.paragraph(sentence, in: pane.bounds.splitTop(1).rest, role: .dim)
      return
    }
    Charts.fallingLine(
      pane, in: Rect(column: 0, row: 1, columns: pane.columns, rows: pane.rows - 2),
      values: spectrum.values)
    let rank = "rank90 \(spectrum.rank90)/\(spectrum.values.count)"
    let largest = spectrum.values.first.map { Numbers.value(Double($0)) } ?? ""
    let first = "\(pane.symbols.sigma)1 \(largest)"
    let foot = pane.rows - 1
    pane.put(first, at: Point(column: 0, row: foot), role: .dim, maxColumns: pane.columns)
    if first.count + rank.count + 2 <= pane.columns {
      pane.putRight(rank, endingAt: pane.columns, row: foot, role: .dim)
    }
  }
}
