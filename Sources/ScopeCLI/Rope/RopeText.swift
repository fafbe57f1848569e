import Inference
import ScopeEngine

/// Views as text for pipes: the spectrum as a table, everything else as CSV.
enum RopeText {
  static func print(_ result: RopeResult, on console: Console) {
    guard case .spectrum(let spectrum) = result.content, let specification = result.specification
    else {
      csv(of: result) { console.line($0) }
      return
    }
    let style = TextStyle(isColoured: console.isColoured)
    console.line(headline(result.origin, specification, console))
    for table in result.origin.storedTables { console.line(sentence(of: table, console)) }
    console.line()
    var axes = TextTable([
      ("axis", .left), ("bands", .right), ("positions", .right), ("step", .right),
      ("shortest", .right), ("longest", .right), ("< 1 turn", .right), ("< 1/2 turn", .right),
      ("aliased", .right),
    ])
    for axis in spectrum.axes {
      axes.add([
        axis.axis.rawValue, "\(axis.bands)", "\(axis.positions)", Figures.value(axis.step),
        Figures.value(axis.shortestWavelength), Figures.value(axis.longestWavelength),
        "\(axis.belowOneCycle)", "\(axis.belowHalfCycle)", "\(axis.aliased)",
      ])
    }
    if !spectrum.axes.isEmpty {
      axes.print(to: console, style: style)
      console.line()
    }
    let isMixed = spectrum.bands.contains { $0.direction != nil }
    var bands = TextTable(
      [("axis", .left), ("channel", .right), ("omega", .right), ("wavelength", .right)]
        + (isMixed ? [("degrees", .right)] : []))
    for band in spectrum.bands {
      bands.add(
        [
          band.axis?.rawValue ?? "yx", "\(band.channel)", Figures.value(band.omega),
          Figures.value(band.wavelength),
        ] + (isMixed ? [band.direction.map { Figures.value($0) } ?? ""] : []))
    }
    bands.print(to: console, style: style)
    if spectrum.scale != 1 { console.line("factor on cos and sin: \(Float(spectrum.scale))") }
  }

  static func headline(
    _ origin: RopeOrigin, _ specification: RotarySpecification, _ console: Console
  ) -> String {
    let name = origin.preset ?? origin.path.map { console.shown($0) } ?? ""
    var parts = ["\(name): \(origin.summary)", "head \(specification.headWidth)"]
    if specification.learnedFrequencies == nil {
      parts.append("theta \(Figures.value(specification.theta))")
    }
    var grid = "grid \(specification.grid)"
    if let reference = specification.referenceGrid { grid += " (reference \(reference))" }
    parts.append(grid)
    if specification.scaling.method != .none {
      parts.append(
        "\(specification.scaling.method.rawValue) factor "
          + Figures.value(specification.scaling.factor))
    }
    if let block = origin.block, let head = origin.head {
      parts.append("block \(block), head \(head)")
    }
    return parts.joined(separator: ", ")
  }

  static func sentence(of table: StoredRotaryTable, _ console: Console) -> String {
    let name = console.shown(table.name)
    if let difference = table.largestDifference {
      return
        "stored \(name): largest difference from the computed table \(Figures.value(difference))"
    }
    return "stored \(name) is ignored: \(table.reason ?? "")"
  }

  /// Lines of CSV: pictures as a matrix (with a first column `frame` in time), tables with a heading.
  static func csv(of result: RopeResult, line: (String) -> Void) {
    switch result.content {
    case .picture(let picture):
      for frame in 0..<picture.frames {
        for row in 0..<picture.rows {
          let cells = (0..<picture.columns).map { "\(Float(picture[frame, row, $0]))" }
          line(((picture.hasTime ? ["\(frame)"] : []) + cells).joined(separator: ","))
        }
      }
    case .spectrum(let spectrum):
      line("axis,channel,omega,wavelength,direction")
      for band in spectrum.bands {
        let direction = band.direction.map { "\($0)" } ?? ""
        line(
          "\(band.axis?.rawValue ?? "yx"),\(band.channel),\(band.omega),\(band.wavelength),\(direction)"
        )
      }
    case .table:
      guard let specification = result.specification,
        let embedding = try? specification.embedding()
      else { return }
      let positions = specification.positions()
      let channels = 0..<embedding.headWidth
      line(
        (["token"] + specification.axes.map(\.rawValue) + channels.map { "cos\($0)" }
          + channels.map { "sin\($0)" }).joined(separator: ","))
      let (cosines, sines) = embedding.table(at: positions)
      for token in 0..<positions.count {
        let range = token * embedding.headWidth..<(token + 1) * embedding.headWidth
        line(
          (["\(token)"] + positions[token].map { "\($0)" } + cosines[range].map { "\($0)" }
            + sines[range].map { "\($0)" }).joined(separator: ","))
      }
    }
  }
}
