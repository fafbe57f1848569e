import Tensors

/// Opens a picture file of any known format.
package enum ImageFile {
  /// Pillow's own limit against decompression bombs.
  package static let pixelLimit = 178_956_970
  /// Longest side: the taps of a resize take memory along it, whatever the other side is.
  package static let sideLimit = 1 << 20
  /// Memory that any picture may take: 33 million pixels in the dearest of the formats, plain ones of 89 million.
  package static let memoryBase = 256 << 20
  /// Memory beyond it that each byte of the file may take; photographs take less than 30.
  package static let memoryGrowth = 64

  /// Decodes a file.
  ///
  /// The format is told by its first bytes, never by its name.
  package static func decode(path: String) throws(PreprocessError) -> DecodedImage {
    let file = try mapped(path)
    defer { withExtendedLifetime(file) {} }
    do {
      let image = try decode(file.bytes, path: path)
      guard file.isCut else { return image }
    } catch {
      guard file.isCut else { throw error }
    }
    throw .unreadable(path: path, reason: "it was cut short while it was being read")
  }

  /// Decodes bytes in memory; `path` is used in errors only.
  package static func decode(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(PreprocessError) -> DecodedImage {
    guard let format = format(of: bytes) else { throw .unknownPicture(path: path) }
    switch format {
    case .jpeg: return try JPEGPicture.decode(bytes, path: path)
    case .png: return try PNGPicture.decode(bytes, path: path)
    case .webp: return try WebPPicture.decode(bytes, path: path)
    case .gif: return try GIFPicture.decode(bytes, path: path)
    case .netpbm: return try NetpbmPicture.decode(bytes, path: path)
    }
  }

  /// The format that the first bytes of a file tell, without decoding it.
  ///
  /// - Returns: nil for a file that is no picture.
  package static func format(
    ofFile path: String
  ) throws(PreprocessError) -> DecodedImage.Format? {
    let file = try mapped(path)
    defer { withExtendedLifetime(file) {} }
    return format(of: file.bytes)
  }

  private static func mapped(_ path: String) throws(PreprocessError) -> MappedFile {
    do {
      return try MappedFile(path: path)
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
  }

  package static func format(of bytes: UnsafeRawBufferPointer) -> DecodedImage.Format? {
    func starts(_ magic: [UInt8], at offset: Int = 0) -> Bool {
      bytes.count >= offset + magic.count
        && bytes[offset..<offset + magic.count].elementsEqual(magic)
    }
    if starts([0xFF, 0xD8, 0xFF]) { return .jpeg }
    if starts([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
    if starts(Array("RIFF".utf8)), starts(Array("WEBP".utf8), at: 8) { return .webp }
    if starts(Array("GIF87a".utf8)) || starts(Array("GIF89a".utf8)) { return .gif }
    if bytes.count > 3, bytes[0] == UInt8(ascii: "P"), (0x31...0x36).contains(bytes[1]),
      [0x20, 0x09, 0x0A, 0x0D, 0x23].contains(bytes[2])
    {
      return .netpbm
    }
    return nil
  }

  /// Samples that a C library writes.
  ///
  /// - Parameters:
  ///   - count: bytes of them; checked by the caller.
  ///   - read: writes at most `count` bytes to the place that it is given.
  static func samples(
    count: Int, _ read: (UnsafeMutableBufferPointer<UInt8>) throws(PreprocessError) -> Void
  ) throws(PreprocessError) -> [UInt8] {
    var samples = [UInt8](repeating: 0, count: count)
    let fault: PreprocessError? = samples.withUnsafeMutableBufferPointer { buffer in
      do throws(PreprocessError) {
        try read(buffer)
        return nil
      } catch {
        return error
      }
    }
    if let fault { throw fault }
    return samples
  }

  /// Refuses sizes over the limit before anything is allocated.
  static func check(width: Int, height: Int, path: String) throws(PreprocessError) {
    guard width > 0, height > 0 else {
      throw .oversizedPicture(path: path, width: width, height: height, reason: "it is empty")
    }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    if overflow || pixels > pixelLimit {
      throw .oversizedPicture(
        path: path, width: width, height: height, reason: "more than \(pixelLimit) pixels")
    }
    guard max(width, height) <= sideLimit else {
      throw .oversizedPicture(
        path: path, width: width, height: height, reason: "a side of more than \(sideLimit) pixels")
    }
  }

  /// Refuses what would take much more memory than a file of this length is worth, before it is allocated.
  ///
  /// Flat pictures of any size pack into a few bytes.
  /// - Parameters:
  ///   - decoding: bytes that the decoder takes, with the samples that it gives.
  ///   - samples: bytes of the samples; what is not RGB stands beside its copy in RGB later.
  static func check(
    width: Int, height: Int, decoding: Int, samples: Int, isRGB: Bool, fileBytes: Int, path: String
  ) throws(PreprocessError) {
    let memory = max(decoding, samples + (isRGB ? 0 : 3 * width * height))
    let allowed = memoryBase + min(fileBytes, .max / memoryGrowth / 2) * memoryGrowth
    guard memory <= allowed else {
      throw .oversizedPicture(
        path: path, width: width, height: height,
        reason:
          "it takes \(memory) bytes of memory, more than \(allowed) for a file of \(fileBytes)"
      )
    }
  }

  /// Refuses a size that no file of this length can fill, so that a few bytes never cost gigabytes.
  static func check(
    width: Int, height: Int, neededBytes: Int, fileBytes: Int, path: String
  ) throws(PreprocessError) {
    if neededBytes > fileBytes {
      throw .oversizedPicture(
        path: path, width: width, height: height,
        reason: "it needs at least \(neededBytes) bytes of data and the file has \(fileBytes)")
    }
  }
}

extension FileError {
  /// The system's words without the path.
  var reason: String {
    let text = description
    let prefix = "\(path): cannot \(operation): "
    return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
  }
}
