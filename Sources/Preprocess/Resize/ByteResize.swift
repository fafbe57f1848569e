/// Separable 8-bit resampling, equal to Pillow's to the last bit: each pass rounds to 8 bits.
enum ByteResize {
  /// A block of interleaved samples `[height, width, channels]` whose corner lies at (`left`, `top`) of a larger picture.
  struct Block {
    var samples: [UInt8]
    var width: Int
    var height: Int
    var channels: Int
    var left = 0
    var top = 0
  }

  /// Resamples a whole picture; the result holds the plan's window only.
  static func resize(_ source: Block, plan: ResizePlan) -> Block {
    let sourceWidth = source.width
    let sourceHeight = source.height
    var block = source
    let columnTaps =
      plan.width == sourceWidth
      ? nil
      : ResamplingTaps(
        input: sourceWidth, output: plan.width, window: plan.columns, filter: plan.filter)
    let rowTaps =
      plan.height == sourceHeight
      ? nil
      : ResamplingTaps(
        input: sourceHeight, output: plan.height, window: plan.rows, filter: plan.filter)
    // What the other axis will need; nothing else is computed.
    let neededColumns = columnTaps?.sources ?? plan.columns
    let neededRows = rowTaps?.sources ?? plan.rows
    let columnBits = bits(columnTaps, plan, sourceWidth, plan.width)
    let rowBits = bits(rowTaps, plan, sourceHeight, plan.height)
    // The first pass keeps what the second will need, in source coordinates; the second keeps all it is given.
    func horizontal(rows: Range<Int>) {
      if let columnTaps {
        block = resizeColumns(block, columnTaps, rows, columnBits, plan)
      } else {
        block = crop(block, columns: plan.columns, rows: rows)
      }
    }
    func vertical(columns: Range<Int>) {
      if let rowTaps {
        block = resizeRows(block, rowTaps, columns, rowBits, plan)
      } else {
        block = crop(block, columns: columns, rows: plan.rows)
      }
    }
    if plan.isVerticalFirst(sourceWidth: sourceWidth, sourceHeight: sourceHeight) {
      vertical(columns: neededColumns)
      horizontal(rows: plan.rows)
    } else {
      horizontal(rows: neededRows)
      vertical(columns: plan.columns)
    }
    return block
  }

  private static func bits(
    _ taps: ResamplingTaps?, _ plan: ResizePlan, _ input: Int, _ output: Int
  ) -> Int {
    guard plan.quantization == .torchvision, let taps else { return 22 }
    // The largest weight is looked for over the whole axis. Far outputs repeat the phases of near ones up to rounding.
    if taps.starts.count == output { return taps.narrowBits() }
    return ResamplingTaps(
      input: input, output: output, window: 0..<min(output, 8192), filter: plan.filter
    ).narrowBits()
  }

  static func crop(_ block: Block, columns: Range<Int>, rows: Range<Int>) -> Block {
    if columns == block.left..<block.left + block.width,
      rows == block.top..<block.top + block.height
    {
      return block
    }
    var result = Block(
      samples: [], width: columns.count, height: rows.count, channels: block.channels,
      left: columns.lowerBound, top: rows.lowerBound)
    result.samples.reserveCapacity(columns.count * rows.count * block.channels)
    for y in rows {
      let start = ((y - block.top) * block.width + columns.lowerBound - block.left) * block.channels
      result.samples += block.samples[start..<start + columns.count * block.channels]
    }
    return result
  }

  private static func resizeColumns(
    _ block: Block, _ taps: ResamplingTaps, _ rows: Range<Int>, _ bits: Int, _ plan: ResizePlan
  ) -> Block {
    let rows = rows.clamped(to: block.top..<block.top + block.height)
    let channels = block.channels
    let width = plan.columns.count
    let weights = taps.quantized(bits: bits)
    let half = Int32(1) << Int32(bits - 1)
    let shift = Int32(bits)
    let samples = [UInt8](unsafeUninitializedCapacity: rows.count * width * channels) {
      out, filled in
      block.samples.withUnsafeBufferPointer { source in
        weights.withUnsafeBufferPointer { weights in
          taps.starts.withUnsafeBufferPointer { starts in
            taps.counts.withUnsafeBufferPointer { counts in
              for y in 0..<rows.count {
                let line = (rows.lowerBound - block.top + y) * block.width
                for x in 0..<width {
                  let first = (line + starts[x] - block.left) * channels
                  let tap = x * taps.stride
                  let target = (y * width + x) * channels
                  if channels == 3 {
                    var sum0 = half
                    var sum1 = half
                    var sum2 = half
                    var at = first
                    for j in 0..<counts[x] {
                      let weight = weights[tap &+ j]
                      sum0 = sum0 &+ Int32(source[at]) &* weight
                      sum1 = sum1 &+ Int32(source[at &+ 1]) &* weight
                      sum2 = sum2 &+ Int32(source[at &+ 2]) &* weight
                      at = at &+ 3
                    }
                    out[target] = clamp(sum0 &>> shift)
                    out[target &+ 1] = clamp(sum1 &>> shift)
                    out[target &+ 2] = clamp(sum2 &>> shift)
                  } else {
                    for channel in 0..<channels {
                      var sum = half
                      for j in 0..<counts[x] {
                        sum =
                          sum &+ Int32(source[first &+ j &* channels &+ channel])
                          &* weights[tap &+ j]
                      }
                      out[target &+ channel] = clamp(sum &>> shift)
                    }
                  }
                }
              }
            }
          }
        }
      }
      filled = rows.count * width * channels
    }
    return Block(
      samples: samples, width: width, height: rows.count, channels: channels,
      left: plan.columns.lowerBound, top: rows.lowerBound)
  }

  private static func resizeRows(
    _ block: Block, _ taps: ResamplingTaps, _ columns: Range<Int>, _ bits: Int, _ plan: ResizePlan
  ) -> Block {
    let columns = columns.clamped(to: block.left..<block.left + block.width)
    let channels = block.channels
    let rowSamples = columns.count * channels
    let height = plan.rows.count
    let weights = taps.quantized(bits: bits)
    let half = Int32(1) << Int32(bits - 1)
    let shift = Int32(bits)
    var sums = [Int32](repeating: half, count: rowSamples)
    let samples = [UInt8](unsafeUninitializedCapacity: height * rowSamples) { out, filled in
      block.samples.withUnsafeBufferPointer { source in
        sums.withUnsafeMutableBufferPointer { sums in
          for y in 0..<height {
            for x in 0..<rowSamples { sums[x] = half }
            for j in 0..<taps.counts[y] {
              let weight = weights[y * taps.stride + j]
              let line =
                ((taps.starts[y] + j - block.top) * block.width + columns.lowerBound - block.left)
                * channels
              for x in 0..<rowSamples {
                sums[x] = sums[x] &+ Int32(source[line &+ x]) &* weight
              }
            }
            for x in 0..<rowSamples { out[y &* rowSamples &+ x] = clamp(sums[x] &>> shift) }
          }
        }
      }
      filled = height * rowSamples
    }
    return Block(
      samples: samples, width: columns.count, height: height, channels: channels,
      left: columns.lowerBound, top: plan.rows.lowerBound)
  }

  @inline(__always) private static func clamp(_ value: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, value)))
  }

  /// Nearest neighbour: source index floor((k + 0.5) * scale), in Pillow's arithmetic.
  static func nearest(_ source: Block, plan: ResizePlan) -> Block {
    func indices(_ input: Int, _ output: Int, _ window: Range<Int>) -> [Int] {
      let scale = Double(input) / Double(output)
      // Pillow adds the step up instead of multiplying, which shows where a position falls on a pixel border.
      var position = 0.5 * scale
      for _ in 0..<window.lowerBound { position += scale }
      var result = [Int]()
      for _ in window {
        result.append(min(input - 1, Int(position)))
        position += scale
      }
      return result
    }
    let xs = indices(source.width, plan.width, plan.columns)
    let ys = indices(source.height, plan.height, plan.rows)
    var result = Block(
      samples: [], width: xs.count, height: ys.count, channels: source.channels,
      left: plan.columns.lowerBound, top: plan.rows.lowerBound)
    result.samples.reserveCapacity(xs.count * ys.count * source.channels)
    for y in ys {
      for x in xs {
        let at = (y * source.width + x) * source.channels
        result.samples += source.samples[at..<at + source.channels]
      }
    }
    return result
  }
}
