/// How many terminal columns a code point takes: 0, 1 or 2.
///
/// A `Character` is not a cell: terminals advance by code point, so this one function decides for the whole program.
/// Wide ranges come from a generated table; marks are recognised by their general category.
package enum GlyphWidth {
  /// A cell holds one spacing code point and at most four marks; curses accepts no more.
  package static let maximumCodePoints = 5

  package static func columns(of scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return 1 }
    // Medial and final Hangul letters are drawn inside the cell of the initial one.
    if (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FF).contains(value) { return 0 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .lineSeparator, .paragraphSeparator: return 0
    default: return isWide(value) ? 2 : 1
    }
  }

  private static func isWide(_ value: UInt32) -> Bool {
    if value < 0x1100 { return false }
    var low = 0
    var high = wideRanges.count / 2
    while low < high {
      let middle = (low + high) / 2
      if value < wideRanges[2 * middle] {
        high = middle
      } else if value > wideRanges[2 * middle + 1] {
        low = middle + 1
      } else {
        return true
      }
    }
    return false
  }
}
