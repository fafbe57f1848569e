/// Resizes a picture in its own colour mode, with Pillow's rule for each mode.
package enum ImageResize {
  /// The window of `plan` of the resized picture, in the same mode.
  ///
  /// Palette and bilevel pictures are always sampled by nearest neighbour, whatever the plan's filter.
  /// Pictures with alpha are resampled premultiplied. Nothing is touched where the size stays.
  package static func resize(_ image: DecodedImage, plan: ResizePlan) -> DecodedImage {
    var block = ByteResize.Block(
      samples: image.samples, width: image.width, height: image.height,
      channels: image.mode.byteCount)
    if plan.width == image.width, plan.height == image.height {
      block = ByteResize.crop(block, columns: plan.columns, rows: plan.rows)
      return replacing(image, block)
    }
    if plan.filter == .nearest || image.mode == .palette || image.mode == .bilevel {
      return replacing(image, ByteResize.nearest(block, plan: plan))
    }
    switch image.mode {
    case .gray16: return resize16(image, plan: plan)
    case .rgba, .grayAlpha:
      premultiply(&block)
      block = ByteResize.resize(block, plan: plan)
      unpremultiply(&block)
    default: block = ByteResize.resize(block, plan: plan)
    }
    return replacing(image, block)
  }

  private static func replacing(_ image: DecodedImage, _ block: ByteResize.Block) -> DecodedImage {
    var result = image
    result.width = block.width
    result.height = block.height
    result.samples = block.samples
    return result
  }

  private static func premultiply(_ block: inout ByteResize.Block) {
    let channels = block.channels
    for start in stride(from: 0, to: block.samples.count, by: channels) {
      let alpha = Int(block.samples[start + channels - 1])
      for channel in start..<start + channels - 1 {
        let product = Int(block.samples[channel]) * alpha + 128
        block.samples[channel] = UInt8(truncatingIfNeeded: (product + product >> 8) >> 8)
      }
    }
  }

  private static func unpremultiply(_ block: inout ByteResize.Block) {
    let channels = block.channels
    for start in stride(from: 0, to: block.samples.count, by: channels) {
      let alpha = Int(block.samples[start + channels - 1])
      if alpha == 0 || alpha == 255 { continue }
      for channel in start..<start + channels - 1 {
        block.samples[channel] = UInt8(min(255, 255 * Int(block.samples[channel]) / alpha))
      }
    }
  }

  /// 16-bit gray: double weights, each pass rounded half away from zero and clamped.
  private static func resize16(_ image: DecodedImage, plan: ResizePlan) -> DecodedImage {
    let values = image.samples.withUnsafeBufferPointer { samples in
      FloatResize.resize(
        width: image.width, height: image.height, plan: plan,
        roundEachPass: { max(0, min(65535, $0.rounded(.toNearestOrAwayFromZero))) }
      ) { Double(Int(samples[2 * $0]) | Int(samples[2 * $0 + 1]) << 8) }
    }
    var result = image
    result.width = plan.columns.count
    result.height = plan.rows.count
    result.samples = values.flatMap { value in
      let wide = UInt16(value)
      return [UInt8(wide & 255), UInt8(wide >> 8)]
    }
    return result
  }
}
