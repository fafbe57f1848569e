import Cells
import Inference
import ScopeEngine

/// Draws a view in the terminal, below the prompt: half blocks in colour, shades without.
struct RopeDrawing {
  private let result: RopeResult
  private let console: Console

  init(_ result: RopeResult, on console: Console) {
    self.result = result
    self.console = console
  }

  func print() {
    console.page(
      Self.page(
        result, size: console.size, depth: console.depth,
        symbols: console.isASCIIOnly ? .ascii : .utf8))
  }

  /// A page as wide as `size` and as high as the view needs, at most `size` less a line for the prompt.
  static func page(_ result: RopeResult, size: Size, depth: ColorDepth, symbols: Symbols)
    -> CellBuffer
  {
    let width = min(max(size.columns, 40), 200)
    let height = min(max(size.rows - 1, 12), 60)
    let theme = Theme.dark
    switch result.content {
    case .spectrum(let spectrum):
      let groups = groups(of: spectrum)
      let rows = min(height, 5 + groups.map(\.values.count).reduce(0, +))
      let canvas = Canvas(
        size: Size(columns: width, rows: rows),
        appearance: Appearance(theme: theme, symbols: symbols, depth: depth))
      drawHead(result, canvas)
      plot(spectrum, groups).draw(
        canvas.sub(Rect(column: 1, row: 2, columns: width - 2, rows: rows - 2)))
      return canvas.buffer
    case .table:
      guard let specification = result.specification, let axis = specification.axes.last,
        let picture = try? RotaryPicture.positions(along: axis, .cosine, of: specification)
      else { return CellBuffer(size: Size(columns: 0, rows: 0)) }
      return page(picture, result, Size(columns: width, rows: height), theme, depth, symbols)
    case .picture(let picture):
      return page(picture, result, Size(columns: width, rows: height), theme, depth, symbols)
    }
  }

  private static func page(
    _ picture: RotaryPicture, _ result: RopeResult, _ size: Size, _ theme: Theme,
    _ depth: ColorDepth, _ symbols: Symbols
  ) -> CellBuffer {
    let grid = RopeFile.montage(picture)
    let room = Size(columns: size.columns - 2, rows: size.rows - 4)
    let zoom = max(
      min(room.columns / max(grid.width, 1), 2 * room.rows / max(grid.height, 1), 4), 1)
    // Pictures that are too large lose rows and columns evenly; the legend says so.
    let width = min(grid.width * zoom, room.columns)
    let height = min(grid.height * zoom, 2 * room.rows)
    let shown = grid.scaled(width: width, height: height)
    let rows = (height + 1) / 2 + 4
    let canvas = Canvas(
      size: Size(columns: size.columns, rows: rows),
      appearance: Appearance(theme: theme, symbols: symbols, depth: depth))
    drawHead(result, canvas)
    var title = picture.title
    if let query = result.origin.query {
      title += " of query (\(query.map(String.init).joined(separator: ", ")))"
    }
    title += ": \(picture.rowTitle) down, \(picture.columnTitle) across"
    if width < grid.width || height < grid.height {
      title += " (reduced from \(grid.width)x\(grid.height))"
    }
    canvas.put(title, at: Point(column: 1, row: 1), role: .dim)
    canvas.picture(shown, at: Point(column: 1, row: 2))
    canvas.scaleLegend(
      at: Point(column: 1, row: rows - 1), columns: min(40, size.columns - 2),
      scale: RopeFile.scale(of: picture),
      low: Numbers.value(picture.low), high: Numbers.value(picture.high))
    return canvas.buffer
  }

  private static func drawHead(_ result: RopeResult, _ canvas: Canvas) {
    let name = result.origin.preset ?? result.origin.path ?? ""
    var text = "\(name): \(result.origin.summary)"
    if let specification = result.specification {
      text = "\(name) \(canvas.symbols.dot) head \(specification.headWidth)"
      text += " \(canvas.symbols.dot) \(canvas.symbols.theta) \(Numbers.value(specification.theta))"
      text += " \(canvas.symbols.dot) grid \(specification.grid)"
      if specification.scaling.method != .none {
        text += " \(canvas.symbols.dot) \(specification.scaling.method.rawValue)"
        text += " \(canvas.symbols.times)\(Numbers.value(specification.scaling.factor))"
      }
    }
    canvas.put(text, at: Point(column: 1, row: 0), role: .titleFocused)
  }

  private static func groups(of spectrum: RotarySpectrum) -> [LogAxisPlot.Group] {
    var groups = spectrum.axes.map { axis in
      LogAxisPlot.Group(
        label: axis.axis.rawValue,
        role: axis.axis == .t ? .axisT : axis.axis == .y ? .axisY : .axisX,
        values: spectrum.bands.filter { $0.axis == axis.axis }.map(\.wavelength))
    }
    let mixed = spectrum.bands.filter { $0.axis == nil }.map(\.wavelength)
    if !mixed.isEmpty {
      groups.append(LogAxisPlot.Group(label: "yx", role: .axisY, values: mixed.sorted()))
    }
    return groups
  }

  private static func plot(
    _ spectrum: RotarySpectrum, _ groups: [LogAxisPlot.Group]
  ) -> LogAxisPlot {
    var marks = [LogAxisPlot.Mark(value: 2, label: "2: aliasing below")]
    let lengths = Set(spectrum.axes.map { $0.positions - 1 }).filter { $0 > 2 }.sorted()
    for length in lengths {
      let axes = spectrum.axes.filter { $0.positions - 1 == length }.map(\.axis.rawValue)
      marks.append(
        LogAxisPlot.Mark(
          value: Double(length), label: "\(length): one turn over \(axes.joined(separator: ","))"))
    }
    return LogAxisPlot(groups: groups, marks: marks)
  }
}
