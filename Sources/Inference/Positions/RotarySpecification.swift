/// Parameters of a published rotary embedding; builds the embedding and the token coordinates from them.
package struct RotarySpecification: Sendable, Equatable {
  /// How channels are dealt out to axes and how coordinates are formed.
  package enum Family: String, Sendable, CaseIterable {
    /// Each axis has its own spectrum over half of the head: EVA-02, PE, RoPE-ViT axial, SAM 2, Llama 4.
    case axial
    /// Centred, normalised coordinates and periods: DINOv3.
    case dinov3
    /// Learned frequencies for both axes at once, by block and head: RoPE-ViT mixed.
    case mixed
    /// One spectrum, even bands to y and odd bands to x.
    case pixtral
    /// Half layout, tokens in blocks of merged patches: Qwen vision towers.
    case qwenVision = "qwen-vision"
    /// One spectrum in consecutive runs of t, y, x: Qwen2-VL text.
    case mropeChunked = "mrope-chunked"
    /// One spectrum dealt t, y, x, t, y, x, ...: Qwen3-VL text and timm's image form.
    case mropeInterleaved = "mrope-interleaved"
    /// Three equal blocks t, y, x with tiled frequency indices; the rest passed through.
    case vjepa2
    /// Blocks of given widths for t, y, x, each with its own spectrum: video diffusion models.
    case blocks
  }

  package enum Normalization: String, Sendable, CaseIterable {
    case separate
    case max
    case min
  }

  package var family: Family
  /// D.
  package var headWidth: Int
  /// Base of the spectrum.
  package var theta: Double
  package var grid: TokenGrid
  package var layout: RotaryEmbedding.Layout
  /// Axis of the first block: `[.y, .x]` or `[.x, .y]`.
  package var order: [RotaryEmbedding.Axis]
  /// Added to the patch index before rescaling.
  package var offset: Double
  /// Grid whose coordinates the model was trained with; nil where indices are used as they are.
  package var referenceGrid: TokenGrid?
  package var normalization: Normalization
  /// Slots (or block widths) for t, y, x.
  package var section: [Int]
  /// Patches that are merged along each side (Qwen); 1 elsewhere.
  package var merge: Int
  /// Grid that coordinates are fitted into (CogVideoX 1.0).
  package var baseGrid: TokenGrid?
  /// Learned frequencies `[2, D/2]` of one block and head, x first unless `order` starts with y.
  package var learnedFrequencies: [Double]?
  package var scaling: RotaryScaling

  package init(
    family: Family, headWidth: Int, theta: Double, grid: TokenGrid,
    layout: RotaryEmbedding.Layout = .interleaved, order: [RotaryEmbedding.Axis] = [.y, .x],
    offset: Double = 0, referenceGrid: TokenGrid? = nil,
    normalization: Normalization = .separate, section: [Int] = [], merge: Int = 1,
    baseGrid: TokenGrid? = nil, learnedFrequencies: [Double]? = nil,
    scaling: RotaryScaling = .none
  ) {
    self.family = family
    self.headWidth = headWidth
    self.theta = theta
    self.grid = grid
    self.layout = layout
    self.order = order
    self.offset = offset
    self.referenceGrid = referenceGrid
    self.normalization = normalization
    self.section = section
    self.merge = merge
    self.baseGrid = baseGrid
    self.learnedFrequencies = learnedFrequencies
    self.scaling = scaling
  }

  /// Axes that tokens have coordinates on.
  package var axes: [RotaryEmbedding.Axis] {
    switch family {
    case .axial, .dinov3, .mixed, .pixtral, .qwenVision: [.y, .x]
    case .mropeChunked, .mropeInterleaved, .vjepa2, .blocks: [.t, .y, .x]
    }
  }
}

/// A rotary embedding that cannot be built from its parameters.
package struct RotaryError: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}

extension RotarySpecification {
  /// Builds the frequencies.
  ///
  /// - Throws: `RotaryError` when the head width does not fit the family, or sections do not add up.
  package func embedding() throws(RotaryError) -> RotaryEmbedding {
    try checkParameters()
    switch family {
    case .axial:
      return fromPairs(axialPairs(bands: scaling.bands(base: theta, count: headWidth / 4)))
    case .dinov3:
      // Periods theta^(i/B) of a coordinate that runs from -1 to 1: 2 pi over the period.
      let bands = scaling.bands(base: theta, count: headWidth / 4).map { 2 * Double.pi * $0 }
      return fromPairs(axialPairs(bands: bands))
    case .qwenVision:
      return fromPairs(axialPairs(bands: scaling.bands(base: theta, count: headWidth / 4)))
    case .pixtral:
      let slots = scaling.bands(base: theta, count: headWidth / 2)
      let quarter = headWidth / 4
      var pairs = [[Double]](repeating: [0, 0], count: headWidth / 2)
      for j in 0..<quarter {
        pairs[j][0] = slots[2 * j]
        pairs[quarter + j][1] = slots[2 * j + 1]
      }
      return fromPairs(pairs)
    case .mixed: return fromPairs(mixedPairs())
    case .mropeChunked, .mropeInterleaved:
      let slots = scaling.bands(base: theta, count: headWidth / 2)
      return fromPairs(
        slots.enumerated().map { slot, omega in
          var row = [0.0, 0, 0]
          row[slotAxis(slot)] = omega
          return row
        })
    case .vjepa2: return tiledBlocks()
    case .blocks:
      var pairs: [[Double]] = []
      for (axis, width) in section.enumerated() {
        for omega in scaling.bands(base: theta, count: width / 2) {
          var row = [0.0, 0, 0]
          row[axis] = omega
          pairs.append(row)
        }
      }
      return fromPairs(pairs)
    }
  }

  private func checkParameters() throws(RotaryError) {
    guard headWidth >= 4, headWidth <= 4096 else {
      throw RotaryError("head width \(headWidth) is outside 4 to 4096")
    }
    guard theta > 1, theta.isFinite else { throw RotaryError("theta must be greater than 1") }
    guard scaling.factor > 0, scaling.factor.isFinite else {
      throw RotaryError("the scaling factor must be positive")
    }
    guard scaling.trainedLength > 0, scaling.trainedLength.isFinite else {
      throw RotaryError("the trained length must be positive")
    }
    switch family {
    case .axial, .dinov3, .qwenVision, .pixtral, .mixed:
      guard headWidth % 4 == 0 else {
        throw RotaryError("head width \(headWidth) is not a multiple of 4")
      }
      if let learned = learnedFrequencies, learned.count != headWidth {
        throw RotaryError(
          "learned frequencies hold \(learned.count) numbers, \(headWidth) are needed")
      }
      if family != .mixed, Set(order) != [.y, .x] {
        throw RotaryError("the axis order must name y and x once each")
      }
    case .mropeChunked:
      guard headWidth % 2 == 0, section.count == 3, section.reduce(0, +) == headWidth / 2 else {
        throw RotaryError("the sections of t, y and x must add up to half of the head width")
      }
    case .mropeInterleaved:
      guard headWidth % 2 == 0, section.count == 3, section.allSatisfy({ $0 >= 0 }) else {
        throw RotaryError("three sections (t, y, x) are needed")
      }
    case .vjepa2:
      guard headWidth >= 6 else { throw RotaryError("the head is too narrow for three axes") }
    case .blocks:
      guard section.count == 3, section.reduce(0, +) == headWidth,
        section.allSatisfy({ $0 >= 2 && $0 % 2 == 0 })
      else {
        throw RotaryError("block widths of t, y and x must be even and add up to the head width")
      }
    }
    if family == .qwenVision, merge < 1 || grid.rows % merge != 0 || grid.columns % merge != 0 {
      throw RotaryError("the grid \(grid) is not a multiple of the merge size \(merge)")
    }
    if let referenceGrid, referenceGrid.rows < 1 || referenceGrid.columns < 1 {
      throw RotaryError("the reference grid must not be empty")
    }
  }

  /// Frequencies of all pairs where the first half of the pairs sees one axis and the second half the other.
  private func axialPairs(bands: [Double]) -> [[Double]] {
    let first = order.first == .x ? 1 : 0
    return bands.map { first == 0 ? [$0, 0] : [0, $0] }
      + bands.map { first == 0 ? [0, $0] : [$0, 0] }
  }

  /// Learned pairs, or the initial values of RoPE-ViT with direction zero where none are given.
  private func mixedPairs() -> [[Double]] {
    let half = headWidth / 2
    if let learned = learnedFrequencies {
      let firstIsX = order.first != .y
      return (0..<half).map { j in
        firstIsX ? [learned[half + j], learned[j]] : [learned[j], learned[half + j]]
      }
    }
    let quarter = headWidth / 4
    let magnitudes = scaling.bands(base: theta, count: quarter)
    return magnitudes.map { [0, $0] } + magnitudes.map { [$0, 0] }
  }

  /// Axis (0 t, 1 y, 2 x) of a slot of the multimodal spectra.
  private func slotAxis(_ slot: Int) -> Int {
    if family == .mropeChunked {
      if slot < section[0] { return 0 }
      return slot < section[0] + section[1] ? 1 : 2
    }
    if slot % 3 == 1, slot < 3 * section[1] { return 1 }
    if slot % 3 == 2, slot < 3 * section[2] { return 2 }
    return 0
  }

  /// V-JEPA 2: within a block of width d the channel m has frequency m mod d/2, although pairs are (2j, 2j+1).
  private func tiledBlocks() -> RotaryEmbedding {
    let width = 2 * (headWidth / 3 / 2)
    let bands = scaling.bands(base: theta, count: width / 2)
    var frequencies = [Double](repeating: 0, count: headWidth * 3)
    for axis in 0..<3 {
      for m in 0..<width {
        frequencies[(axis * width + m) * 3 + axis] = bands[m % bands.count]
      }
    }
    return RotaryEmbedding(
      axes: axes, headWidth: headWidth, layout: .interleaved, frequencies: frequencies,
      scale: scaling.scale)
  }

  private func fromPairs(_ pairs: [[Double]]) -> RotaryEmbedding {
    let count = axes.count
    var frequencies = [Double](repeating: 0, count: headWidth * count)
    for channel in 0..<headWidth {
      let pair = layout == .interleaved ? channel / 2 : channel % (headWidth / 2)
      for axis in 0..<count { frequencies[channel * count + axis] = pairs[pair][axis] }
    }
    return RotaryEmbedding(
      axes: axes, headWidth: headWidth, layout: layout, frequencies: frequencies,
      scale: scaling.scale)
  }
}

// MARK: - Coordinates

extension RotarySpecification {
  /// Coordinates of the grid's tokens in the model's own order.
  package func positions() -> RotaryPositions {
    let ys = axisCoordinates(.y)
    let xs = axisCoordinates(.x)
    let ts = axisCoordinates(.t)
    var coordinates: [Double] = []
    coordinates.reserveCapacity(grid.tokenCount * axes.count)
    let hasTime = axes.count == 3
    for t in 0..<grid.frames {
      for (row, column) in frameOrder() {
        if hasTime { coordinates.append(ts[t]) }
        coordinates.append(ys[row])
        coordinates.append(xs[column])
      }
    }
    return RotaryPositions(axisCount: axes.count, coordinates: coordinates)
  }

  /// Row and column of each token of a frame, in the model's order.
  package func frameOrder() -> [(row: Int, column: Int)] {
    var order: [(row: Int, column: Int)] = []
    order.reserveCapacity(grid.rows * grid.columns)
    for blockRow in stride(from: 0, to: grid.rows, by: merge) {
      for blockColumn in stride(from: 0, to: grid.columns, by: merge) {
        for row in blockRow..<min(blockRow + merge, grid.rows) {
          for column in blockColumn..<min(blockColumn + merge, grid.columns) {
            order.append((row, column))
          }
        }
      }
    }
    return order
  }

  /// Coordinates along one axis, one a patch.
  package func axisCoordinates(_ axis: RotaryEmbedding.Axis) -> [Double] {
    let count =
      switch axis {
      case .t: grid.frames
      case .y: grid.rows
      case .x: grid.columns
      }
    let indices = (0..<count).map(Double.init)
    if axis == .t { return indices }
    switch family {
    case .dinov3:
      let (rows, columns) = (Double(grid.rows), Double(grid.columns))
      let size =
        switch normalization {
        case .separate: axis == .y ? rows : columns
        case .max: max(rows, columns)
        case .min: min(rows, columns)
        }
      return indices.map { 2 * ($0 + 0.5 + offset) / size - 1 }
    case .blocks:
      guard let baseGrid else { return indices }
      let (start, stop) = fittedRange(axis, in: baseGrid)
      // linspace(start, stop * (n - 1) / n, n)
      let last = stop * (Double(count) - 1) / Double(count)
      guard count > 1 else { return [start] }
      return indices.map { start + (last - start) * $0 / Double(count - 1) }
    default:
      guard let referenceGrid else { return indices.map { $0 + offset } }
      let reference = Double(axis == .y ? referenceGrid.rows : referenceGrid.columns)
      return indices.map { ($0 + offset) / Double(count) * reference }
    }
  }

  /// CogVideoX 1.0: the grid is fitted into the base grid with its aspect kept, centred, whole numbers.
  private func fittedRange(
    _ axis: RotaryEmbedding.Axis, in base: TokenGrid
  ) -> (start: Double, stop: Double) {
    let (h, w) = (Double(grid.rows), Double(grid.columns))
    let (th, tw) = (Double(base.rows), Double(base.columns))
    let height: Double
    let width: Double
    if h / w > th / tw {
      height = th
      width = (th / h * w).rounded(.toNearestOrEven)
    } else {
      width = tw
      height = (tw / w * h).rounded(.toNearestOrEven)
    }
    let size = axis == .y ? height : width
    let start = (((axis == .y ? th : tw) - size) / 2).rounded(.toNearestOrEven)
    return (start, start + size)
  }
}
