/// PBM, PGM and PPM, plain and raw (P1 to P6).
enum NetpbmPicture {
  static func decode(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(PreprocessError) -> DecodedImage {
    var scanner = Scanner(bytes: bytes, path: path)
    let kind = Int(bytes[1]) - 0x30
    let width = try scanner.number()
    let height = try scanner.number()
    let isBitmap = kind == 1 || kind == 4
    let maximum = isBitmap ? 1 : try scanner.number()
    guard (1...65535).contains(maximum) else {
      throw .brokenPicture(
        path: path, format: "PPM", reason: "the largest value \(maximum) is not in 1...65535")
    }
    try ImageFile.check(width: width, height: height, path: path)
    let channels = kind == 3 || kind == 6 ? 3 : 1
    let rowSamples = width * channels
    let rowBytes = isBitmap ? (width + 7) / 8 : rowSamples * (maximum > 255 ? 2 : 1)
    let isPlain = kind <= 3
    // One blank separates the header from raw samples.
    if !isPlain { scanner.position += 1 }
    let needed = isPlain ? rowSamples * height : rowBytes * height
    guard bytes.count - scanner.position >= (isPlain ? needed / 2 : needed) else {
      throw .incompletePicture(path: path, format: "PPM")
    }
    var values = [UInt16]()
    values.reserveCapacity(rowSamples * height)
    for y in 0..<height {
      for x in 0..<rowSamples {
        if isPlain {
          // What is above the largest value counts as the largest.
          values.append(UInt16(clamping: isBitmap ? try scanner.bit() : try scanner.number()))
        } else if isBitmap {
          values.append(
            UInt16(bytes[scanner.position + y * rowBytes + x / 8] >> UInt8(7 - x % 8) & 1))
        } else if maximum > 255 {
          let at = scanner.position + y * rowBytes + 2 * x
          values.append(UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1]))
        } else {
          values.append(UInt16(bytes[scanner.position + y * rowBytes + x]))
        }
      }
    }
    func scaled(_ value: UInt16, to top: Int) -> Int {
      Int(value) >= maximum
        ? top
        : Int((Double(value) / Double(maximum) * Double(top)).rounded(.toNearestOrEven))
    }
    if maximum > 255, channels == 1 {
      let samples = values.flatMap { value -> [UInt8] in
        let wide = scaled(value, to: 65535)
        return [UInt8(wide & 255), UInt8(wide >> 8)]
      }
      return DecodedImage(
        width: width, height: height, mode: .gray16, samples: samples, format: .netpbm)
    }
    let samples = values.map { value -> UInt8 in
      isBitmap ? (value == 0 ? 255 : 0) : UInt8(scaled(value, to: 255))
    }
    let mode: DecodedImage.Mode = isBitmap ? .bilevel : channels == 3 ? .rgb : .gray
    return DecodedImage(width: width, height: height, mode: mode, samples: samples, format: .netpbm)
  }

  private struct Scanner {
    let bytes: UnsafeRawBufferPointer
    let path: String
    var position = 2

    /// Skips blanks and comments.
    mutating func skipBlanks() {
      while position < bytes.count {
        switch bytes[position] {
        case 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20: position += 1
        case UInt8(ascii: "#"):
          while position < bytes.count, bytes[position] != 0x0A { position += 1 }
        default: return
        }
      }
    }

    mutating func number() throws(PreprocessError) -> Int {
      skipBlanks()
      var value = 0
      var digits = 0
      while position < bytes.count, (0x30...0x39).contains(bytes[position]), digits < 10 {
        value = value * 10 + Int(bytes[position] - 0x30)
        digits += 1
        position += 1
      }
      if digits == 0 {
        if position >= bytes.count { throw .incompletePicture(path: path, format: "PPM") }
        throw .brokenPicture(
          path: path, format: "PPM", reason: "byte \(position) should start a number")
      }
      return value
    }

    mutating func bit() throws(PreprocessError) -> Int {
      skipBlanks()
      guard position < bytes.count else { throw .incompletePicture(path: path, format: "PPM") }
      guard bytes[position] == 0x30 || bytes[position] == 0x31 else {
        throw .brokenPicture(
          path: path, format: "PPM", reason: "byte \(position) should be 0 or 1")
      }
      defer { position += 1 }
      return Int(bytes[position] - 0x30)
    }
  }
}
