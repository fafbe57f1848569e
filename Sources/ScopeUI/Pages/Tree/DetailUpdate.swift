import Analysis
import Cells
import Checkpoints
import Tensors

extension State {
  func entry(_ reference: EntryReference) -> Entry? {
    guard let model = tree.model else { return nil }
    let entries = reference.side == .left ? model.catalog.entries : model.beside?.entries ?? []
    return entries.indices.contains(reference.index) ? entries[reference.index] : nil
  }

  func sliceChoice(_ reference: EntryReference) -> SliceChoice? {
    guard let entry = entry(reference), let count = entry.shape.elementCount, count > 0 else {
      return nil
    }
    return SliceChoice(sizes: entry.shape.sizes)
  }

  // MARK: Requests

  /// Asks for the numbers of the selected tensor that are not there yet.
  mutating func requestDetail() -> [Effect] {
    guard tree.showsDetail, let reference = tree.detail.entry, let entry = entry(reference),
      entry.isReadable
    else { return stop(.statistics) + stop(.slice) + stop(.spectrum) }
    var effects: [Effect] = []
    if let request = sliceRequest(reference), request != tree.detail.pictureRequest {
      effects.append(start(.slice, .slice(request), title: "heat map"))
    }
    if tree.detail.statistics[reference] == nil {
      effects.append(start(.statistics, .statistics(reference), title: "statistics"))
    } else {
      effects += stop(.statistics)
    }
    if tree.detail.spectra[reference] == nil, Self.hasQuickSpectrum(entry) {
      effects.append(start(.spectrum, .spectrum(reference), title: "singular values"))
    } else {
      effects += stop(.spectrum)
    }
    return effects
  }

  private func sliceRequest(_ reference: EntryReference) -> SliceRequest? {
    guard let slice = tree.detail.slice else { return nil }
    let area = DetailLayout(self).heatMap
    guard area.rows > 0, area.columns > 0 else { return nil }
    return SliceRequest(
      entry: reference, slice: slice, pixelRows: 2 * area.rows, pixelColumns: area.columns)
  }

  /// Small enough to be computed without being asked for: well below a second.
  static func hasQuickSpectrum(_ entry: Entry) -> Bool {
    guard entry.elementType.isFloatingPoint, entry.shape.rank >= 2,
      let count = entry.shape.elementCount, count > 0
    else { return false }
    let rows = entry.shape[0]
    return min(rows, count / rows) <= 800 && count <= 1 << 22
  }

  mutating func take(_ picture: SlicePicture, for request: SliceRequest) {
    guard request.entry == tree.detail.entry else { return }
    let old = tree.detail.pictureRequest
    tree.detail.picture = picture
    tree.detail.pictureRequest = request
    if old?.slice.rows != request.slice.rows || old?.slice.columns != request.slice.columns {
      // After a zoom the cell under the cursor stays in the middle of what is in view.
      tree.detail.cursorRow = old == nil ? 0 : picture.rows / 2
      tree.detail.cursorColumn = old == nil ? 0 : picture.columns / 2
    }
    settleHeatMapCursor()
  }

  mutating func settleHeatMapCursor() {
    let rows = tree.detail.picture?.rows ?? 0
    let columns = tree.detail.picture?.columns ?? 0
    tree.detail.cursorRow = min(max(tree.detail.cursorRow, 0), max(rows - 1, 0))
    tree.detail.cursorColumn = min(max(tree.detail.cursorColumn, 0), max(columns - 1, 0))
  }

  // MARK: Keys

  /// Commands on the slice work from both panes; moving only where the pane has the focus.
  mutating func performInDetail(_ command: CommandID) -> [Effect]? {
    if tree.focus == .detail {
      switch command {
      case .up: return moveCell(rows: -1)
      case .down: return moveCell(rows: 1)
      case .left: return moveCell(columns: -1)
      case .right: return moveCell(columns: 1)
      case .pageUp, .halfPageUp: return moveCell(rows: -10)
      case .pageDown, .halfPageDown: return moveCell(rows: 10)
      case .first: return moveCell(columns: -(1 << 20))
      case .last: return moveCell(columns: 1 << 20)
      case .activate: return openFacts()
      case .cancel, .focusNext:
        tree.focus = .tree
        return restartRest()
      default: break
      }
    }
    switch command {
    case .spectrum: return requestSpectrum()
    case .scaleKind:
      tree.detail.scaleKind = ScaleKind.allCases.neighbour(of: tree.detail.scaleKind, 1)
      return say(.info, "heat map scale: \(tree.detail.scaleKind.rawValue)")
    case .colorScale:
      colorScale = (colorScale + 1) % HeatMapScales.sequential.count
      return say(.info, "colour scale: \(HeatMapScales.sequential(colorScale).name)")
    case .rowAxis: return changeSlice { $0.cycleRowAxis() }
    case .columnAxis: return changeSlice { $0.cycleColumnAxis() }
    case .heldAxis: return changeSlice { $0.cycleHeldAxis() }
    case .nextIndex: return changeSlice { $0.moveIndex(by: 1) }
    case .previousIndex: return changeSlice { $0.moveIndex(by: -1) }
    case .forwardIndex: return changeSlice { $0.moveIndex(by: 10) }
    case .backIndex: return changeSlice { $0.moveIndex(by: -10) }
    case .zoomIn, .zoomOut:
      let (row, column) = valueUnderCursor ?? (0, 0)
      return changeSlice { $0.zoom(in: command == .zoomIn, row: row, column: column) }
    case .zoomReset: return changeSlice { $0.resetZoom() }
    default: return nil
    }
  }

  private mutating func moveCell(rows: Int = 0, columns: Int = 0) -> [Effect] {
    tree.detail.cursorRow += rows
    tree.detail.cursorColumn += columns
    settleHeatMapCursor()
    return []
  }

  private mutating func changeSlice(_ change: (inout SliceChoice) -> Void) -> [Effect] {
    guard var slice = tree.detail.slice else { return say(.info, "there is nothing to slice") }
    let old = slice
    change(&slice)
    guard slice != old else { return [] }
    tree.detail.slice = slice
    return restartRest()
  }

  private mutating func requestSpectrum() -> [Effect] {
    guard let reference = tree.detail.entry, let entry = entry(reference), entry.isReadable,
      entry.shape.rank >= 2, entry.elementCount > 0
    else { return say(.info, "singular values need a tensor with two axes or more") }
    guard tree.detail.spectra[reference] == nil else { return [] }
    return [start(.spectrum, .spectrum(reference), title: "singular values")]
  }

  /// Row and column, within the slice, of the first value that the cell under the cursor stands for.
  var valueUnderCursor: (row: Int, column: Int)? {
    guard let picture = tree.detail.picture, let request = tree.detail.pictureRequest,
      picture.rows > 0, picture.columns > 0
    else { return nil }
    return (
      request.slice.rows.lowerBound + tree.detail.cursorRow * max(picture.blockRows, 1),
      request.slice.columns.lowerBound + tree.detail.cursorColumn * max(picture.blockColumns, 1)
    )
  }

  mutating func clickDetail(_ point: Point) -> [Effect] {
    tree.focus = .detail
    let map = DetailLayout(self).heatMap
    if map.contains(point) {
      tree.detail.cursorRow = 2 * (point.row - map.row)
      tree.detail.cursorColumn = point.column - map.column
      settleHeatMapCursor()
    }
    return restartRest()
  }

  /// Everything about the selected tensor as a text to read: nothing is cut off there.
  private mutating func openFacts() -> [Effect] {
    guard let facts = DetailFacts(self) else { return [] }
    overlays.append(
      .viewer(
        ViewerState(
          title: "tensor",
          documents: [ViewerDocument(title: facts.name, source: .text(facts.fullText))])))
    return []
  }
}
