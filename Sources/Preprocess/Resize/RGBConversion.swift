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
    let count = image.width * image.height
    let samples = image.samples
    if image.mode == .rgb, alpha == .dropped || image.transparentColor == nil {
      var result = image
      result.transparentColor = nil
      return result
    }
    let blends = alpha == .onWhite && image.hasTransparency
    let bytes = [UInt8](unsafeUninitializedCapacity: count * 3) { out, filled in
      for pixel in 0..<count {
        var red: UInt8
        var green: UInt8
        var blue: UInt8
        var opacity: UInt8 = 255
        switch image.mode {
        case .bilevel, .gray:
          red = samples[pixel]
          green = red
          blue = red
          if image.transparentColor == [Int(red)] { opacity = 0 }
        case .grayAlpha:
          red = samples[2 * pixel]
          green = red
          blue = red
          opacity = samples[2 * pixel + 1]
        case .gray16:
          let value = Int(samples[2 * pixel]) | Int(samples[2 * pixel + 1]) << 8
          red = depth == .saturated ? UInt8(min(255, value)) : UInt8((value * 255 + 32767) / 65535)
          green = red
          blue = red
          if image.transparentColor == [value] { opacity = 0 }
        case .palette:
          let index = Int(samples[pixel])
          red = image.palette[3 * index]
          green = image.palette[3 * index + 1]
          blue = image.palette[3 * index + 2]
          if index < image.paletteAlpha.count { opacity = image.paletteAlpha[index] }
        case .rgb:
          red = samples[3 * pixel]
          green = samples[3 * pixel + 1]
          blue = samples[3 * pixel + 2]
          if image.transparentColor == [Int(red), Int(green), Int(blue)] { opacity = 0 }
        case .rgba:
          red = samples[4 * pixel]
          green = samples[4 * pixel + 1]
          blue = samples[4 * pixel + 2]
          opacity = samples[4 * pixel + 3]
        case .cmyk:
          let black = 255 - Int(samples[4 * pixel + 3])
          red = ink(samples[4 * pixel], black)
          green = ink(samples[4 * pixel + 1], black)
          blue = ink(samples[4 * pixel + 2], black)
        }
        if blends {
          red = overWhite(red, opacity)
          green = overWhite(green, opacity)
          blue = overWhite(blue, opacity)
        }
        out[3 * pixel] = red
        out[3 * pixel + 1] = green
        out[3 * pixel + 2] = blue
      }
      filled = count * 3
    }
    var result = DecodedImage(
      width: image.width, height: image.height, mode: .rgb, samples: bytes, format: image.format)
    result.orientation = image.orientation
    return result
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
