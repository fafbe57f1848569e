/// Which stage of a tower is wanted.
package enum TowerOutput: String, Sendable, Hashable, CaseIterable {
  /// The projected vector, as the reference's `encode_image` / `encode_text` without normalisation.
  case features
  /// The pooled vector before the projection.
  case pooled
  /// Every token of the normed output but the class token, before the projection.
  case tokens
}

/// Rows of numbers that a tower gives: `[count, tokens, width]`, row-major; `tokens` is 1 for vectors.
package struct FeatureRows: Sendable, Equatable {
  package var count: Int
  package var tokens: Int
  package var width: Int
  package var values: [Float]

  package init(count: Int, tokens: Int, width: Int, values: [Float]) {
    self.count = count
    self.tokens = tokens
    self.width = width
    self.values = values
  }

  /// The numbers of one input.
  package func row(_ index: Int) -> ArraySlice<Float> {
    values[index * tokens * width..<(index + 1) * tokens * width]
  }

  /// The rows of one input with its trace, both filled in by `forward`.
  static func traced(
    _ extent: (tokens: Int, width: Int),
    by forward: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Trace>) throws(InferenceError)
      -> Void
  ) throws(InferenceError) -> (features: FeatureRows, trace: Trace) {
    var rows = FeatureRows(
      count: 1, tokens: extent.tokens, width: extent.width,
      values: [Float](repeating: 0, count: extent.tokens * extent.width))
    var trace = Trace()
    try rows.values.withUnsafeMutableBufferPointer { result throws(InferenceError) in
      if let base = result.baseAddress { try forward(base, &trace) }
    }
    return (rows, trace)
  }
}

/// How weights are brought in and products are made.
package struct LoadOptions: Sendable, Hashable {
  package var path: ProductPath
  /// Threads; nil = one a core.
  package var threads: Int?
  /// The first input is run from the checkpoint file, and packing waits for a second one.
  ///
  /// For programs that may have only one. A file that is cut short meanwhile is an error of the forward.
  package var defersPacking: Bool

  package init(path: ProductPath = .packed, threads: Int? = nil, defersPacking: Bool = false) {
    self.path = path
    self.threads = threads
    self.defersPacking = defersPacking
  }
}
