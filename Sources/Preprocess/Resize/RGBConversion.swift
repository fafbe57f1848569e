/// Turns a picture of any mode into RGB.
package enum RGBConversion {
  /// What becomes of transparency.
  package enum Alpha: String, Sendable {
    /// The colour under it stays, as in OpenCLIP.
    case dropped
    /// Blended over white, as in Transformers 5.
    case onWhite
  }

  /// What becomes of 16-bit gray.
  package enum Depth: String, Sendable {
    /// 65535 becomes 255.
    case scaled
    /// Values above 255 become 255, as in the reference.
    case saturated
  }

  /// Pillow's `convert("RGB")`, with the two choices above.
  ///
  /// The result has no transparency left.
  package static func rgb(_ image: DecodedImage, alpha: Alpha, depth: Depth) -> DecodedImage {
    if image.mode == .rgb, alpha == .dropped || image.transparentColor == nil {
      var result = image
      result.transparentColor = nil
      return result
    }
    let count = image.width * image.height
    let blends = alpha == .onWhite && image.hasTransparency
    let bytes = [UInt8](unsafeUninitializedCapacity: count * 3) { out, filled in
      image.samples.withUnsafeBufferPointer { samples in
        for pixel in 0..<count {
          var color = color(pixel, of: image, samples, depth)
          if blends { color = overWhite(color, opacity(pixel, of: image, samples)) }
          out[3 * pixel] = color.red
          out[3 * pixel + 1] = color.green
          out[3 * pixel + 2] = color.blue
        }
      }
      filled = count * 3
    }
    var result = DecodedImage(
      width: image.width, height: image.height, mode: .rgb, samples: bytes, format: image.format)
    result.orientation = image.orientation
    return result
  }

  private typealias Color = (red: UInt8, green: UInt8, blue: UInt8)
  private typealias Samples = UnsafeBufferPointer<UInt8>

  /// The colour of a pixel, whatever its opacity.
  @inline(__always) private static func color(
    _ pixel: Int, of image: DecodedImage, _ samples: Samples, _ depth: Depth
  ) -> Color {
    func gray(_ level: UInt8) -> Color { (level, level, level) }
    let place = pixel * image.mode.byteCount
    switch image.mode {
    case .bilevel, .gray, .grayAlpha: return gray(samples[place])
    case .gray16:
      let level = wide(samples, place)
      return gray(UInt8(depth == .saturated ? min(255, level) : (level * 255 + 32767) / 65535))
    case .palette:
      let entry = 3 * Int(samples[place])
      return (image.palette[entry], image.palette[entry + 1], image.palette[entry + 2])
    case .rgb, .rgba: return (samples[place], samples[place + 1], samples[place + 2])
    case .cmyk:
      let black = 255 - Int(samples[place + 3])
      return (
        ink(samples[place], black), ink(samples[place + 1], black), ink(samples[place + 2], black)
      )
    }
  }

  /// The opacity of a pixel, 255 for a solid one: its own, or that of its palette entry, or 0 for the transparent colour.
  @inline(__always) private static func opacity(
    _ pixel: Int, of image: DecodedImage, _ samples: Samples
  ) -> UInt8 {
    let place = pixel * image.mode.byteCount
    func isKey(_ values: Int...) -> Bool { image.transparentColor == values }
    switch image.mode {
    case .grayAlpha: return samples[place + 1]
    case .rgba: return samples[place + 3]
    case .palette:
      let entry = Int(samples[place])
      return entry < image.paletteAlpha.count ? image.paletteAlpha[entry] : 255
    case .bilevel, .gray: return isKey(Int(samples[place])) ? 0 : 255
    case .gray16: return isKey(wide(samples, place)) ? 0 : 255
    case .rgb:
      return isKey(Int(samples[place]), Int(samples[place + 1]), Int(samples[place + 2])) ? 0 : 255
    case .cmyk: return 255
    }
  }

  /// A little-endian sample of 16 bits.
  private static func wide(_ samples: Samples, _ place: Int) -> Int {
    Int(samples[place]) | Int(samples[place + 1]) << 8
  }

  private static func overWhite(_ color: Color, _ opacity: UInt8) -> Color {
    (overWhite(color.red, opacity), overWhite(color.green, opacity), overWhite(color.blue, opacity))
  }

  private static func ink(_ color: UInt8, _ black: Int) -> UInt8 {
    let product = Int(color) * black + 128
    return UInt8(max(0, min(255, black - (product + product >> 8) >> 8)))
  }

  /// Pillow's alpha composition over opaque white.
  private static func overWhite(_ value: UInt8, _ alpha: UInt8) -> UInt8 {
    if alpha == 255 { return value }
    // With an opaque ground the blend factor is alpha * 128 (7 extra bits), rounded by shifts as in Pillow.
    let blend = Int(alpha) * 255 * 255
    let ground = 255 * (255 - Int(alpha))
    let outAlpha255 = Int(alpha) * 255 + ground
    let factor = blend * 128 / outAlpha255
    let total = Int(value) * factor + 255 * (255 * 128 - factor) + (0x80 << 7)
    return UInt8(max(0, min(255, (((total >> 8) + total) >> 8) >> 7)))
  }
}
