import Cells
import Inference
import ScopeEngine

/// Wavelengths of the bands on one logarithmic axis, with what they mean on this grid in words.
enum RopeSpectrumView {
  static func draw(_ rope: RopeState, _ pictures: RopePictures, _ pane: Canvas) {
    guard pane.columns > 12, let spectrum = pictures.spectrum else { return }
    var title = "wavelengths in patches"
    if let other = rope.comparison {
      let mark = ", \(pane.symbols.circle)"
      title += "\(mark) grid \(other)"
      if pane.columns(of: title) > pane.columns { title = "wavelengths\(mark) \(other)" }
    }
    pane.put(title, at: Point(column: 0, row: 0), role: .title, maxColumns: pane.columns)
    let words = words(rope, spectrum, pictures, pane.symbols, columns: pane.columns)
    let count = words.reduce(0) { $0 + TextLayout.wrapped($1.0, columns: pane.columns).count }
    // The plot is worth more than the last sentences, but not more than six rows of it.
    let room = max(min(count, pane.rows - 7), 0)
    var lines: [(String, Role)] = []
    for (text, role) in words {
      lines += TextLayout.wrapped(
        text, columns: pane.columns, rows: room - lines.count, mark: pane.symbols.ellipsis
      ).map { ($0, role) }
    }
    let plot = pane.sub(
      Rect(column: 0, row: 1, columns: pane.columns, rows: pane.rows - 1 - room))
    LogAxisPlot(groups: groups(spectrum, pictures.otherSpectrum), marks: marks(spectrum, rope))
      .draw(plot)
    for (row, line) in lines.enumerated() {
      pane.put(
        line.0, at: Point(column: 0, row: pane.rows - room + row), role: line.1,
        maxColumns: pane.columns)
    }
  }

  static func role(_ axis: RotaryEmbedding.Axis) -> Role {
    switch axis {
    case .t: .axisT
    case .y: .axisY
    case .x: .axisX
    }
  }

  private static func groups(
    _ spectrum: RotarySpectrum, _ other: RotarySpectrum?
  ) -> [LogAxisPlot.Group] {
    func values(_ spectrum: RotarySpectrum?, _ axis: RotaryEmbedding.Axis?) -> [Double] {
      (spectrum?.bands ?? []).filter { $0.axis == axis }.map(\.wavelength).sorted()
    }
    var groups = spectrum.axes.map { axis in
      LogAxisPlot.Group(
        label: axis.axis.rawValue, role: role(axis.axis), values: values(spectrum, axis.axis),
        comparison: values(other, axis.axis))
    }
    let mixed = values(spectrum, nil)
    if !mixed.isEmpty {
      groups.append(
        LogAxisPlot.Group(
          label: "yx", role: .axisY, values: mixed, comparison: values(other, nil)))
    }
    return groups
  }

  private static func marks(_ spectrum: RotarySpectrum, _ rope: RopeState) -> [LogAxisPlot.Mark] {
    var marks = [LogAxisPlot.Mark(value: 2, label: "Nyquist")]
    // Bands that see both axes: over the shorter side of the grid.
    let side = min(rope.grid.rows, rope.grid.columns) - 1
    if spectrum.axes.isEmpty, side > 2 {
      marks.append(LogAxisPlot.Mark(value: Double(side), label: "1 turn"))
    }
    let lengths = Set(spectrum.axes.map { $0.positions - 1 }).filter { $0 > 2 }.sorted()
    for length in lengths {
      let axes = spectrum.axes.filter { $0.positions - 1 == length }.map(\.axis.rawValue).joined()
      marks.append(
        LogAxisPlot.Mark(
          value: Double(length), label: lengths.count > 1 ? "\(axes) 1 turn" : "1 turn"))
    }
    return marks
  }

  private static func words(
    _ rope: RopeState, _ spectrum: RotarySpectrum, _ pictures: RopePictures, _ symbols: Symbols,
    columns: Int
  ) -> [(String, Role)] {
    var lines: [(String, Role)] = spectrum.axes.map { axis in
      let name = axis.axis.rawValue
      var text =
        "\(name) \(axis.bands) bands, \(axis.belowOneCycle) < 1 turn, \(axis.belowHalfCycle) < 1/2"
      // One line is worth more than the second number.
      if columns < text.utf8.count {
        text = "\(name) \(axis.belowOneCycle) of \(axis.bands) < 1 turn"
      }
      if axis.aliased > 0 { text += ", \(axis.aliased) alias" }
      return (text, role(axis.axis))
    }
    if spectrum.axes.isEmpty {
      let aliased = spectrum.bands.count { $0.wavelength < 2 }
      lines.append(("\(spectrum.bands.count) mixed bands, \(aliased) alias", .text))
    }
    if spectrum.scale != 1 {
      lines.append(("cos and sin are multiplied by \(Numbers.value(spectrum.scale))", .warning))
    }
    if let change = pictures.largestChange, let other = rope.comparison {
      lines.append(("kernel of grid \(other): changes by up to \(Numbers.value(change))", .text))
    }
    if rope.source == .checkpoint, let rotary = rope.checkpoint?.rotary {
      for table in rotary.storedTables {
        if let difference = table.largestDifference {
          lines.append(
            (
              "\(table.name): stored table \(difference <= 1e-4 ? "agrees" : "differs by \(Numbers.value(difference))")",
              difference <= 1e-4 ? .success : .warning
            ))
        } else if let reason = table.reason {
          lines.append(("\(table.name): \(reason)", .warning))
        }
      }
      let grid = rotary.specification.grid
      if RopeState.drawable(grid, merge: rotary.specification.merge) != nil {
        lines.append(("\(grid) is too large to draw: smaller here", .warning))
      }
      lines += rotary.notes.map { ($0, .dim) }
    } else if let reason = rope.checkpoint?.reason, rope.checkpoint?.table == nil {
      // Where there is a table, the preset was chosen, and needs no reason.
      lines.append((reason, .dim))
    }
    return lines
  }
}
