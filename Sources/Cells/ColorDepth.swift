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
    let red = stepsAround(color.red)
    let green = stepsAround(color.green)
    let blue = stepsAround(color.blue)
    var best = 16
    var bestDifference = Int.max
    func consider(_ index: Int, _ candidate: Color) {
      let difference = difference(color, candidate)
      guard difference < bestDifference else { return }
      bestDifference = difference
      best = index
    }
    // The corners around the colour: the nearest step of each part alone would turn dark reds brown.
    for r in red {
      for g in green {
        for b in blue {
          consider(16 + 36 * r + 6 * g + b, Color(levels[r], levels[g], levels[b]))
        }
      }
    }
    let grey = min(max((light(color) - 8) / 10, 0), 22)
    for step in grey...grey + 1 { consider(232 + step, paletteColor(232 + step)) }
    return best
  }

  private static func stepsAround(_ value: UInt8) -> ClosedRange<Int> {
    let above = levels.firstIndex { $0 >= value } ?? 5
    return (levels[above] == value ? above : above - 1)...above
  }

  /// BT.601, 0 to 255.
  private static func light(_ color: Color) -> Int {
    (299 * Int(color.red) + 587 * Int(color.green) + 114 * Int(color.blue)) / 1000
  }

  /// Squared difference of light and of the two colour differences: neighbours on a scale stay neighbours, and hues stay.
  private static func difference(_ a: Color, _ b: Color) -> Int {
    let light = (a: light(a), b: light(b))
    let blue = Int(a.blue) - light.a - Int(b.blue) + light.b
    let red = Int(a.red) - light.a - Int(b.red) + light.b
    return (light.a - light.b) * (light.a - light.b) + blue * blue + red * red
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
