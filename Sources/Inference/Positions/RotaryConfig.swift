import Glibc

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

/// Cosines and signed sines of every patch token, for `x[d] cos + x[partner of d] sin`.
struct RotaryTable: Sendable {
  let cosines: AlignedBuffer
  let sines: AlignedBuffer

  /// - Parameters:
  ///   - headWidth: channels of one head.
  ///   - rows: patch rows of the grid.
  ///   - columns: patch columns of the grid.
  ///   - frames: tokens along time, 1 for images.
  init(
    _ config: RotaryConfig, headWidth: Int, rows: Int, columns: Int, frames: Int = 1
  ) throws(InferenceError) {
    let count = frames * rows * columns
    cosines = AlignedBuffer([Float](repeating: 1, count: count * headWidth))
    sines = AlignedBuffer(floats: count * headWidth)
    switch config {
    case .axial(let columnsFirst, let offset, let reference, let base):
      guard headWidth % 4 == 0, base > 1 else {
        throw .invalidConfiguration(
          field: "rotary", reason: "needs a head width divisible by 4, found \(headWidth)")
      }
      let bands = headWidth / 4
      for row in 0..<rows {
        for column in 0..<columns {
          var y = Double(row) + offset
          var x = Double(column) + offset
          if let reference {
            y = y / Double(rows) * Double(reference.rows)
            x = x / Double(columns) * Double(reference.columns)
          }
          for pair in 0..<2 * bands {
            let frequency = pow(base, -Double(pair % bands) / Double(bands))
            let angle = ((pair < bands) == columnsFirst ? x : y) * frequency
            set(row * columns + column, headWidth, 2 * pair, angle)
            set(row * columns + column, headWidth, 2 * pair + 1, angle)
          }
        }
      }
    case .tubelets(let gridSize, let base):
      guard gridSize > 0, base > 1 else {
        throw .invalidConfiguration(field: "rotary", reason: "needs a grid of at least 1")
      }
      let axisWidth = 2 * (headWidth / 3 / 2)
      let bands = axisWidth / 2
      for token in 0..<count {
        let inFrame = token % (gridSize * gridSize)
        let positions = [token / (gridSize * gridSize), inFrame / gridSize, inFrame % gridSize]
        for axis in 0..<3 {
          for channel in 0..<axisWidth {
            // The two members of a pair get different frequencies: the released weights expect it.
            let frequency = pow(base, -Double(channel % bands) / Double(bands))
            set(
              token, headWidth, axis * axisWidth + channel, Double(positions[axis]) * frequency)
          }
        }
      }
    }
  }

  private func set(_ token: Int, _ width: Int, _ channel: Int, _ angle: Double) {
    cosines.floats[token * width + channel] = Float(cos(angle))
    sines.floats[token * width + channel] = Float(channel % 2 == 0 ? -sin(angle) : sin(angle))
  }
}
