/// Rotary position embedding of a tower's patch tokens.
package enum RotaryConfig: Sendable, Hashable {
  /// Two axes, a quarter of the head width in bands each, interleaved pairs (EVA-02, PE-Core).
  ///
  /// `columnsFirst`: the first half of the bands turns with x ("xy"), else with y ("ij"). Coordinates are
  /// `(index + offset) / size * reference` where there is a reference grid, else `index + offset`.
  case axial(columnsFirst: Bool, offset: Double, reference: GridSize?, base: Double)
  /// Three axes of V-JEPA 2: frequencies tiled instead of repeated, the rest of the head unrotated.
  /// `gridSize` is the grid of the configuration, which token numbers are split by.
  case tubelets(gridSize: Int, base: Double)

  package struct GridSize: Sendable, Hashable {
    package var rows: Int
    package var columns: Int
    package init(rows: Int, columns: Int) {
      self.rows = rows
      self.columns = columns
    }
  }
}

extension RotaryConfig {
  /// The embedding of one head, and the coordinates of the patch tokens in their order.
  ///
  /// - Parameters:
  ///   - headWidth: channels of one head.
  ///   - rows: patch rows of the grid.
  ///   - columns: patch columns of the grid.
  ///   - frames: tokens along time, 1 for images.
  /// - Throws: `InferenceError.invalidConfiguration`.
  func embedding(
    headWidth: Int, rows: Int, columns: Int, frames: Int
  ) throws(InferenceError) -> (RotaryEmbedding, RotaryPositions) {
    let specification: RotarySpecification
    let positions: RotaryPositions
    switch self {
    case .axial(let columnsFirst, let offset, let reference, let base):
      specification = RotarySpecification(
        family: .axial, headWidth: headWidth, theta: base,
        grid: TokenGrid(rows: rows, columns: columns), order: columnsFirst ? [.x, .y] : [.y, .x],
        offset: offset,
        referenceGrid: reference.map { TokenGrid(rows: $0.rows, columns: $0.columns) })
      positions = specification.positions()
    case .tubelets(let gridSize, let base):
      guard gridSize > 0 else {
        throw .invalidConfiguration(field: "rotary", reason: "needs a grid of at least 1")
      }
      specification = RotarySpecification(
        family: .vjepa2, headWidth: headWidth, theta: base,
        grid: TokenGrid(frames: frames, rows: rows, columns: columns))
      // Numbers of tokens are split by the grid of the configuration, whatever the grid of the input is.
      positions = RotaryPositions(
        axisCount: 3,
        coordinates: (0..<frames * rows * columns).flatMap { token in
          let inFrame = token % (gridSize * gridSize)
          return [token / (gridSize * gridSize), inFrame / gridSize, inFrame % gridSize]
            .map(Double.init)
        })
    }
    do throws(RotaryError) {
      return (try specification.embedding(), positions)
    } catch {
      throw .invalidConfiguration(field: "rotary", reason: error.description)
    }
  }
}

/// Cosines and signed sines of every patch token, for `x[d] cos + x[partner of d] sin`.
struct RotaryTable: Sendable {
  let cosines: AlignedBuffer
  let sines: AlignedBuffer

  /// - Parameters:
  ///   - headWidth: channels of one head.
  ///   - rows: patch rows of the grid.
  ///   - columns: patch columns of the grid.
  ///   - frames: tokens along time, 1 for images.
  /// - Throws: `InferenceError.invalidConfiguration`.
  init(
    _ config: RotaryConfig, headWidth: Int, rows: Int, columns: Int, frames: Int = 1
  ) throws(InferenceError) {
    let (embedding, positions) = try config.embedding(
      headWidth: headWidth, rows: rows, columns: columns, frames: frames)
    let (cosines, unsigned) = embedding.table(at: positions)
    var sines = unsigned
    // Channels that are passed through keep a plain zero, whose sign nothing turns.
    let signs = (0..<headWidth).map { channel in
      embedding.axes.indices.contains { embedding.frequency(channel: channel, axis: $0) != 0 }
        ? Float(embedding.sign(of: channel)) : 1
    }
    for index in sines.indices { sines[index] *= signs[index % headWidth] }
    self.cosines = AlignedBuffer(cosines)
    self.sines = AlignedBuffer(sines)
  }
}
