/// How a picture becomes the tensor of an image tower.
package struct PreprocessConfig: Sendable, Equatable {
  package enum ResizeMode: String, Sendable, CaseIterable {
    /// The short side becomes the target, the rest is cut off.
    case shortest
    /// The long side becomes the target, the rest is filled.
    case longest
    /// Both sides become the target, whatever the shape.
    case squash
    /// No resize, only crop or pad.
    case none
  }

  /// Whose arithmetic is followed where the two references differ: crop offsets, padding, non-square targets.
  package enum Rules: String, Sendable {
    case openCLIP = "open_clip"
    case transformers
  }

  /// What comes first, the resize or the conversion to RGB.
  package enum Order: String, Sendable {
    /// RGB first, 16-bit scaled: palette and 16-bit pictures look as they should.
    ///
    /// The default.
    case rgbFirst
    /// What the reference does: OpenCLIP resizes in the stored mode; 16-bit gray saturates.
    case exact
  }

  package var width: Int
  package var height: Int
  /// Per channel, in units of 0...1 (after `rescale`).
  package var mean: [Float]
  package var std: [Float]
  package var filter: ResamplingFilter
  package var resizeMode: ResizeMode
  /// Target of the short side where it differs from the crop, as in `size: 256, crop_size: 224`.
  package var shortestEdge: Int?
  /// Level of padding in `longest` mode, in every channel.
  package var fill: UInt8 = 0
  package var rules: Rules
  package var order = Order.rgbFirst
  /// nil follows the order: dropped, but on white for `exact` Transformers.
  package var alpha: RGBConversion.Alpha?
  /// Multiplies samples 0...255 before normalisation.
  package var rescale: Float = 1 / 255
  package var passOrder = ResizePlan.PassOrder.pillow13
  package var quantization = ResizePlan.Quantization.pillow

  package init(
    width: Int, height: Int, mean: [Float] = Constants.openAIMean,
    std: [Float] = Constants.openAIStd, filter: ResamplingFilter = .bicubic,
    resizeMode: ResizeMode = .shortest, rules: Rules = .openCLIP
  ) {
    self.width = width
    self.height = height
    self.mean = mean
    self.std = std
    self.filter = filter
    self.resizeMode = resizeMode
    self.rules = rules
  }

  /// The published sets of mean and deviation.
  package enum Constants {
    package static let openAIMean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    package static let openAIStd: [Float] = [0.26862954, 0.26130258, 0.27577711]
    package static let zero: [Float] = [0, 0, 0]
    package static let one: [Float] = [1, 1, 1]
  }

  /// Largest side that a configuration may ask for; published towers stop at 1024.
  package static let sideLimit = 4096

  /// Follows the video processors of Transformers: the short side is 256/224 of the crop, by torchvision's own arithmetic.
  package mutating func followVideoProcessor() {
    shortestEdge = min(width, height) * 256 / 224
    rules = .transformers
    passOrder = .horizontalFirst
    quantization = .torchvision
  }

  /// The alpha rule in force.
  package var effectiveAlpha: RGBConversion.Alpha {
    alpha ?? (order == .exact && rules == .transformers ? .onWhite : .dropped)
  }
}
