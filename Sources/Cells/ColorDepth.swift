/// How many colours a terminal shows, and the reduction of 24-bit colours to it.
package enum ColorDepth: String, Sendable, CaseIterable {
  case trueColor = "24bit"
  case indexed256 = "256"
  case indexed16 = "16"
  case mono

  /// The colour of the terminal's palette that is nearest; nil in `trueColor` and `mono`.
  package func index(nearest color: Color) -> Int? {
    switch self {
    case .trueColor, .mono: return nil
    case .indexed256: return Self.nearest256(color)
    case .indexed16: return Self.nearest16(color)
    }
  }

  /// The colour that is really shown for `color`; nil in mono.
  package func shown(_ color: Color) -> Color? {
    switch self {
    case .trueColor: return color
    case .mono: return nil
    case .indexed256, .indexed16: return index(nearest: color).map(Self.paletteColor)
    }
  }

  /// Colour `index` of the xterm palette: 16 named ones, a 6x6x6 cube, 24 greys.
  package static func paletteColor(_ index: Int) -> Color {
    if index < 16 { return named[max(index, 0)] }
    if index < 232 {
      let cube = index - 16
      return Color(levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
    }
    let grey = UInt8(8 + 10 * (min(index, 255) - 232))
    return Color(grey, grey, grey)
  }

  // The first 16 are left out of the search: users restyle them.
  private static func nearest256(_ color: Color) -> Int {
    let r = cubeStep(color.red)
    let g = cubeStep(color.green)
    let b = cubeStep(color.blue)
    let cube = 16 + 36 * r + 6 * g + b
    if chroma(color) > 50 { return cube }
    let mean = (Int(color.red) + Int(color.green) + Int(color.blue)) / 3
    let grey = 232 + min(max((mean - 3) / 10, 0), 23)
    return distance(color, paletteColor(grey)) < distance(color, paletteColor(cube)) ? grey : cube
  }

  private static func nearest16(_ color: Color) -> Int {
    // A coloured thing stays coloured: greys are candidates only for what is nearly grey.
    let needsHue = chroma(color) > 50
    var best = 0
    var bestDistance = Int.max
    for (index, candidate) in named.enumerated() where !needsHue || chroma(candidate) > 0 {
      let value = distance(color, candidate)
      if value < bestDistance {
        best = index
        bestDistance = value
      }
    }
    return best
  }

  private static func chroma(_ color: Color) -> Int {
    Int(max(color.red, color.green, color.blue)) - Int(min(color.red, color.green, color.blue))
  }

  private static func cubeStep(_ value: UInt8) -> Int {
    value < 48 ? 0 : value < 115 ? 1 : min((Int(value) - 35) / 40, 5)
  }

  /// Squared distance with the "redmean" weights, which follow the eye better than plain RGB.
  private static func distance(_ a: Color, _ b: Color) -> Int {
    let mean = (Int(a.red) + Int(b.red)) / 2
    let r = Int(a.red) - Int(b.red)
    let g = Int(a.green) - Int(b.green)
    let b = Int(a.blue) - Int(b.blue)
    return ((512 + mean) * r * r) / 256 + 4 * g * g + ((767 - mean) * b * b) / 256
  }

  private static let levels: [UInt8] = [0, 95, 135, 175, 215, 255]
  private static let named: [Color] = [
    Color(0, 0, 0), Color(205, 0, 0), Color(0, 205, 0), Color(205, 205, 0), Color(0, 0, 238),
    Color(205, 0, 205), Color(0, 205, 205), Color(229, 229, 229), Color(127, 127, 127),
    Color(255, 0, 0), Color(0, 255, 0), Color(255, 255, 0), Color(92, 92, 255),
    Color(255, 0, 255), Color(0, 255, 255), Color(255, 255, 255),
  ]
}
