/// Where the pixels of a model's input lie in the source picture.
package struct PixelMapping: Sendable, Equatable {
  package var sourceWidth: Int
  package var sourceHeight: Int
  /// Size of the whole source after the resize.
  package var resizedWidth: Int
  package var resizedHeight: Int
  /// Place of the model's first pixel in the resized picture; negative where there is padding.
  package var left: Int
  package var top: Int

  /// The source rectangle under a rectangle of model pixels; it may leave the source where there is padding.
  package func source(
    x: Double, y: Double, width: Double, height: Double
  ) -> (x: Double, y: Double, width: Double, height: Double) {
    let horizontal = Double(sourceWidth) / Double(resizedWidth)
    let vertical = Double(sourceHeight) / Double(resizedHeight)
    return (
      (x + Double(left)) * horizontal, (y + Double(top)) * vertical, width * horizontal,
      height * vertical
    )
  }
}
