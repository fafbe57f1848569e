import CWebP
import Tensors

/// WebP through libwebp: lossy, lossless, with and without alpha; the first frame of an animation.
enum WebPPicture {
  /// As `WebPBitstreamFeatures.format` spells it; a lossless picture of one colour takes hardly a byte, whatever its size.
  private static let lossyFormat: Int32 = 1

  static func decode(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(PreprocessError) -> DecodedImage {
    var features = WebPBitstreamFeatures()
    try check(
      WebPGetFeatures(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &features), path)
    let width = Int(features.width)
    let height = Int(features.height)
    try ImageFile.check(width: width, height: height, path: path)
    if features.format == Self.lossyFormat {
      // The modes of each 16 x 16 block alone take more than a bit and a half.
      try ImageFile.check(
        width: width, height: height, neededBytes: width * height / 2048, fileBytes: bytes.count,
        path: path)
    }
    let alpha = features.has_alpha != 0
    var image: DecodedImage
    if features.has_animation != 0 {
      image = try firstFrame(bytes, width: width, height: height, alpha, path)
    } else {
      try ImageFile.check(
        width: width, height: height,
        decoding: memory(features, pixels: width * height, channels: alpha ? 4 : 3),
        samples: width * height * (alpha ? 4 : 3), isRGB: !alpha, fileBytes: bytes.count, path: path
      )
      image = try still(bytes, width, height, alpha: alpha, path)
    }
    image.orientation = EXIF.orientation(inRIFF: bytes)
    return image
  }

  /// Bytes that libwebp and the samples take.
  ///
  /// Lossless data, and alpha that is packed like it, becomes whole pictures of 4 bytes a pixel first; lossy data keeps a few rows.
  private static func memory(
    _ features: WebPBitstreamFeatures, pixels: Int, channels: Int
  ) -> Int {
    let isPlain = features.format == lossyFormat && features.has_alpha == 0
    return pixels * (channels + (isPlain ? 0 : 4))
  }

  private static func still(
    _ bytes: UnsafeRawBufferPointer, _ width: Int, _ height: Int, alpha: Bool, _ path: String
  ) throws(PreprocessError) -> DecodedImage {
    let channels = alpha ? 4 : 3
    guard let data = bytes.bindMemory(to: UInt8.self).baseAddress else {
      throw .incompletePicture(path: path, format: "WebP")
    }
    var samples = [UInt8](repeating: 0, count: width * height * channels)
    let capacity = samples.count
    let stride = Int32(width * channels)
    let decoded = samples.withUnsafeMutableBufferPointer { buffer in
      alpha
        ? WebPDecodeRGBAInto(data, bytes.count, buffer.baseAddress, capacity, stride)
        : WebPDecodeRGBInto(data, bytes.count, buffer.baseAddress, capacity, stride)
    }
    if decoded == nil {
      let declared = bytes.count >= 8 ? bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self) : 0
      if bytes.count < Int(UInt32(littleEndian: declared)) + 8 {
        throw .incompletePicture(path: path, format: "WebP")
      }
      throw .brokenPicture(path: path, format: "WebP", reason: "the bit stream cannot be decoded")
    }
    return DecodedImage(
      width: width, height: height, mode: alpha ? .rgba : .rgb, samples: samples, format: .webp)
  }

  /// The place of a frame of an animation on its canvas, in pixels, and its chunks.
  private struct Frame {
    var left: Int
    var top: Int
    var width: Int
    var height: Int
    var chunks: UnsafeRawBufferPointer

    /// - Parameter bytes: The body of an `ANMF` chunk.
    init(_ bytes: UnsafeRawBufferPointer) throws(OutOfBounds) {
      var reader = ByteReader(bytes)
      func number24() throws(OutOfBounds) -> Int {
        let part = try reader.take(3)
        return Int(part[0]) | Int(part[1]) << 8 | Int(part[2]) << 16
      }
      left = try number24() * 2
      top = try number24() * 2
      width = try number24() + 1
      height = try number24() + 1
      try reader.skip(4)
      chunks = try reader.take(reader.remaining)
    }

    /// The first frame of a file.
    /// - Throws: `OutOfBounds` where the file ends before it.
    static func first(of bytes: UnsafeRawBufferPointer) throws(OutOfBounds) -> Frame {
      var reader = ByteReader(bytes)
      try reader.skip(12)
      while true {
        let name = try reader.take(4)
        let length = Int(try reader.read(UInt32.self))
        if name.elementsEqual("ANMF".utf8) { return try Frame(try reader.take(length)) }
        try reader.skip(length + length & 1)
      }
    }
  }

  /// Rewraps the chunks of the first frame as a still picture and puts it on a clear canvas.
  private static func firstFrame(
    _ bytes: UnsafeRawBufferPointer, width: Int, height: Int, _ alpha: Bool, _ path: String
  ) throws(PreprocessError) -> DecodedImage {
    let frame: Frame
    do throws(OutOfBounds) {
      frame = try .first(of: bytes)
    } catch {
      throw .incompletePicture(path: path, format: "WebP")
    }
    guard frame.left + frame.width <= width, frame.top + frame.height <= height else {
      throw .brokenPicture(
        path: path, format: "WebP", reason: "the first frame leaves the canvas")
    }
    // A canvas of 4 bytes a pixel becomes one of 3 where it has no alpha; the frame is decoded with alpha.
    try ImageFile.check(
      width: width, height: height,
      decoding: width * height * (alpha ? 4 : 7) + frame.width * frame.height * 8,
      samples: width * height * (alpha ? 4 : 3), isRGB: !alpha, fileBytes: bytes.count, path: path)
    let part = try still(
      wrap(frame.chunks, frame.width, frame.height), path: path, frame.width, frame.height)
    var canvas = [UInt8](repeating: 0, count: width * height * 4)
    for y in 0..<frame.height {
      let target = ((frame.top + y) * width + frame.left) * 4
      let source = y * frame.width * 4
      canvas.replaceSubrange(
        target..<target + frame.width * 4, with: part.samples[source..<source + frame.width * 4])
    }
    return DecodedImage(
      width: width, height: height, mode: alpha ? .rgba : .rgb,
      samples: alpha ? canvas : opaque(canvas), format: .webp)
  }

  /// `[pixels, 4]` without the alpha.
  private static func opaque(_ samples: [UInt8]) -> [UInt8] {
    let count = samples.count / 4
    return [UInt8](unsafeUninitializedCapacity: count * 3) { out, filled in
      for pixel in 0..<count {
        for channel in 0..<3 { out[3 * pixel + channel] = samples[4 * pixel + channel] }
      }
      filled = count * 3
    }
  }

  private static func still(
    _ file: [UInt8], path: String, _ width: Int, _ height: Int
  ) throws(PreprocessError) -> DecodedImage {
    let result: Result<DecodedImage, PreprocessError> = file.withUnsafeBytes { bytes in
      var features = WebPBitstreamFeatures()
      do throws(PreprocessError) {
        try check(
          WebPGetFeatures(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &features),
          path)
        guard Int(features.width) == width, Int(features.height) == height else {
          throw .brokenPicture(
            path: path, format: "WebP", reason: "the first frame's size differs from its header")
        }
        return .success(try still(bytes, width, height, alpha: true, path))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private static func wrap(_ chunks: UnsafeRawBufferPointer, _ width: Int, _ height: Int) -> [UInt8]
  {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var body = Array("WEBP".utf8)
    if chunks.starts(with: Array("ALPH".utf8)) {
      body += Array("VP8X".utf8) + number(10, 4) + [0x10, 0, 0, 0]
      body += number(width - 1, 3) + number(height - 1, 3)
    }
    body += Array(chunks)
    return Array("RIFF".utf8) + number(body.count, 4) + body
  }

  private static func check(_ status: VP8StatusCode, _ path: String) throws(PreprocessError) {
    switch status {
    case VP8_STATUS_OK: return
    case VP8_STATUS_NOT_ENOUGH_DATA: throw .incompletePicture(path: path, format: "WebP")
    default:
      throw .brokenPicture(path: path, format: "WebP", reason: "the header cannot be decoded")
    }
  }
}
