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

  /// Values that may stand between the two passes; a strip of a million rows becomes 224 columns wide there.
  static let middleLimit = 64 << 20

  /// Resamples a whole picture; the result holds the plan's window only.
  static func resize(
    _ source: Block, plan: ResizePlan, middleLimit: Int = ByteResize.middleLimit
  ) -> Block {
    let columnTaps = taps(plan, source.width, plan.width, plan.columns)
    let rowTaps = taps(plan, source.height, plan.height, plan.rows)
    // The first pass keeps what the second will need, in source coordinates; nothing else is computed.
    let neededColumns = columnTaps?.taps.sources ?? plan.columns
    let neededRows = rowTaps?.taps.sources ?? plan.rows
    func horizontal(_ block: Block, columns: Range<Int>, rows: Range<Int>) -> Block {
      guard let columnTaps else { return crop(block, columns: columns, rows: rows) }
      return resizeColumns(block, columnTaps.part(columns, of: plan.columns), columns, rows)
    }
    func vertical(_ block: Block, columns: Range<Int>, rows: Range<Int>) -> Block {
      guard let rowTaps else { return crop(block, columns: columns, rows: rows) }
      return resizeRows(block, rowTaps.part(rows, of: plan.rows), columns, rows)
    }
    if plan.isVerticalFirst(sourceWidth: source.width, sourceHeight: source.height) {
      let strips = ResizePlan.strips(
        of: plan.rows, length: neededColumns.count * source.channels, limit: middleLimit)
      return joined(
        strips.lazy.map { rows in
          let middle = vertical(source, columns: neededColumns, rows: rows)
          return horizontal(middle, columns: plan.columns, rows: rows)
        }, plan: plan, channels: source.channels)
    }
    let strips = ResizePlan.strips(
      of: plan.columns, length: neededRows.count * source.channels, limit: middleLimit)
    return joined(
      strips.lazy.map { columns in
        let middle = horizontal(source, columns: columns, rows: neededRows)
        return vertical(middle, columns: columns, rows: plan.rows)
      }, plan: plan, channels: source.channels)
  }

  /// Blocks beside or below each other as the plan's window.
  private static func joined(
    _ parts: some Sequence<Block>, plan: ResizePlan, channels: Int
  ) -> Block {
    var result = Block(
      samples: [], width: plan.columns.count, height: plan.rows.count, channels: channels,
      left: plan.columns.lowerBound, top: plan.rows.lowerBound)
    for part in parts {
      if part.width == result.width, part.height == result.height { return part }
      if result.samples.isEmpty {
        result.samples = [UInt8](repeating: 0, count: result.width * result.height * channels)
      }
      for y in 0..<part.height {
        let source = y * part.width * channels
        let target =
          ((part.top - result.top + y) * result.width + part.left - result.left) * channels
        result.samples.replaceSubrange(
          target..<target + part.width * channels,
          with: part.samples[source..<source + part.width * channels])
      }
    }
    return result
  }

  /// Taps of an axis with integer weights.
  private struct IntegerTaps {
    var taps: ResamplingTaps<Int32>
    /// Fraction bits of the weights.
    var bits: Int

    /// Those of `outputs`, where the taps are those of `all`.
    func part(_ outputs: Range<Int>, of all: Range<Int>) -> IntegerTaps {
      let low = outputs.lowerBound - all.lowerBound
      return IntegerTaps(taps: taps.part(low..<low + outputs.count), bits: bits)
    }
  }

  /// nil for an axis that keeps its length.
  private static func taps(
    _ plan: ResizePlan, _ input: Int, _ output: Int, _ window: Range<Int>
  ) -> IntegerTaps? {
    guard input != output else { return nil }
    let taps = ResamplingTaps<Double>(
      input: input, output: output, window: window, filter: plan.filter)
    let bits = bits(taps, plan, input, output)
    return IntegerTaps(taps: taps.quantized(bits: bits), bits: bits)
  }

  private static func bits(
    _ taps: ResamplingTaps<Double>, _ plan: ResizePlan, _ input: Int, _ output: Int
  ) -> Int {
    guard plan.quantization == .torchvision else { return 22 }
    // The largest weight is looked for over the whole axis. Far outputs repeat the phases of near ones up to rounding.
    if taps.starts.count == output { return taps.narrowBits() }
    return ResamplingTaps<Double>(
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

  /// Makes `columns` of the result from `rows` of the block.
  private static func resizeColumns(
    _ block: Block, _ integerTaps: IntegerTaps, _ columns: Range<Int>, _ rows: Range<Int>
  ) -> Block {
    let rows = rows.clamped(to: block.top..<block.top + block.height)
    let channels = block.channels
    let width = columns.count
    let taps = integerTaps.taps
    let half = Int32(1) << Int32(integerTaps.bits - 1)
    let shift = Int32(integerTaps.bits)
    let samples = [UInt8](unsafeUninitializedCapacity: rows.count * width * channels) {
      out, filled in
      block.samples.withUnsafeBufferPointer { source in
        taps.weights.withUnsafeBufferPointer { weights in
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
      left: columns.lowerBound, top: rows.lowerBound)
  }

  /// Makes `rows` of the result from `columns` of the block.
  private static func resizeRows(
    _ block: Block, _ integerTaps: IntegerTaps, _ columns: Range<Int>, _ rows: Range<Int>
  ) -> Block {
    let columns = columns.clamped(to: block.left..<block.left + block.width)
    let channels = block.channels
    let rowSamples = columns.count * channels
    let height = rows.count
    let taps = integerTaps.taps
    let weights = taps.weights
    let half = Int32(1) << Int32(integerTaps.bits - 1)
    let shift = Int32(integerTaps.bits)
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
      left: columns.lowerBound, top: rows.lowerBound)
  }

  @inline(__always) private static func clamp(_ value: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, value)))
  }

  /// Steps from the first pixel to the window that are added up one by one; pictures so long do not fit any program that makes all of them.
  static let stepLimit = 1 << 27

  /// Nearest neighbour: source index floor((k + 0.5) * scale), in Pillow's arithmetic.
  static func nearest(_ source: Block, plan: ResizePlan) -> Block {
    let xs = nearestIndices(source.width, plan.width, plan.columns)
    let ys = nearestIndices(source.height, plan.height, plan.rows)
    let channels = source.channels
    var result = Block(
      samples: [], width: xs.count, height: ys.count, channels: channels,
      left: plan.columns.lowerBound, top: plan.rows.lowerBound)
    result.samples.reserveCapacity(xs.count * ys.count * channels)
    for y in ys {
      for x in xs {
        let at = (y * source.width + x) * channels
        for channel in 0..<channels { result.samples.append(source.samples[at + channel]) }
      }
    }
    return result
  }

  /// Source pixel of each output of `window`, in a resize from `input` to `output` pixels.
  static func nearestIndices(_ input: Int, _ output: Int, _ window: Range<Int>) -> [Int] {
    let scale = Double(input) / Double(output)
    // Pillow adds the step up instead of multiplying, which shows where a position falls on a pixel border.
    var position = 0.5 * scale
    if window.lowerBound > stepLimit {
      position += Double(window.lowerBound) * scale
    } else {
      for _ in 0..<window.lowerBound { position += scale }
    }
    return window.map { _ in
      defer { position += scale }
      return min(input - 1, Int(position))
    }
  }
}
