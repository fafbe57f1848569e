import Cells
import Inference
import Preprocess
import ScopeEngine

/// A map as a file, a document or a drawing.
struct AttentionOutput {
  enum Format: String, OutputFormat { case npy, csv, json, png }

  let captured: CapturedAttention
  let values: AttentionValues
  let title: String
  /// What the leading axes count where there are several maps, outermost first.
  let axes: [String]

  func write(
    to path: String, as format: Format, document: JSONValue, isReplacing: Bool
  ) throws {
    switch format {
    case .npy:
      try values.values.withUnsafeBytes {
        try NumPyWriter.write(
          $0, type: .f32, shape: Shape(values.shape), to: path, isReplacing: isReplacing)
      }
    case .csv: try CompleteFile.write(Array(csv.utf8), to: path, isReplacing: isReplacing)
    case .json:
      try CompleteFile.write(
        Array((document.text() + "\n").utf8), to: path, isReplacing: isReplacing)
    case .png:
      guard let bytes = montage.png(zoom: max(512 / max(montage.width, montage.height, 1), 1))
      else { throw Ending.trouble("\(path): the picture is empty or too large to draw") }
      try CompleteFile.write(bytes, to: path, isReplacing: isReplacing)
    }
  }

  /// One value a line with its place on every axis.
  private var csv: String {
    let names: [String]
    switch values.kind {
    case .grid: names = values.shape.count > captured.view.grid.count ? [] : axisNames
    case .tokens, .matrix: names = []
    }
    var text =
      (names.isEmpty ? values.shape.indices.map { "axis\($0)" } : names).joined(separator: ",")
      + ",value\r\n"
    for (index, value) in values.values.enumerated() {
      var rest = index
      var place: [Int] = []
      for size in values.shape.reversed() where size > 0 {
        place.append(rest % size)
        rest /= size
      }
      text += place.reversed().map(String.init).joined(separator: ",") + ",\(value)\r\n"
    }
    return text
  }

  private var axisNames: [String] {
    captured.view.grid.count == 3 ? ["frame", "row", "column"] : ["row", "column"]
  }

  // MARK: Pictures

  /// How several maps lie side by side; nil for a single one.
  var tiling: String? {
    let (count, across) = tiles
    guard values.shape.count > 2, count > 1 else { return nil }
    let order = axes.prefix(values.shape.count - 2).joined(separator: ", then ")
    return "\(count) maps in rows of \(across), from 0 at the top left"
      + (order.isEmpty ? "" : " by \(order)")
  }

  /// How many maps there are, and how many stand in a row.
  private var tiles: (count: Int, across: Int) {
    let size = values.shape.suffix(2).reduce(1, *)
    let count = max(values.values.count / max(size, 1), 1)
    return (count, max(Int(Double(count).squareRoot().rounded(.up)), 1))
  }

  /// The last two axes as tiles, those before them side by side.
  var montage: PixelGrid {
    let columns = max(values.shape.last ?? 1, 1)
    let rows = values.shape.count > 1 ? max(values.shape[values.shape.count - 2], 1) : 1
    let (count, across) = tiles
    let down = (count + across - 1) / across
    var grid = PixelGrid(width: across * (columns + 1) - 1, height: down * (rows + 1) - 1)
    for tile in 0..<count {
      let part = values.values.dropFirst(tile * rows * columns).prefix(rows * columns)
      for (index, color) in colors(part).enumerated() {
        grid[
          tile % across * (columns + 1) + index % columns,
          tile / across * (rows + 1) + index / columns] = color
      }
    }
    return grid
  }

  private func colors(_ part: ArraySlice<Float>) -> [Color] {
    let (low, high) = range(part)
    return part.map { value in
      ColorScale.viridis.color(at: high > low ? Double((value - low) / (high - low)) : 0)
    }
  }

  private func range(_ values: ArraySlice<Float>) -> (low: Float, high: Float) {
    let finite = values.filter(\.isFinite)
    return (min(finite.min() ?? 0, 0), finite.max() ?? 1)
  }

  /// Draws the map over the picture, below the prompt.
  func draw(on console: Console) {
    if values.kind == .tokens, values.shape.count == 1 { return printTokens(on: console) }
    let size = console.size
    let columns = min(max(size.columns, 40), 200)
    let height = max(min(size.rows - 5, 40), 8)
    var shown = overlay ?? montage
    let room = (width: columns - 2, height: 2 * height)
    let ratio = min(
      Double(room.width) / Double(shown.width), Double(room.height) / Double(shown.height))
    shown = shown.scaled(
      width: max(Int(Double(shown.width) * ratio), 1),
      height: max(Int(Double(shown.height) * ratio), 1))
    let rows = (shown.height + 1) / 2
    let tiling = tiling
    let above = tiling == nil ? 1 : 2
    let canvas = Canvas(
      size: Size(columns: columns, rows: rows + above + 2),
      appearance: Appearance(
        theme: .dark, symbols: console.isASCIIOnly ? .ascii : .utf8, depth: console.depth))
    canvas.put(title, at: Point(column: 1, row: 0), role: .dim)
    if let tiling { canvas.put(tiling, at: Point(column: 1, row: 1), role: .dim) }
    canvas.picture(shown, at: Point(column: 1, row: above))
    let (low, high) = range(values.values[...])
    canvas.scaleLegend(
      at: Point(column: 1, row: rows + above + 1), columns: min(40, columns - 2), scale: .viridis,
      low: Numbers.value(Double(low)), high: Numbers.value(Double(high)))
    console.page(canvas.buffer)
  }

  /// The picture under the translucent map; nil where there is no picture or no single grid.
  private var overlay: PixelGrid? {
    guard let preview = captured.picture?.preview, values.kind == .grid, values.shape.count == 2,
      let rows = values.shape.first, let columns = values.shape.last, rows > 0, columns > 0
    else { return nil }
    return PixelGrid(
      patches: colors(values.values[...]), rows: rows, columns: columns, width: preview.width,
      height: preview.height,
      over: PixelGrid(width: preview.width, height: preview.height, samples: preview.samples),
      opacity: 55)
  }

  private func printTokens(on console: Console) {
    console.line(title)
    let largest = values.values.filter(\.isFinite).max() ?? 1
    for (index, value) in values.values.enumerated() {
      if !captured.labels.isEmpty, index >= captured.labels.count { break }
      let label = captured.labels.isEmpty ? "\(index)" : captured.labels[index]
      let bar = String(
        repeating: "#",
        count: largest > 0 && value.isFinite ? Int((value / largest * 40).rounded()) : 0)
      let shown = console.shown(label)
      console.line(
        "  \(shown)\(String(repeating: " ", count: max(16 - shown.count, 1)))\(Numbers.value(Double(value)))  \(bar)"
      )
    }
  }
}
