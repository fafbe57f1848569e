import CKernels

/// OpenAI's ResNet: three-convolution stem, anti-aliased strides (average pools), attention pool.
///
/// Pixels are kept as `[row, column, channel]`, so that a 1x1 convolution is a product; batch norms are folded into the weights.
final class ModifiedResNet: Sendable {
  let config: VisionConfig
  private let stem: [Convolution]
  private let blocks: [Bottleneck]
  let channels: Int
  private let position: AlignedBuffer
  let query: Linear
  let keyValue: Linear
  let output: Linear
  let path: ProductPath

  private struct Convolution: Sendable {
    let product: Linear
    let channels: Int
    let isSpatial: Bool
    let step: Int
  }

  private struct Bottleneck: Sendable {
    let narrow: Convolution
    let spatial: Convolution
    let wide: Convolution
    let shortcut: Convolution?
    let step: Int
  }

  init(_ config: VisionConfig, from loader: WeightLoader) throws(InferenceError) {
    try config.validate()
    self.config = config
    path = loader.path
    let root = "vision.resnet."
    let width = config.width
    guard width % 2 == 0, config.stages.count == 4,
      config.stages.allSatisfy({ (1...256).contains($0) })
    else {
      throw .invalidConfiguration(field: "stages", reason: "\(config.stages) with width \(width)")
    }
    func convolution(
      _ name: String, _ norm: String, _ inputs: Int, _ outputs: Int, _ size: Int, step: Int = 1
    ) throws(InferenceError) -> Convolution {
      let kernel = try loader.values(root + name + ".weight", [outputs, inputs, size, size])
      let weight = try loader.values(root + norm + ".weight", [outputs])
      let bias = try loader.values(root + norm + ".bias", [outputs])
      let mean = try loader.values(root + norm + ".running_mean", [outputs])
      let variance = try loader.values(root + norm + ".running_var", [outputs])
      let area = size * size
      var matrix = [Float](repeating: 0, count: outputs * inputs * area)
      var shift = [Float](repeating: 0, count: outputs)
      for o in 0..<outputs {
        let factor = Double(weight[o]) / (Double(variance[o]) + 1e-5).squareRoot()
        shift[o] = Float(Double(bias[o]) - Double(mean[o]) * factor)
        for i in 0..<inputs {
          for cell in 0..<area {
            // From (channel, row, column) to (row, column, channel).
            matrix[(o * area + cell) * inputs + i] =
              Float(Double(kernel[(o * inputs + i) * area + cell]) * factor)
          }
        }
      }
      return Convolution(
        product: loader.linear(matrix, bias: shift, inputs: inputs * area, outputs: outputs),
        channels: inputs, isSpatial: size == 3, step: step)
    }
    stem = [
      try convolution("conv1", "bn1", 3, width / 2, 3, step: 2),
      try convolution("conv2", "bn2", width / 2, width / 2, 3),
      try convolution("conv3", "bn3", width / 2, width, 3),
    ]
    var blocks: [Bottleneck] = []
    var inputs = width
    for (stage, count) in config.stages.enumerated() {
      let planes = width << stage
      for index in 0..<count {
        let name = "layer\(stage + 1).\(index)."
        let hasShortcut = loader.has(root + name + "downsample.0.weight")
        if !hasShortcut, inputs != 4 * planes {
          throw .missingTensor(name: root + name + "downsample.0.weight")
        }
        blocks.append(
          Bottleneck(
            narrow: try convolution(name + "conv1", name + "bn1", inputs, planes, 1),
            spatial: try convolution(name + "conv2", name + "bn2", planes, planes, 3),
            wide: try convolution(name + "conv3", name + "bn3", planes, 4 * planes, 1),
            shortcut: hasShortcut
              ? try convolution(
                name + "downsample.0", name + "downsample.1", inputs, 4 * planes, 1) : nil,
            step: stage > 0 && index == 0 ? 2 : 1))
        inputs = 4 * planes
      }
    }
    self.blocks = blocks
    channels = inputs
    guard channels % config.heads == 0 else {
      throw .invalidConfiguration(
        field: "heads", reason: "\(config.heads) does not divide \(channels)")
    }
    // Stem 4, then three stages that halve.
    let rows = Self.reduced(config.imageHeight)
    let columns = Self.reduced(config.imageWidth)
    guard rows > 0, columns > 0 else {
      throw .invalidConfiguration(field: "image size", reason: "is too small for this tower")
    }
    position = AlignedBuffer(
      try loader.values("vision.pool.position", [rows * columns + 1, channels]))
    let attention = "vision.pool.attention."
    query = try loader.linear(attention + "query", inputs: channels, outputs: channels)
    keyValue = try loader.linear(
      [attention + "key", attention + "value"], inputs: channels, outputs: [channels, channels])
    let last = try loader.shape(of: attention + "output.weight")
    guard let width = last.first, (1...1 << 20).contains(width) else {
      throw .shapeMismatch(
        name: attention + "output.weight", expected: [1_024, channels], found: last)
    }
    output = try loader.linear(attention + "output", inputs: channels, outputs: width)
  }

  private static func reduced(_ size: Int) -> Int { (((size - 1) / 2 + 1) / 2) / 2 / 2 / 2 }

  func extent(of output: TowerOutput) -> (tokens: Int, width: Int) {
    switch output {
    case .features: (1, self.output.outputs)
    case .pooled: (1, channels)
    case .tokens:
      (Self.reduced(config.imageHeight) * Self.reduced(config.imageWidth), channels)
    }
  }

  /// One image `[3, H, W]`.
  ///
  /// `.pooled` is the attended vector before the output projection.
  func forward(
    _ pixels: UnsafePointer<Float>, output wanted: TowerOutput,
    to result: UnsafeMutablePointer<Float>, trace: UnsafeMutablePointer<Trace>? = nil,
    control: ForwardControl, in workspace: Workspace
  ) throws(InferenceError) {
    var height = config.imageHeight
    var width = config.imageWidth
    let largest = largestImage
    var x = workspace.floats(.image, largest)
    var y = workspace.floats(.imageNext, largest)
    ck_interleave(x, pixels, 3, height * width)
    for convolution in stem {
      convolve(convolution, x, &height, &width, to: y, Epilogue(activation: CK_RELU), workspace)
      swap(&x, &y)
    }
    ck_average_pool(y, x, config.width, height, width, 2)
    swap(&x, &y)
    height /= 2
    width /= 2
    for block in blocks {
      try control.check()
      apply(block, &x, &y, &height, &width, workspace)
    }
    attend(x, height * width, wanted, to: result, trace: trace, workspace)
    trace?.pointee.prefixTokens = 1
    trace?.pointee.grid = [height, width]
  }

  /// Floats of the largest picture between two layers.
  private var largestImage: Int {
    let half = ((config.imageHeight - 1) / 2 + 1) * ((config.imageWidth - 1) / 2 + 1)
    return max(3 * config.imageHeight * config.imageWidth, half * config.width * 4)
  }

  private func convolve(
    _ convolution: Convolution, _ x: UnsafePointer<Float>, _ height: inout Int, _ width: inout Int,
    to y: UnsafeMutablePointer<Float>, _ epilogue: Epilogue, _ workspace: Workspace
  ) {
    guard convolution.isSpatial else {
      convolution.product.apply(x, rows: height * width, to: y, epilogue, in: workspace)
      return
    }
    let outHeight = (height - 1) / convolution.step + 1
    let outWidth = (width - 1) / convolution.step + 1
    let inputs = convolution.product.inputs
    // A few picture rows at a time, so that the gathered neighbourhoods stay in cache.
    let band = max(1, 384 / outWidth)
    let rows = workspace.floats(.patches, band * outWidth * inputs)
    for first in stride(from: 0, to: outHeight, by: band) {
      let last = min(first + band, outHeight)
      ck_neighbours(rows, x, convolution.channels, height, width, convolution.step, first, last)
      convolution.product.apply(
        rows, rows: (last - first) * outWidth,
        to: y + first * outWidth * convolution.product.outputs, epilogue, in: workspace)
    }
    height = outHeight
    width = outWidth
  }

  private func apply(
    _ block: Bottleneck, _ x: inout UnsafeMutablePointer<Float>,
    _ y: inout UnsafeMutablePointer<Float>, _ height: inout Int, _ width: inout Int,
    _ workspace: Workspace
  ) {
    let largest = largestImage
    let inner = workspace.floats(.branch, largest)
    var (h, w) = (height, width)
    convolve(block.narrow, x, &h, &w, to: y, Epilogue(activation: CK_RELU), workspace)
    convolve(block.spatial, y, &h, &w, to: inner, Epilogue(activation: CK_RELU), workspace)
    var middle = inner
    var shortcut = UnsafePointer(x)
    let inputs = block.narrow.product.inputs
    if block.step > 1 {
      let pooled = workspace.floats(.heads, largest)
      ck_average_pool(pooled, inner, block.spatial.product.outputs, h, w, block.step)
      middle = pooled
      if block.shortcut != nil {
        let pooledInput = workspace.floats(.shortcutInput, largest)
        ck_average_pool(pooledInput, x, inputs, height, width, block.step)
        shortcut = UnsafePointer(pooledInput)
      }
      h /= block.step
      w /= block.step
    }
    if let convolution = block.shortcut {
      let projected = workspace.floats(.shortcut, largest)
      convolution.product.apply(shortcut, rows: h * w, to: projected, in: workspace)
      shortcut = UnsafePointer(projected)
    }
    block.wide.product.apply(
      middle, rows: h * w, to: y,
      Epilogue(
        activation: CK_SUM_RELU, operand: shortcut, operandStride: block.wide.product.outputs),
      in: workspace)
    swap(&x, &y)
    height = h
    width = w
  }

  /// The mean of all places and the places themselves, `[places + 1, channels]`, with their positions.
  func poolTokens(
    _ x: UnsafePointer<Float>, _ places: Int, to rows: UnsafeMutablePointer<Float>
  ) {
    ck_mean_rows(rows, x, channels, places, channels)
    (rows + channels).update(from: x, count: places * channels)
    ck_add_rows(rows, channels, position.floats, channels, places + 1, channels)
  }

  /// One query, the mean of all places, looks at the mean and all places.
  private func attend(
    _ x: UnsafePointer<Float>, _ places: Int, _ wanted: TowerOutput,
    to result: UnsafeMutablePointer<Float>, trace: UnsafeMutablePointer<Trace>?,
    _ workspace: Workspace
  ) {
    if wanted == .tokens {
      result.update(from: x, count: places * channels)
      return
    }
    let tokens = places + 1
    let rows = workspace.floats(.stream, tokens * channels)
    poolTokens(x, places, to: rows)
    let queries = workspace.floats(.pooled, channels)
    let keys = workspace.floats(.keys, tokens * 2 * channels)
    let joined = workspace.floats(.pooledBranch, channels)
    query.apply(rows, rows: 1, to: queries, in: workspace)
    keyValue.apply(rows, rows: tokens, to: keys, in: workspace)
    func look(maps: UnsafeMutablePointer<Float>?) {
      MultiHead(heads: config.heads, headWidth: channels / config.heads, path: path).apply(
        batch: 1, queries: .init(base: queries, stride: channels, count: 1),
        keys: .init(base: keys, stride: 2 * channels, count: tokens),
        values: .init(base: keys + channels, stride: 2 * channels, count: tokens), output: joined,
        maps: maps, in: workspace)
    }
    if let trace {
      trace.pointee.pooling = AttentionMap(
        heads: config.heads, queries: 1, keys: tokens, filledBy: look)
    } else {
      look(maps: nil)
    }
    if wanted == .pooled {
      result.update(from: joined, count: channels)
    } else {
      output.apply(joined, rows: 1, to: result, in: workspace)
    }
  }
}
