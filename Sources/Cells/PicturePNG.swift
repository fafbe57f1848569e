import CPNG

extension PixelGrid {
  /// The picture as a PNG file, every pixel as a square of `zoom` pixels; empty pixels become `background`.
  ///
  /// - Returns: nil when the picture is empty, larger than 64 megapixels, or cannot be encoded.
  package func png(zoom: Int = 1, background: Color = Color(0x12, 0x15, 0x1A)) -> [UInt8]? {
    let (w, h) = (width * max(zoom, 1), height * max(zoom, 1))
    guard w > 0, h > 0, w <= 1 << 26, h <= 1 << 26, w * h <= 1 << 26 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(w * h * 3)
    for y in 0..<h {
      for x in 0..<w {
        let color = self[x / max(zoom, 1), y / max(zoom, 1)] ?? background
        bytes.append(color.red)
        bytes.append(color.green)
        bytes.append(color.blue)
      }
    }
    return PNGEncoder.encode(bytes, width: w, height: h)
  }
}

/// libpng's simplified writer, for 8-bit RGB.
enum PNGEncoder {
  /// - Parameter pixels: `[height, width, 3]`, row-major.
  static func encode(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8]? {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = UInt32(width)
    image.height = UInt32(height)
    image.format = UInt32(PNG_FORMAT_FLAG_COLOR)
    defer { png_image_free(&image) }
    var count = 0
    guard png_image_write_to_memory(&image, nil, &count, 0, pixels, 0, nil) != 0, count > 0 else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: count)
    guard png_image_write_to_memory(&image, &bytes, &count, 0, pixels, 0, nil) != 0 else {
      return nil
    }
    return Array(bytes.prefix(count))
  }
}
