import Glibc
import Testing

@testable import Inference

/// Towers turn their tokens by the embedding that the rotary views show: these are its formulas in full, as the reference code has them.
@Suite("Rotary tables of towers") struct RotaryBitTests {
  /// Cosine and signed sine of an angle, in bits.
  private static func bits(_ angle: Double, channel: Int) -> [UInt32] {
    [Float(cos(angle)), Float(channel % 2 == 0 ? -sin(angle) : sin(angle))].map(\.bitPattern)
  }

  private static func bits(_ table: RotaryTable, at index: Int) -> [UInt32] {
    [table.cosines.floats[index], table.sines.floats[index]].map(\.bitPattern)
  }

  @Test(
    "Two axes: rows or columns first, with and without a reference grid",
    arguments: [(false, 0.0, 16), (true, 1, 24), (true, 1, nil), (false, 0, nil)])
  func axial(columnsFirst: Bool, offset: Double, reference: Int?) throws {
    let (rows, columns, width, base) = (5, 7, 24, 10_000.0)
    let table = try RotaryTable(
      .axial(
        columnsFirst: columnsFirst, offset: offset,
        reference: reference.map { .init(rows: $0, columns: $0) }, base: base),
      headWidth: width, rows: rows, columns: columns)
    let bands = width / 4
    for row in 0..<rows {
      for column in 0..<columns {
        var (y, x) = (Double(row) + offset, Double(column) + offset)
        if let reference {
          y = y / Double(rows) * Double(reference)
          x = x / Double(columns) * Double(reference)
        }
        for channel in 0..<width {
          let pair = channel / 2
          let frequency = pow(base, -Double(pair % bands) / Double(bands))
          let angle = ((pair < bands) == columnsFirst ? x : y) * frequency
          let index = (row * columns + column) * width + channel
          #expect(Self.bits(table, at: index) == Self.bits(angle, channel: channel))
        }
      }
    }
  }

  @Test("Three axes: tiled frequencies, numbers of tokens split by the configured grid")
  func tubelets() throws {
    let (frames, side, grid, width, base) = (3, 4, 5, 26, 10_000.0)
    let table = try RotaryTable(
      .tubelets(gridSize: grid, base: base), headWidth: width, rows: side, columns: side,
      frames: frames)
    let axisWidth = 2 * (width / 3 / 2)
    for token in 0..<frames * side * side {
      let inFrame = token % (grid * grid)
      let place = [token / (grid * grid), inFrame / grid, inFrame % grid]
      for channel in 0..<width {
        let index = token * width + channel
        guard channel < 3 * axisWidth else {
          // Passed through.
          #expect(Self.bits(table, at: index) == [Float(1).bitPattern, 0])
          continue
        }
        let band = channel % axisWidth % (axisWidth / 2)
        let frequency = pow(base, -Double(band) / Double(axisWidth / 2))
        let angle = Double(place[channel / axisWidth]) * frequency
        #expect(Self.bits(table, at: index) == Self.bits(angle, channel: channel % axisWidth))
      }
    }
  }

  @Test("What no embedding can be made of is refused") func refused() {
    for (config, width) in [
      (RotaryConfig.axial(columnsFirst: false, offset: 0, reference: nil, base: 10), 6),
      (.axial(columnsFirst: false, offset: 0, reference: nil, base: 1), 8),
      (.tubelets(gridSize: 0, base: 10), 12), (.tubelets(gridSize: 4, base: 0), 12),
    ] {
      #expect(throws: InferenceError.self) {
        try RotaryTable(config, headWidth: width, rows: 2, columns: 2)
      }
    }
  }
}
