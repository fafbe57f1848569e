extension CellBuffer {
  /// The page as a PNG file of 8x16 pixels a cell, for documents and bug reports.
  ///
  /// - Parameters:
  ///   - foreground: what stands for the terminal's own text colour.
  ///   - background: what stands for the terminal's own background.
  /// - Returns: nil when the page is empty, larger than 16 megapixels, or cannot be encoded.
  package func png(
    foreground: Color = Color(0xDD, 0xE1, 0xE6), background: Color = Color(0x12, 0x15, 0x1A)
  ) -> [UInt8]? {
    let width = size.columns * 8
    let height = size.rows * 16
    guard width > 0, height > 0, width * height <= 1 << 24 else { return nil }
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    for row in 0..<size.rows {
      for column in 0..<size.columns where self[column, row].width > 0 {
        let cell = self[column, row]
        var ink = cell.style.foreground ?? foreground
        var paper = cell.style.background ?? background
        if cell.style.attributes.contains(.reverse) { swap(&ink, &paper) }
        if cell.style.attributes.contains(.dim) { ink = Self.mean(ink, paper) }
        let glyph = BitmapFont.rows(for: cell.glyph)
        let cellWidth = min(Int(cell.width), size.columns - column) * 8
        for y in 0..<16 {
          var bits = glyph[y]
          if cell.style.attributes.contains(.bold) && BitmapFont.isLetter(cell.glyph) {
            bits |= bits >> 1
          }
          if cell.style.attributes.contains(.underline) && y == 14 { bits = 0xFF }
          for x in 0..<cellWidth {
            let isInk = x < 8 && bits & (0x80 >> UInt8(x)) != 0
            let color = isInk ? ink : paper
            let offset = ((row * 16 + y) * width + column * 8 + x) * 3
            pixels[offset] = color.red
            pixels[offset + 1] = color.green
            pixels[offset + 2] = color.blue
          }
        }
      }
    }
    return PNGEncoder.encode(pixels, width: width, height: height)
  }

  private static func mean(_ a: Color, _ b: Color) -> Color {
    func half(_ x: UInt8, _ y: UInt8) -> UInt8 { UInt8((Int(x) * 2 + Int(y)) / 3) }
    return Color(half(a.red, b.red), half(a.green, b.green), half(a.blue, b.blue))
  }
}

/// The small built-in font: sixteen rows of eight pixels a glyph.
enum BitmapFont {
  /// Rows from the top; bit 7 is the left pixel.
  ///
  /// An unknown glyph is a hollow box.
  static func rows(for glyph: String) -> [UInt8] {
    guard let scalar = glyph.unicodeScalars.first, scalar != " " else { return blank }
    switch scalar.value {
    case 0x2580...0x259F: return block(scalar.value)
    case 0x2800...0x28FF: return braille(UInt8(scalar.value - 0x2800))
    default: return table[scalar.value] ?? hollowBox
    }
  }

  /// Bold thickens letters; lines and blocks stay as they are.
  static func isLetter(_ glyph: String) -> Bool {
    (glyph.unicodeScalars.first?.value ?? 0x2500) < 0x2500
  }

  private static let blank = [UInt8](repeating: 0, count: 16)
  private static let hollowBox: [UInt8] =
    [0, 0, 0, 0x7E] + [UInt8](repeating: 0x42, count: 8) + [0x7E, 0, 0, 0]

  private static let table: [UInt32: [UInt8]] = {
    var result: [UInt32: [UInt8]] = [:]
    for line in bitmapFontTable.split(separator: "\n") {
      let digits = Array(line.utf8)
      guard digits.count == 38, let point = UInt32(line.prefix(6), radix: 16) else { continue }
      result[point] = (0..<16).map { hex(digits[6 + 2 * $0]) << 4 | hex(digits[7 + 2 * $0]) }
    }
    return result
  }()

  private static func hex(_ digit: UInt8) -> UInt8 { digit < 58 ? digit &- 48 : digit &- 87 }

  private static func block(_ value: UInt32) -> [UInt8] {
    let upper = [UInt8](repeating: 0xFF, count: 8) + [UInt8](repeating: 0, count: 8)
    switch value {
    case 0x2580: return upper
    case 0x2581...0x2588:
      let filled = Int(value - 0x2580) * 2
      return (0..<16).map { $0 >= 16 - filled ? 0xFF : 0 }
    case 0x2589...0x258F:
      let columns = UInt8(0x2590 - value)
      return Array(repeating: ~(0xFF >> columns), count: 16)
    case 0x2590: return Array(repeating: 0x0F, count: 16)
    case 0x2591: return (0..<16).map { $0 % 2 == 0 ? 0x88 : 0x22 }
    case 0x2592: return (0..<16).map { $0 % 2 == 0 ? 0xAA : 0x55 }
    case 0x2593: return (0..<16).map { $0 % 2 == 0 ? 0x77 : 0xDD }
    case 0x2594: return [0xFF, 0xFF] + [UInt8](repeating: 0, count: 14)
    case 0x2595: return Array(repeating: 0x01, count: 16)
    default: return hollowBox
    }
  }

  private static func braille(_ bits: UInt8) -> [UInt8] {
    var rows = blank
    let order: [UInt8] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]
    for (index, bit) in order.enumerated() where bits & bit != 0 {
      let mask: UInt8 = index % 2 == 0 ? 0x60 : 0x06
      rows[index / 2 * 4 + 1] |= mask
      rows[index / 2 * 4 + 2] |= mask
    }
    return rows
  }
}
