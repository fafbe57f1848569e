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

  private static func firstFrame(
    _ reader: inout ByteReader, _ path: String
  ) throws -> DecodedImage {
    try reader.skip(6)
    let width = Int(try reader.read(UInt16.self))
    let height = Int(try reader.read(UInt16.self))
    let flags = try reader.read(UInt8.self)
    let background = try reader.read(UInt8.self)
    try reader.skip(1)
    try ImageFile.check(width: width, height: height, path: path)
    var palette = [UInt8]()
    if flags & 0x80 != 0 { palette = Array(try reader.take(3 << (Int(flags & 7) + 1))) }
    var transparent: UInt8?
    while true {
      switch try reader.read(UInt8.self) {
      case 0x21:
        let label = try reader.read(UInt8.self)
        var isFirst = true
        while true {
          let block = try reader.take(Int(try reader.read(UInt8.self)))
          if block.isEmpty { break }
          if label == 0xF9, isFirst, block.count >= 4, block[0] & 1 != 0 { transparent = block[3] }
          isFirst = false
        }
      case 0x2C:
        let left = Int(try reader.read(UInt16.self))
        let top = Int(try reader.read(UInt16.self))
        let frameWidth = Int(try reader.read(UInt16.self))
        let frameHeight = Int(try reader.read(UInt16.self))
        let frameFlags = try reader.read(UInt8.self)
        if frameFlags & 0x80 != 0 {
          palette = Array(try reader.take(3 << (Int(frameFlags & 7) + 1)))
        }
        // A frame may exceed the declared canvas; the canvas grows then, as in Pillow.
        let canvasWidth = max(width, left + frameWidth)
        let canvasHeight = max(height, top + frameHeight)
        try ImageFile.check(width: canvasWidth, height: canvasHeight, path: path)
        try ImageFile.check(width: frameWidth, height: frameHeight, path: path)
        try ImageFile.check(
          width: canvasWidth, height: canvasHeight,
          decoding: canvasWidth * canvasHeight + frameWidth * frameHeight,
          samples: canvasWidth * canvasHeight, isRGB: false, fileBytes: reader.bytes.count,
          path: path)
        let indices = try decompress(&reader, count: frameWidth * frameHeight, path)
        var canvas = [UInt8](
          repeating: transparent ?? background, count: canvasWidth * canvasHeight)
        let rows = frameFlags & 0x40 != 0 ? interlaced(frameHeight) : Array(0..<frameHeight)
        for (position, y) in rows.enumerated() {
          let target = (top + y) * canvasWidth + left
          let source = position * frameWidth
          canvas.replaceSubrange(
            target..<target + frameWidth, with: indices[source..<source + frameWidth])
        }
        return image(canvas, canvasWidth, canvasHeight, palette, transparent)
      default:
        throw PreprocessError.brokenPicture(
          path: path, format: "GIF", reason: "no picture before the trailer")
      }
    }
  }

  private static func image(
    _ samples: [UInt8], _ width: Int, _ height: Int, _ palette: [UInt8], _ transparent: UInt8?
  ) -> DecodedImage {
    // A palette that is the gray ramp makes a gray picture, so that it is resized as one.
    let isRamp = palette.indices.allSatisfy { Int(palette[$0]) == $0 / 3 }
    var result = DecodedImage(
      width: width, height: height, mode: isRamp ? .gray : .palette, samples: samples, format: .gif)
    if isRamp {
      result.transparentColor = transparent.map { [Int($0)] }
    } else {
      result.palette = palette + [UInt8](repeating: 0, count: 768 - palette.count)
      if let transparent {
        result.paletteAlpha = [UInt8](repeating: 255, count: Int(transparent)) + [0]
      }
    }
    return result
  }

  private static func interlaced(_ height: Int) -> [Int] {
    [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { Array(stride(from: $0.0, to: height, by: $0.1)) }
  }

  /// Undoes the variable-width LZW of GIF: codes of `minimum + 1` to 12 bits, low bits first, in blocks of at most 255 bytes.
  private static func decompress(
    _ reader: inout ByteReader, count: Int, _ path: String
  ) throws -> [UInt8] {
    let minimum = Int(try reader.read(UInt8.self))
    guard (1...11).contains(minimum) else {
      throw PreprocessError.brokenPicture(
        path: path, format: "GIF", reason: "code size \(minimum) is not in 1...11")
    }
    let clear = 1 << minimum
    var prefix = [Int](repeating: 0, count: 4096)
    var suffix = [UInt8](repeating: 0, count: 4096)
    for code in 0..<min(clear, 4096) { suffix[code] = UInt8(truncatingIfNeeded: code) }
    var output = [UInt8]()
    // Grows with the data, since a short file may declare any size.
    output.reserveCapacity(min(count, reader.remaining * 64))
    var next = clear + 2
    var width = minimum + 1
    var previous = -1
    var bits: UInt64 = 0
    var bitCount = 0
    var block = UnsafeRawBufferPointer(start: nil, count: 0)
    var position = 0
    var stack = [UInt8]()
    while output.count < count {
      while bitCount < width {
        if position == block.count {
          block = try reader.take(Int(try reader.read(UInt8.self)))
          position = 0
          if block.isEmpty {
            throw PreprocessError.incompletePicture(path: path, format: "GIF")
          }
        }
        bits |= UInt64(block[position]) << UInt64(bitCount)
        bitCount += 8
        position += 1
      }
      let code = Int(bits & ((1 << UInt64(width)) - 1))
      bits >>= UInt64(width)
      bitCount -= width
      if code == clear {
        next = clear + 2
        width = minimum + 1
        previous = -1
        continue
      }
      if code == clear + 1 { throw PreprocessError.incompletePicture(path: path, format: "GIF") }
      guard code < next || (code == next && previous >= 0), previous >= 0 || code < clear else {
        throw PreprocessError.brokenPicture(
          path: path, format: "GIF", reason: "code \(code) is not defined yet")
      }
      stack.removeAll(keepingCapacity: true)
      var walk = code == next ? previous : code
      while walk >= clear {
        stack.append(suffix[walk])
        walk = prefix[walk]
      }
      let first = suffix[walk]
      output.append(first)
      output.append(contentsOf: stack.reversed())
      if code == next { output.append(first) }
      if previous >= 0, next < 4096 {
        prefix[next] = previous
        suffix[next] = first
        next += 1
        if next == 1 << width, width < 12 { width += 1 }
      }
      previous = code
    }
    output.removeLast(output.count - count)
    return output
  }
}
