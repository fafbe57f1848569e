import Inference

/// Pictures by labels: how alike they are, and what the model makes of it.
///
/// Each matrix is `[pictures, labels]`, row-major, NaN where a feature is not there yet.
struct InferenceScores: Equatable, Sendable {
  enum Values: String, Equatable, Sendable, CaseIterable {
    /// Cosine of the angle between the features.
    case similarity
    case logit
    case probability
  }

  private(set) var pictureCount = 0
  private(set) var labelCount = 0
  private var similarities: [Float] = []
  private var logits: [Float] = []
  private var probabilities: [Float] = []

  init() {}

  /// - Parameters:
  ///   - pictures: raw features; nil where they are not there.
  ///   - texts: raw features of the label's texts.
  ///   - scoring: nil leaves only similarities.
  init(pictures: [[Float]?], texts: [[Float]?], scoring: Scoring?) {
    pictureCount = pictures.count
    labelCount = texts.count
    let empty = [Float](repeating: .nan, count: pictureCount * labelCount)
    similarities = empty
    logits = empty
    probabilities = empty
    let rows = pictures.indices.filter { pictures[$0] != nil }
    let columns = texts.indices.filter { texts[$0] != nil }
    let left = Self.rows(of: rows.compactMap { pictures[$0] })
    let right = Self.rows(of: columns.compactMap { texts[$0] })
    // A scale of exp(0) leaves the cosine.
    guard let left, let right,
      let cosines = try? Scoring(logitScale: 0).logits(images: left, texts: right)
    else { return }
    var scaled: [Float] = []
    var shares: [Float] = []
    if let scoring, let values = try? scoring.logits(images: left, texts: right) {
      scaled = values
      // A share of all labels cannot be told before all are there.
      if scoring.function == .sigmoid || columns.count == labelCount {
        shares = scoring.probabilities(values, texts: columns.count)
      }
    }
    for (i, row) in rows.enumerated() {
      for (j, column) in columns.enumerated() {
        let (from, to) = (i * columns.count + j, row * labelCount + column)
        similarities[to] = cosines[from]
        if !scaled.isEmpty { logits[to] = scaled[from] }
        if !shares.isEmpty { probabilities[to] = shares[from] }
      }
    }
  }

  /// Nil where the widths differ.
  private static func rows(of features: [[Float]]) -> FeatureRows? {
    guard let width = features.first?.count, width > 0,
      features.allSatisfy({ $0.count == width })
    else { return nil }
    return FeatureRows(
      count: features.count, tokens: 1, width: width, values: features.flatMap { $0 })
  }

  /// NaN where it is not known.
  func value(_ values: Values, picture: Int, label: Int) -> Float {
    guard (0..<pictureCount).contains(picture), (0..<labelCount).contains(label) else {
      return .nan
    }
    let place = picture * labelCount + label
    return switch values {
    case .similarity: similarities[place]
    case .logit: logits[place]
    case .probability: probabilities[place]
    }
  }

  /// Least and largest of the finite values; nil where there are none.
  func range(of values: Values) -> ClosedRange<Float>? {
    var low = Float.infinity
    var high = -Float.infinity
    for picture in 0..<pictureCount {
      for label in 0..<labelCount {
        let value = value(values, picture: picture, label: label)
        guard value.isFinite else { continue }
        low = min(low, value)
        high = max(high, value)
      }
    }
    return low <= high ? low...high : nil
  }

  /// Labels by likeness, best first; ties and labels without features in their own order.
  func ranking(of picture: Int) -> [Int] {
    let keys = (0..<labelCount).map { label -> Float in
      let value = value(.similarity, picture: picture, label: label)
      return value.isNaN ? -.infinity : value
    }
    return keys.indices.sorted { keys[$0] == keys[$1] ? $0 < $1 : keys[$0] > keys[$1] }
  }
}
