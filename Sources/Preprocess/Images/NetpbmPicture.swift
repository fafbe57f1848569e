/// PBM, PGM and PPM, plain and raw (P1 to P6).
enum NetpbmPicture {
  static func decode(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(PreprocessError) -> DecodedImage {
    var scanner = Scanner(bytes: bytes, path: path)
    let header = try Header(&scanner)
    try ImageFile.check(width: header.width, height: header.height, path: path)
    let values = try header.values(&scanner)
    if header.maximum > 255, header.channels == 1 {
      let samples = values.flatMap { value -> [UInt8] in
        let wide = header.scaled(value, to: 65535)
        return [UInt8(wide & 255), UInt8(wide >> 8)]
      }
      return header.image(.gray16, samples)
    }
    let samples = values.map { value -> UInt8 in
      header.isBitmap ? (value == 0 ? 255 : 0) : UInt8(header.scaled(value, to: 255))
    }
    return header.image(
      header.isBitmap ? .bilevel : header.channels == 3 ? .rgb : .gray, samples)
  }

  private struct Header {
    /// The digit behind the P.
    let kind: Int
    let width: Int
    let height: Int
    /// Value of full brightness.
    let maximum: Int

    var isBitmap: Bool { kind == 1 || kind == 4 }
    /// Samples are numbers in letters.
    var isPlain: Bool { kind <= 3 }
    var channels: Int { kind == 3 || kind == 6 ? 3 : 1 }
    private var rowSampleCount: Int { width * channels }

    init(_ scanner: inout Scanner) throws(PreprocessError) {
      kind = Int(scanner.bytes[1]) - 0x30
      width = try scanner.number()
      height = try scanner.number()
      maximum = kind == 1 || kind == 4 ? 1 : try scanner.number()
      guard (1...65535).contains(maximum) else {
        throw .brokenPicture(
          path: scanner.path, format: "PPM",
          reason: "the largest value \(maximum) is not in 1...65535")
      }
    }

    /// All samples as they are written, row by row.
    func values(_ scanner: inout Scanner) throws(PreprocessError) -> [UInt16] {
      let rowByteCount = isBitmap ? (width + 7) / 8 : rowSampleCount * (maximum > 255 ? 2 : 1)
      // One blank separates the header from raw samples; plain ones are a digit and a blank, but for the last.
      if !isPlain { scanner.position += 1 }
      let needed = isPlain ? rowSampleCount * height / 2 : rowByteCount * height
      guard scanner.bytes.count - scanner.position >= needed else {
        throw .incompletePicture(path: scanner.path, format: "PPM")
      }
      var values = [UInt16]()
      values.reserveCapacity(rowSampleCount * height)
      for y in 0..<height {
        let row = scanner.position + y * rowByteCount
        for x in 0..<rowSampleCount {
          // What is above the largest value counts as the largest.
          values.append(
            isPlain
              ? UInt16(clamping: isBitmap ? try scanner.bit() : try scanner.number())
              : raw(x, row: row, scanner.bytes))
        }
      }
      return values
    }

    private func raw(_ x: Int, row: Int, _ bytes: UnsafeRawBufferPointer) -> UInt16 {
      if isBitmap { return UInt16(bytes[row + x / 8] >> UInt8(7 - x % 8) & 1) }
      if maximum <= 255 { return UInt16(bytes[row + x]) }
      return UInt16(bytes[row + 2 * x]) << 8 | UInt16(bytes[row + 2 * x + 1])
    }

    /// A sample as a part of `top` instead of `maximum`.
    func scaled(_ value: UInt16, to top: Int) -> Int {
      Int(value) >= maximum
        ? top
        : Int((Double(value) / Double(maximum) * Double(top)).rounded(.toNearestOrEven))
    }

    func image(_ mode: DecodedImage.Mode, _ samples: [UInt8]) -> DecodedImage {
      DecodedImage(width: width, height: height, mode: mode, samples: samples, format: .netpbm)
    }
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
      if position < bytes.count, (0x30...0x39).contains(bytes[position]) {
        throw .brokenPicture(
          path: path, format: "PPM", reason: "the number at byte \(position - digits) is too long")
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
