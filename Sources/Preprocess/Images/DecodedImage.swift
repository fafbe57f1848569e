/// A picture as its file stores it: the samples in the file's own colour mode, not yet RGB.
///
/// The modes are those of Pillow, because the reference pipelines resize in the stored mode and results depend on it.
package struct DecodedImage: Sendable, Equatable {
  package enum Mode: String, Sendable, CaseIterable {
    /// One bit a pixel, stored here as a byte 0 or 255.
    case bilevel = "1"
    case gray = "L"
    case grayAlpha = "LA"
    /// An index into `palette`.
    case palette = "P"
    case rgb = "RGB"
    case rgba = "RGBA"
    /// 0 is no ink.
    case cmyk = "CMYK"
    /// 16-bit gray, two bytes a pixel, little-endian.
    case gray16 = "I;16"

    /// Bytes of one pixel in `samples`.
    package var byteCount: Int {
      switch self {
      case .bilevel, .gray, .palette: 1
      case .grayAlpha, .gray16: 2
      case .rgb: 3
      case .rgba, .cmyk: 4
      }
    }
  }

  package enum Format: String, Sendable {
    case jpeg = "JPEG"
    case png = "PNG"
    case webp = "WebP"
    case gif = "GIF"
    case netpbm = "PPM"
  }

  package var width: Int
  package var height: Int
  package var mode: Mode
  /// `[height, width, mode.byteCount]`, row-major.
  package var samples: [UInt8]
  /// 256 colours of 3 bytes in mode `palette`, else empty.
  ///
  /// Entries that the file does not define are black.
  package var palette: [UInt8] = []
  /// Alpha of the palette entries; entries beyond its end are opaque.
  package var paletteAlpha: [UInt8] = []
  /// The one colour that the file calls transparent, in 8-bit samples (16-bit in mode `gray16`).
  package var transparentColor: [Int]?
  /// EXIF orientation, 1 to 8, where the file has one.
  ///
  /// Reported only: the references do not turn pictures.
  package var orientation: Int?
  package var format: Format?

  package init(width: Int, height: Int, mode: Mode, samples: [UInt8], format: Format? = nil) {
    precondition(width > 0 && height > 0 && samples.count == width * height * mode.byteCount)
    self.width = width
    self.height = height
    self.mode = mode
    self.samples = samples
    self.format = format
  }

  /// Whether some pixel may be see-through: an alpha band, palette alpha, or a transparent colour.
  package var hasTransparency: Bool {
    mode == .rgba || mode == .grayAlpha || !paletteAlpha.isEmpty || transparentColor != nil
  }
}
