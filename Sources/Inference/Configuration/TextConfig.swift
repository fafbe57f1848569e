/// Which token of a text becomes its vector.
package enum TextPooling: Sendable, Hashable {
  /// The largest id, the first one on ties: end of text in the CLIP vocabulary.
  case largestID
  /// The first position with this id; position 0 if there is none.
  case endOfText(id: Int)
  case first
  case last
  /// Every token is projected.
  case none
  /// A learned class token behind the text (CoCa); keys that hold `padID` are hidden, shifted by one as released.
  case classToken(padID: Int)
}

/// What the names of the weights do not say about a text tower.
package struct TextConfig: Sendable, Hashable {
  package var width: Int
  package var layers: Int
  package var heads: Int
  package var activation: Activation
  package var epsilon: Float
  /// Query i sees keys up to i.
  package var isCausal: Bool
  package var pooling: TextPooling

  package init(
    width: Int, layers: Int, heads: Int, activation: Activation = .gelu, epsilon: Float = 1e-5,
    isCausal: Bool = true, pooling: TextPooling = .largestID
  ) {
    self.width = width
    self.layers = layers
    self.heads = heads
    self.activation = activation
    self.epsilon = epsilon
    self.isCausal = isCausal
    self.pooling = pooling
  }

  func validate() throws(InferenceError) {
    guard (1...65_536).contains(width), (1...4_096).contains(heads), width % heads == 0 else {
      throw .invalidConfiguration(
        field: "text heads", reason: "\(heads) does not divide the width \(width)")
    }
    guard (0...1_024).contains(layers) else {
      throw .invalidConfiguration(field: "text layers", reason: "is \(layers), outside 0...1024")
    }
    guard epsilon > 0, epsilon < 1 else {
      throw .invalidConfiguration(field: "epsilon", reason: "is \(epsilon), outside 0..<1")
    }
  }
}
