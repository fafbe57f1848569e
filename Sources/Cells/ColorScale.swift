/// A colour for every value from 0 to 1, so that equal steps look equally large.
///
/// Independent of themes.
package struct ColorScale: Sendable, Hashable {
  package let name: String
  /// Diverging scales have their neutral colour at 0.5: for signed values.
  package let isDiverging: Bool
  private let controlPoints: [UInt32]

  /// Pictures use this many different colours, so that repaints stay small.
  package static let levelCount = 64
  /// Shown for NaN: a magenta that no scale contains.
  package static let notANumber = Color(0xFF, 0x00, 0xC8)

  package static let viridis = ColorScale("viridis", ColorScaleTables.viridis)
  package static let magma = ColorScale("magma", ColorScaleTables.magma)
  package static let cividis = ColorScale("cividis", ColorScaleTables.cividis)
  package static let blueRed = ColorScale(
    "blue-red", ColorScaleTables.blueRed, isDiverging: true)
  package static let all: [ColorScale] = [.viridis, .magma, .cividis, .blueRed]

  package static func named(_ name: String) -> ColorScale? { all.first { $0.name == name } }

  private init(_ name: String, _ controlPoints: [UInt32], isDiverging: Bool = false) {
    self.name = name
    self.isDiverging = isDiverging
    self.controlPoints = controlPoints
  }

  /// The colour at `position`; values outside 0...1 are clamped, NaN has its own colour.
  package func color(at position: Double) -> Color {
    if position.isNaN { return Self.notANumber }
    let scaled = min(max(position, 0), 1) * Double(controlPoints.count - 1)
    let index = min(Int(scaled), controlPoints.count - 2)
    let part = scaled - Double(index)
    func mix(_ shift: UInt32) -> UInt8 {
      let low = Double((controlPoints[index] >> shift) & 0xFF)
      let high = Double((controlPoints[index + 1] >> shift) & 0xFF)
      return UInt8((low + (high - low) * part).rounded())
    }
    return Color(mix(16), mix(8), mix(0))
  }

  /// The same in `levelCount` steps.
  package func quantised(at position: Double) -> Color {
    if position.isNaN { return Self.notANumber }
    let steps = Double(Self.levelCount - 1)
    return color(at: (min(max(position, 0), 1) * steps).rounded() / steps)
  }
}

extension Color {
  /// Relative luminance (WCAG 2), 0 for black to 1 for white.
  package var luminance: Double {
    func linear(_ value: UInt8) -> Double {
      let v = Double(value) / 255
      // A cube of a linear blend stays within 1 % of the sRGB curve and needs no `pow`.
      return v <= 0.04045 ? v / 12.92 : v * (v * (v * 0.305306011 + 0.682171111) + 0.012522878)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// Black or white, whichever can be read on this colour.
  package var ink: Color { luminance > 0.3 ? Color(0, 0, 0) : Color(0xFF, 0xFF, 0xFF) }
}
