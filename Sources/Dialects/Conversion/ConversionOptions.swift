package import Tensors

package struct ConversionOptions: Sendable, Equatable {
  package enum Format: String, Sendable { case safetensors, pt }

  package var target: ConversionTarget
  /// Layouts that were asked for by name, and nothing else; empty: the one that fits the model.
  package var layouts: [String]
  /// Nil: both, as far as the file has them.
  package var tower: Tower?
  /// For one tower alone: nil keeps the projection where there is one.
  package var withProjection: Bool?
  /// Nil keeps the types of the file.
  package var elementType: ElementType?
  package var format: Format
  package var maxShardByteCount: Int?
  /// Resamples the position table of the image tower for this picture size.
  package var imageSize: Int?

  package init(
    target: ConversionTarget, layouts: [String] = [], tower: Tower? = nil,
    withProjection: Bool? = nil,
    elementType: ElementType? = nil,
    format: Format? = nil, maxShardByteCount: Int? = nil, imageSize: Int? = nil
  ) {
    self.target = target
    self.layouts = layouts
    self.tower = tower
    self.withProjection = withProjection
    self.elementType = elementType
    self.format = format ?? ([.openAI, .eva, .pe].contains(target) ? .pt : .safetensors)
    self.maxShardByteCount = maxShardByteCount
    self.imageSize = imageSize
  }
}
