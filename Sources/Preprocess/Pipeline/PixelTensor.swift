/// The input of an image tower.
package struct PixelTensor: Sendable, Equatable {
  package let height: Int
  package let width: Int
  /// `[3, height, width]`, row-major, normalised.
  package var values: [Float]

  package init(height: Int, width: Int, values: [Float]) {
    precondition(values.count == 3 * height * width)
    self.height = height
    self.width = width
    self.values = values
  }

  package var shape: [Int] { [3, height, width] }
}

/// A picture made ready for a tower: the tensor, and what it looks like.
package struct PreparedPicture: Sendable {
  package var pixels: PixelTensor
  /// The 8-bit RGB picture that the tensor was made of, `[height, width, 3]`: what the model sees.
  package var preview: DecodedImage
  package var mapping: PixelMapping
  /// Facts about the source that people ask about: mode, orientation.
  package var sourceMode: DecodedImage.Mode
  package var orientation: Int?
}
