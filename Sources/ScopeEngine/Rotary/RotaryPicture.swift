package import Analysis
package import Inference

/// Numbers on a grid with the ends of their scale: what the pictures of rotary embeddings and position tables are made of.
package struct RotaryPicture: Sendable, Equatable {
  package var title: String
  /// What a row and a column are.
  package var rowTitle: String
  package var columnTitle: String
  package var frames: Int
  package var rows: Int
  package var columns: Int
  /// Whether the numbers have a time axis, be it of one frame.
  package var hasTime: Bool
  /// `[frames, rows, columns]`, row-major.
  package var values: [Double]
  /// Ends of the scale.
  package var low: Double
  package var high: Double
  /// Whether the colours part at zero.
  package var isDiverging = true

  /// `[T, H, W]` or `[H, W]`.
  package var sizes: [Int] { hasTime ? [frames, rows, columns] : [rows, columns] }

  package subscript(frame: Int, row: Int, column: Int) -> Double {
    values[(frame * rows + row) * columns + column]
  }

  private init(
    title: String, rowTitle: String = "y", columnTitle: String = "x", frames: Int, rows: Int,
    columns: Int, hasTime: Bool, values: [Double], limit: Double
  ) {
    self.title = title
    self.rowTitle = rowTitle
    self.columnTitle = columnTitle
    self.frames = frames
    self.rows = rows
    self.columns = columns
    self.hasTime = hasTime
    self.values = values
    low = -limit
    high = limit
  }

  /// Cosine or sine of one channel over the grid; one frame, or all where `frame` is nil.
  package static func channel(
    _ channel: Int, _ function: RotaryGridView.Function, of specification: RotarySpecification,
    frame: Int? = nil
  ) throws(RotaryError) -> RotaryPicture {
    let values = try RotaryGridView.channel(
      channel, function: function, of: specification, frames: frame.map { $0..<$0 + 1 })
    let grid = specification.grid
    return RotaryPicture(
      title: "\(function.rawValue) \(specification.channelText(channel))",
      frames: frame == nil ? grid.frames : 1, rows: grid.rows, columns: grid.columns,
      hasTime: specification.hasFrames, values: values,
      limit: specification.scaling.scale)
  }

  /// Least gain of the pairs that one axis moves (columns) along that axis (rows), from 0 (collapsed) to 1 (a rotation).
  package static func gain(
    along axis: RotaryEmbedding.Axis, of specification: RotarySpecification
  ) throws(RotaryError) -> RotaryPicture {
    let pairs = try RotaryPair.all(of: specification).filter { $0.axis == axis }
    let count = specification.patchCount(along: axis)
    let values = (0..<count).flatMap { place in
      pairs.map { $0.leastGain(frame: place, row: place, column: place) }
    }
    var picture = RotaryPicture(
      title: "least gain along \(axis.rawValue)", rowTitle: axis.rawValue, columnTitle: "pair",
      frames: 1, rows: pairs.isEmpty ? 0 : count, columns: pairs.count, hasTime: false,
      values: values, limit: 1)
    picture.low = 0
    picture.isDiverging = false
    return picture
  }

  /// Positions along one axis (rows) by channels (columns).
  package static func positions(
    along axis: RotaryEmbedding.Axis, _ function: RotaryGridView.Function,
    of specification: RotarySpecification, sortedByFrequency: Bool = false
  ) throws(RotaryError) -> RotaryPicture {
    let (channels, values) = try RotaryGridView.positionsByChannel(
      along: axis, function: function, of: specification, sortedByFrequency: sortedByFrequency)
    return RotaryPicture(
      title: "\(function.rawValue) along \(axis.rawValue)"
        + (sortedByFrequency ? ", fastest first" : ""),
      rowTitle: axis.rawValue, columnTitle: "channel", frames: 1,
      rows: channels.isEmpty ? 0 : values.count / channels.count, columns: channels.count,
      hasTime: false, values: values, limit: specification.scaling.scale)
  }

  /// K around a query; one frame, or all where `frame` is nil.
  package static func kernel(_ kernel: RotaryKernel, hasTime: Bool, frame: Int? = nil)
    -> RotaryPicture
  {
    var picture = RotaryPicture(
      title: "relative kernel", frames: frame == nil ? kernel.grid.frames : 1,
      rows: kernel.grid.rows, columns: kernel.grid.columns, hasTime: hasTime,
      values: frame.map { kernel.frame($0) } ?? kernel.values, limit: 1)
    // From the least value up: within [-1, 1] most kernels would be of one colour. A flat kernel keeps a range.
    picture.low = min(kernel.least ?? picture.values.min() ?? -1, 0.999)
    picture.isDiverging = false
    return picture
  }

  /// Cosine similarity of the positions of a learned table with one of them; the scale is that of the others.
  package static func similarity(
    of table: LearnedPositions, row: Int, column: Int
  ) throws(RotaryError) -> RotaryPicture {
    guard (0..<table.rows).contains(row), (0..<table.columns).contains(column) else {
      throw RotaryError(
        "the query (\(row), \(column)) is outside the grid \(table.rows)x\(table.columns)")
    }
    let values = table.similarity(row: row, column: column)
    // The query itself is 1 and would leave all others pale: the scale ends at the most alike of the others.
    let query = row * table.columns + column
    let others = values.enumerated().filter { $0.offset != query && $0.element.isFinite }
    let limit = others.map { abs($0.element) }.max() ?? 1
    return RotaryPicture(
      title: "similarity", rowTitle: table.isText ? "" : "y",
      columnTitle: table.isText ? "position" : "x", frames: 1, rows: table.rows,
      columns: table.columns, hasTime: false,
      values: values, limit: limit > 0 ? limit : 1)
  }
}

extension RotarySpecification {
  /// Whether pictures of it have frames: a time axis, or one that is merely repeated.
  package var hasFrames: Bool { axes.contains(.t) || grid.frames > 1 }

  /// `channel 6 (y, wavelength 8.9 patches)` in words.
  package func channelText(_ channel: Int) -> String {
    guard let embedding = try? embedding(), (0..<embedding.headWidth).contains(channel) else {
      return "channel \(channel)"
    }
    var parts: [String] = []
    for (index, axis) in axes.enumerated() {
      let omega = abs(embedding.frequency(channel: channel, axis: index))
      if omega > 0 {
        let wavelength = 2 * Double.pi / (omega * step(along: axis))
        parts.append("\(axis.rawValue), wavelength \(Self.rounded(wavelength))")
      }
    }
    return "channel \(channel) (\(parts.isEmpty ? "unrotated" : parts.joined(separator: "; ")))"
  }

  private static func rounded(_ value: Double) -> String {
    guard value.isFinite, value < 1e15 else { return "\(value)" }
    if value >= 100 { return "\(Int(value.rounded()))" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// Whether tables of every token fit into memory; otherwise what is wrong.
  package func checkTableSize() throws(RotaryError) {
    guard grid.tokenCount * headWidth <= 1 << 26 else {
      throw RotaryError(
        "a table of \(grid.tokenCount) tokens by \(headWidth) channels is too large; choose a "
          + "smaller grid")
    }
  }
}

extension RotaryPreset {
  /// The presets under their names; the error of an unknown name has the one that was meant, or all.
  package static func find(_ name: String) throws(RotaryError) -> RotaryPreset {
    if let preset = named(name) { return preset }
    let names = all.map(\.name)
    let question = NearMatch.question(name, in: names)
    throw RotaryError(
      "there is no preset `\(name)`"
        + (question.isEmpty ? "; the presets are " + names.joined(separator: ", ") : question))
  }
}
