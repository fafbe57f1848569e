/// Braille dots, 2x4 in a cell; in ASCII one sign a cell.
///
/// A cell has the colour of its last dot.
struct DotGrid {
  let columns: Int
  let rows: Int
  private var bits: [UInt8]
  private var roles: [Role]

  private static let masks: [UInt8] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]

  init(columns: Int, rows: Int) {
    self.columns = max(columns, 0)
    self.rows = max(rows, 0)
    bits = Array(repeating: 0, count: self.columns * self.rows)
    roles = Array(repeating: .text, count: bits.count)
  }

  mutating func set(x: Int, y: Int, role: Role) {
    guard x >= 0, y >= 0, x < 2 * columns, y < 4 * rows else { return }
    let cell = y / 4 * columns + x / 2
    bits[cell] |= Self.masks[y % 4 * 2 + x % 2]
    roles[cell] = role
  }

  func draw(_ canvas: Canvas, asciiSign: String) {
    for (cell, pattern) in bits.enumerated() where pattern != 0 {
      let glyph =
        canvas.symbols.asciiOnly
        ? asciiSign : String(Unicode.Scalar(0x2800 + UInt32(pattern)) ?? "?")
      canvas.put(
        glyph, at: Point(column: cell % columns, row: cell / columns), role: roles[cell])
    }
  }
}
