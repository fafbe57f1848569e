/// Turns decoded pictures into the tensor that an image tower takes.
package struct Preprocessor: Sendable {
  package let config: PreprocessConfig

  package init(_ config: PreprocessConfig) { self.config = config }

  /// Reads, decodes and prepares a file.
  package func prepare(path: String) throws(PreprocessError) -> PreparedPicture {
    prepare(try ImageFile.decode(path: path))
  }

  package func prepare(_ image: DecodedImage) -> PreparedPicture {
    let mapping = placement(of: image)
    let width = config.width
    let height = config.height
    let plan = ResizePlan(
      width: mapping.resizedWidth, height: mapping.resizedHeight, filter: filter,
      columns: max(0, mapping.left)..<max(1, min(mapping.resizedWidth, mapping.left + width)),
      rows: max(0, mapping.top)..<max(1, min(mapping.resizedHeight, mapping.top + height)),
      passOrder: config.passOrder, quantization: config.quantization)
    let isExact = config.order == .exact
    let depth: RGBConversion.Depth = isExact ? .saturated : .scaled
    let alpha = config.effectiveAlpha
    var small: DecodedImage
    if isExact, config.rules == .openCLIP {
      // Padding happens in the stored mode too, but 0 means the same there except for CMYK and palettes.
      let stored = pad(ImageResize.resize(image, plan: plan), mapping)
      small = RGBConversion.rgb(stored, alpha: alpha, depth: depth)
    } else {
      let rgb = RGBConversion.rgb(image, alpha: alpha, depth: depth)
      small = pad(ImageResize.resize(rgb, plan: plan), mapping)
    }
    small.orientation = image.orientation
    return PreparedPicture(
      pixels: normalized(small), preview: small, mapping: mapping, sourceMode: image.mode,
      orientation: image.orientation)
  }

  /// OpenCLIP ignores the configured interpolation for short sides of non-square targets.
  private var filter: ResamplingFilter {
    let ignores =
      config.rules == .openCLIP && config.resizeMode == .shortest && config.width != config.height
    return ignores ? .bicubic : config.filter
  }

  /// Size after the resize, and place of the crop or of the padding.
  package func placement(of image: DecodedImage) -> PixelMapping {
    let width = config.width
    let height = config.height
    var resized = (width: image.width, height: image.height)
    switch config.resizeMode {
    case .none: break
    case .squash: resized = (width, height)
    case .shortest:
      if let edge = config.shortestEdge {
        resized = Self.shortest(image, edge)
      } else if width == height || config.rules == .transformers {
        resized = Self.shortest(image, min(width, height))
      } else {
        let ratio = min(
          Double(image.height) / Double(height), Double(image.width) / Double(width))
        resized = Self.divided(image, by: ratio)
      }
    case .longest:
      let ratio = max(Double(image.height) / Double(height), Double(image.width) / Double(width))
      resized = Self.divided(image, by: ratio)
    }
    return PixelMapping(
      sourceWidth: image.width, sourceHeight: image.height, resizedWidth: resized.width,
      resizedHeight: resized.height, left: offset(resized.width, width),
      top: offset(resized.height, height))
  }

  private static func shortest(_ image: DecodedImage, _ edge: Int) -> (width: Int, height: Int) {
    let short = min(image.width, image.height)
    let long = max(image.width, image.height)
    let other = Int(Double(edge * long) / Double(short))
    return image.width <= image.height ? (edge, other) : (other, edge)
  }

  private static func divided(_ image: DecodedImage, by ratio: Double) -> (width: Int, height: Int)
  {
    (
      max(1, Int((Double(image.width) / ratio).rounded(.toNearestOrEven))),
      max(1, Int((Double(image.height) / ratio).rounded(.toNearestOrEven)))
    )
  }

  /// Crop offset (0 or more) or padding before (negative) on one axis.
  private func offset(_ have: Int, _ want: Int) -> Int {
    let excess = have - want
    switch config.rules {
    case .openCLIP:
      if excess < 0 { return -(-excess / 2) }
      return Int((Double(excess) / 2).rounded(.toNearestOrEven))
    case .transformers:
      if excess < 0 {
        // The PIL backend puts the odd pixel before, torchvision after.
        return config.quantization == .torchvision ? -(-excess / 2) : -((-excess + 1) / 2)
      }
      return excess / 2
    }
  }

  private func pad(_ image: DecodedImage, _ mapping: PixelMapping) -> DecodedImage {
    let width = config.width
    let height = config.height
    if image.width == width, image.height == height { return image }
    let channels = image.mode.byteCount
    var level = config.resizeMode == .longest ? config.fill : 0
    if image.mode == .bilevel, level != 0 { level = 255 }
    var result = image
    result.width = width
    result.height = height
    result.samples = [UInt8](repeating: level, count: width * height * channels)
    if image.mode == .gray16 {
      for index in stride(from: 1, to: result.samples.count, by: 2) { result.samples[index] = 0 }
    }
    let left = max(0, -mapping.left)
    let top = max(0, -mapping.top)
    for y in 0..<min(image.height, height - top) {
      let count = min(image.width, width - left) * channels
      let target = ((top + y) * width + left) * channels
      let source = y * image.width * channels
      result.samples.replaceSubrange(
        target..<target + count, with: image.samples[source..<source + count])
    }
    return result
  }

  /// `(u8 * rescale - mean) / std`; the usual factor is a division by 255, as the references compute it.
  private func normalized(_ image: DecodedImage) -> PixelTensor {
    let count = image.width * image.height
    let divides = config.rescale == 1 / 255
    // 256 levels a channel: a table gives the same bits as computing each pixel.
    let levels = (0..<3).map { channel in
      (0..<256).map { level -> Float in
        let value = divides ? Float(level) / 255 : Float(level) * config.rescale
        return (value - config.mean[channel]) / config.std[channel]
      }
    }
    var values = [Float]()
    values.reserveCapacity(3 * count)
    for channel in 0..<3 {
      let table = levels[channel]
      image.samples.withUnsafeBufferPointer { samples in
        for pixel in 0..<count { values.append(table[Int(samples[3 * pixel + channel])]) }
      }
    }
    return PixelTensor(height: image.height, width: image.width, values: values)
  }
}
