import CPNG

/// PNG through libpng, giving the mode that Pillow gives for each colour type and depth.
enum PNGPicture {
  static func decode(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(PreprocessError) -> DecodedImage {
    guard let data = bytes.bindMemory(to: UInt8.self).baseAddress else {
      throw .incompletePicture(path: path, format: "PNG")
    }
    // The size is read from the fixed place first, so that a hostile one is named before libpng sees it.
    if bytes.count >= 24 {
      let width = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)))
      let height = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self)))
      try ImageFile.check(width: width, height: height, path: path)
    }
    var header = clipscope_png_header()
    try read(data, bytes.count, &header, nil, path)
    let width = Int(header.width)
    let height = Int(header.height)
    let depth = Int(header.bit_depth)
    let channels = Int(header.channels)
    try ImageFile.check(width: width, height: height, path: path)
    // Deflate packs at most 1032 to 1, so this many bytes cannot come out of a shorter file.
    let packed = height * ((width * channels * depth + 7) / 8)
    try ImageFile.check(
      width: width, height: height, neededBytes: packed / 1032, fileBytes: bytes.count, path: path)
    let isWide = depth == 16 && header.color_type == PNG_COLOR_TYPE_GRAY
    let sampleCount = width * height * channels * (isWide ? 2 : 1)
    // Gray with alpha of 16 bits becomes RGBA beside the samples as they are read.
    let isWidened = depth == 16 && header.color_type == PNG_COLOR_TYPE_GRAY_ALPHA
    try ImageFile.check(
      width: width, height: height, decoding: sampleCount + (isWidened ? 4 * width * height : 0),
      samples: isWidened ? 4 * width * height : sampleCount,
      isRGB: header.color_type == PNG_COLOR_TYPE_RGB, fileBytes: bytes.count, path: path)
    let raw = try ImageFile.samples(count: sampleCount) { (buffer) throws(PreprocessError) in
      try read(data, bytes.count, &header, buffer, path)
    }
    var image = assemble(header, consume raw, width: width, height: height, depth: depth)
    image.orientation = EXIF.orientation(inPNG: bytes)
    return image
  }

  /// Brings libpng's samples into Pillow's mode: small grays scaled to 8 bits.
  private static func assemble(
    _ header: clipscope_png_header, _ raw: consuming [UInt8], width: Int, height: Int, depth: Int
  ) -> DecodedImage {
    var raw = raw
    func image(_ mode: DecodedImage.Mode, _ samples: [UInt8]) -> DecodedImage {
      DecodedImage(width: width, height: height, mode: mode, samples: samples, format: .png)
    }
    let pixelCount = width * height
    let hasKey = header.alpha_count > 0
    let key = [Int(header.key.0), Int(header.key.1), Int(header.key.2)]
    switch Int32(header.color_type) {
    case PNG_COLOR_TYPE_PALETTE:
      var result = image(.palette, raw)
      let count = Int(header.palette_count)
      result.palette = withUnsafeBytes(of: header.palette) { Array($0.prefix(count * 3)) }
      result.palette += [UInt8](repeating: 0, count: 768 - result.palette.count)
      result.paletteAlpha = withUnsafeBytes(of: header.palette_alpha) {
        Array($0.prefix(Int(header.alpha_count)))
      }
      return result
    case PNG_COLOR_TYPE_GRAY where depth == 16:
      // Big-endian in the file, little-endian here.
      for index in stride(from: 0, to: raw.count, by: 2) { raw.swapAt(index, index + 1) }
      var result = image(.gray16, raw)
      if hasKey { result.transparentColor = [key[0]] }
      return result
    case PNG_COLOR_TYPE_GRAY:
      let scale = UInt8(255 / ((1 << depth) - 1))
      if depth < 8 { for index in raw.indices { raw[index] &*= scale } }
      var result = image(depth == 1 ? .bilevel : .gray, raw)
      if hasKey { result.transparentColor = [min(255, key[0] * Int(scale))] }
      return result
    case PNG_COLOR_TYPE_GRAY_ALPHA where depth == 16:
      // Pillow has no 16-bit gray with alpha and opens these as RGBA.
      var samples = [UInt8]()
      samples.reserveCapacity(pixelCount * 4)
      for pixel in 0..<pixelCount {
        let gray = raw[pixel * 2]
        samples.append(gray)
        samples.append(gray)
        samples.append(gray)
        samples.append(raw[pixel * 2 + 1])
      }
      return image(.rgba, samples)
    case PNG_COLOR_TYPE_GRAY_ALPHA:
      return image(.grayAlpha, raw)
    case PNG_COLOR_TYPE_RGB:
      var result = image(.rgb, raw)
      if hasKey { result.transparentColor = depth == 16 ? key.map { $0 >> 8 } : key }
      return result
    default:
      return image(.rgba, raw)
    }
  }

  private static func read(
    _ data: UnsafePointer<UInt8>, _ count: Int, _ header: inout clipscope_png_header,
    _ pixels: UnsafeMutableBufferPointer<UInt8>?, _ path: String
  ) throws(PreprocessError) {
    var message = [CChar](repeating: 0, count: Int(clipscope_png_message_capacity))
    let status = clipscope_png_read(
      data, count, &header, pixels?.baseAddress, pixels?.count ?? 0, UInt32(ImageFile.pixelLimit),
      &message)
    if status == 2 { throw .incompletePicture(path: path, format: "PNG") }
    if status != 0 { throw .brokenPicture(path: path, format: "PNG", reason: text(message)) }
  }
}
