import Tensors

/// The first frame of a GIF, as a palette picture.
enum GIFPicture {
  static func decode(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(PreprocessError) -> DecodedImage {
    var reader = ByteReader(bytes)
    do {
      return try firstFrame(&reader, path)
    } catch let error as PreprocessError {
      throw error
    } catch {
      throw .incompletePicture(path: path, format: "GIF")
    }
  }

  /// Sizes and colours as they are known when the first frame is met.
  private struct Screen {
    var width: Int
    var height: Int
    /// Colours of 3 bytes.
    var palette: [UInt8] = []
    var transparent: UInt8?
  }

  private static func firstFrame(
    _ reader: inout ByteReader, _ path: String
  ) throws -> DecodedImage {
    try reader.skip(6)
    let width = Int(try reader.read(UInt16.self))
    let height = Int(try reader.read(UInt16.self))
    let flags = try reader.read(UInt8.self)
    // The background colour has no meaning for any program that shows GIFs, nor for Pillow.
    try reader.skip(2)
    try ImageFile.check(width: width, height: height, path: path)
    var screen = Screen(width: width, height: height)
    if flags & 0x80 != 0 { screen.palette = try palette(&reader, flags) }
    while true {
      switch try reader.read(UInt8.self) {
      case 0x21: try readExtension(&reader, &screen)
      case 0x2C: return try frame(&reader, screen, path)
      default:
        throw PreprocessError.brokenPicture(
          path: path, format: "GIF", reason: "no picture before the trailer")
      }
    }
  }

  private static func palette(_ reader: inout ByteReader, _ flags: UInt8) throws -> [UInt8] {
    Array(try reader.take(3 << (Int(flags & 7) + 1)))
  }

  private static func readExtension(_ reader: inout ByteReader, _ screen: inout Screen) throws {
    let label = try reader.read(UInt8.self)
    var isFirst = true
    while true {
      let block = try reader.take(Int(try reader.read(UInt8.self)))
      if block.isEmpty { return }
      if label == 0xF9, isFirst, block.count >= 4, block[0] & 1 != 0 {
        screen.transparent = block[3]
      }
      isFirst = false
    }
  }

  private static func frame(
    _ reader: inout ByteReader, _ screen: Screen, _ path: String
  ) throws -> DecodedImage {
    var screen = screen
    let left = Int(try reader.read(UInt16.self))
    let top = Int(try reader.read(UInt16.self))
    let width = Int(try reader.read(UInt16.self))
    let height = Int(try reader.read(UInt16.self))
    let flags = try reader.read(UInt8.self)
    if flags & 0x80 != 0 { screen.palette = try palette(&reader, flags) }
    // A frame may exceed the declared canvas; the canvas grows then, as in Pillow.
    screen.width = max(screen.width, left + width)
    screen.height = max(screen.height, top + height)
    let count = screen.width * screen.height
    try ImageFile.check(width: screen.width, height: screen.height, path: path)
    try ImageFile.check(width: width, height: height, path: path)
    try ImageFile.check(
      width: screen.width, height: screen.height, decoding: count + width * height, samples: count,
      isRGB: false, fileBytes: reader.bytes.count, path: path)
    let pixels = try LZW.decode(&reader, count: width * height, path)
    // Pillow leaves what the frame does not cover at entry 0 where no entry is transparent.
    var canvas = [UInt8](repeating: screen.transparent ?? 0, count: count)
    let rows = flags & 0x40 != 0 ? interlaced(height) : Array(0..<height)
    for (position, y) in rows.enumerated() {
      let target = (top + y) * screen.width + left
      let source = position * width
      canvas.replaceSubrange(target..<target + width, with: pixels[source..<source + width])
    }
    return image(canvas, screen)
  }

  private static func image(_ samples: [UInt8], _ screen: Screen) -> DecodedImage {
    // A palette that is the gray ramp makes a gray picture, so that it is resized as one.
    let palette = screen.palette
    let isRamp = palette.indices.allSatisfy { Int(palette[$0]) == $0 / 3 }
    var result = DecodedImage(
      width: screen.width, height: screen.height, mode: isRamp ? .gray : .palette,
      samples: samples, format: .gif)
    if isRamp {
      result.transparentColor = screen.transparent.map { [Int($0)] }
    } else {
      result.palette = palette + [UInt8](repeating: 0, count: 768 - palette.count)
      if let transparent = screen.transparent {
        result.paletteAlpha = [UInt8](repeating: 255, count: Int(transparent)) + [0]
      }
    }
    return result
  }

  private static func interlaced(_ height: Int) -> [Int] {
    [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { Array(stride(from: $0.0, to: height, by: $0.1)) }
  }
}
