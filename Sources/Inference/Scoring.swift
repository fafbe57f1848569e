import CKernels
import COpenBLAS
import Glibc

/// From features to logits and probabilities, as the contrastive models define them.
package struct Scoring: Sendable, Hashable {
  package enum Function: String, Sendable, Hashable {
    /// Over the texts of each image.
    case softmax
    /// Each pair for itself (SigLIP).
    case sigmoid
  }

  /// Logarithm of the scale, as stored.
  package var logitScale: Float
  /// Only sigmoid models have one.
  package var logitBias: Float?

  package init(logitScale: Float, logitBias: Float? = nil) {
    self.logitScale = logitScale
    self.logitBias = logitBias
  }

  package var function: Function { logitBias == nil ? .softmax : .sigmoid }

  /// Rows scaled to length 1: `x / max(|x|, 1e-12)`.
  package static func unitRows(_ rows: FeatureRows) -> FeatureRows {
    var result = rows
    result.values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return }
      ck_unit_norm(base, rows.width, rows.count * rows.tokens, rows.width, 1e-12)
    }
    return result
  }

  /// `exp(scale) * I Tᵀ (+ bias)`, `[images, texts]` row-major, from raw features.
  package func logits(
    images: FeatureRows, texts: FeatureRows
  ) throws(InferenceError) -> [Float] {
    guard images.width == texts.width, images.tokens == 1, texts.tokens == 1 else {
      throw .inputMismatch(
        what: "width of text features", expected: images.width, found: texts.width)
    }
    var result = [Float](repeating: logitBias ?? 0, count: images.count * texts.count)
    guard !result.isEmpty, images.width > 0 else { return result }
    _ = Team.singleThreadedBLAS
    let left = Self.unitRows(images)
    let right = Self.unitRows(texts)
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(images.count), blasint(texts.count),
      blasint(images.width), expf(logitScale), left.values, blasint(images.width), right.values,
      blasint(images.width), 1, &result, blasint(texts.count))
    return result
  }

  /// Probabilities of logits `[images, texts]`.
  package func probabilities(_ logits: [Float], texts: Int) -> [Float] {
    var result = logits
    guard texts > 0, !logits.isEmpty else { return result }
    switch function {
    case .softmax:
      result.withUnsafeMutableBufferPointer { values in
        guard let base = values.baseAddress else { return }
        ck_softmax(base, texts, values.count / texts, texts, 1)
      }
    case .sigmoid: for index in result.indices { result[index] = 1 / (1 + expf(-result[index])) }
    }
    return result
  }
}

extension Scoring {
  /// `exp(scale) * cos(a, b)`, without a bias, and its gradient with respect to `a`; `b` is a constant.
  ///
  /// - Parameters:
  ///   - features: `[1, 1, E]`, not normalised.
  ///   - other: `[1, 1, E]`, not normalised.
  /// - Returns: the score and `exp(scale) * (b̂ - (â·b̂) â) / |a|`, `[E]`.
  package func score(
    _ features: FeatureRows, with other: FeatureRows
  ) throws(InferenceError) -> (value: Float, gradient: [Float]) {
    for rows in [features, other] where rows.values.count != rows.width {
      throw .unavailableOutput(
        output: "score", reason: "needs one vector, found \(rows.count * rows.tokens) rows")
    }
    guard features.width == other.width else {
      throw .inputMismatch(
        what: "width of the other tower's features", expected: features.width, found: other.width)
    }
    func length(_ values: [Float]) -> Double {
      max(values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot(), 1e-12)
    }
    let (ownLength, otherLength) = (length(features.values), length(other.values))
    var cosine = 0.0
    for (a, b) in zip(features.values, other.values) { cosine += Double(a) * Double(b) }
    cosine /= ownLength * otherLength
    let scale = Double(expf(logitScale))
    let gradient = zip(features.values, other.values).map { a, b in
      Float(scale * (Double(b) / otherLength - cosine * Double(a) / ownLength) / ownLength)
    }
    return (Float(scale * cosine), gradient)
  }
}
