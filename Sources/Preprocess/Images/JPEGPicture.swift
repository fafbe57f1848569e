import CJPEG

/// JPEG through libjpeg-turbo with its defaults (slow integer transform, fancy upsampling), which are Pillow's too.
enum JPEGPicture {
  static func decode(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(PreprocessError) -> DecodedImage {
    guard let data = bytes.bindMemory(to: UInt8.self).baseAddress else {
      throw .incompletePicture(path: path, format: "JPEG")
    }
    var header = clipscope_jpeg_header()
    try read(data, bytes.count, &header, nil, path)
    let width = Int(header.width)
    let height = Int(header.height)
    let components = Int(header.components)
    try ImageFile.check(width: width, height: height, path: path)
    // Each block of 8 x 8 takes at least a bit; sampling factors go up to 4 x 4.
    try ImageFile.check(
      width: width, height: height, neededBytes: width * height / (64 * 16 * 8),
      fileBytes: bytes.count, path: path)
    try ImageFile.check(
      width: width, height: height,
      decoding: width * height * components + header.coefficient_bytes,
      samples: width * height * components, isRGB: components == 3, fileBytes: bytes.count,
      path: path)
    var samples = try ImageFile.samples(count: width * height * components) {
      (buffer) throws(PreprocessError) in
      try read(data, bytes.count, &header, buffer, path)
    }
    let mode: DecodedImage.Mode
    switch components {
    case 1: mode = .gray
    case 3: mode = .rgb
    default:
      mode = .cmyk
      // Four-component JPEGs follow Adobe's convention and store ink inverted; Pillow assumes it for all of them.
      for index in samples.indices { samples[index] = ~samples[index] }
    }
    var image = DecodedImage(
      width: width, height: height, mode: mode, samples: samples, format: .jpeg)
    image.orientation = EXIF.orientation(inJPEG: bytes)
    return image
  }

  private static func read(
    _ data: UnsafePointer<UInt8>, _ count: Int, _ header: inout clipscope_jpeg_header,
    _ pixels: UnsafeMutableBufferPointer<UInt8>?, _ path: String
  ) throws(PreprocessError) {
    var message = [CChar](repeating: 0, count: Int(clipscope_jpeg_message_capacity))
    let status = clipscope_jpeg_read(
      data, count, &header, pixels?.baseAddress, pixels?.count ?? 0, &message)
    if status == 2 { throw .incompletePicture(path: path, format: "JPEG") }
    if status != 0 {
      throw .brokenPicture(path: path, format: "JPEG", reason: text(message))
    }
  }
}

/// A sentence of a C library, up to its NUL.
func text(_ message: [CChar]) -> String {
  String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
