package import Inference
import Preprocess

/// Scores of pictures against labels, as the contrastive models define them.
package struct ZeroShot: Sendable {
  package struct Score: Sendable, Equatable {
    package var label: String
    package var logit: Float
    package var probability: Float
  }

  package var labels: [String]
  package var function: Scoring.Function
  /// `[pictures][labels]`, in the order of the labels.
  package var scores: [[Score]]
  /// Texts that were cut to the context length.
  package var notices: [String]

  /// Best first; ties in the order of the labels.
  package static func ranked(_ scores: [Score]) -> [Score] {
    scores.enumerated().sorted {
      $0.element.logit > $1.element.logit
        || ($0.element.logit == $1.element.logit && $0.offset < $1.offset)
    }.map(\.element)
  }

  /// What is wrong with a template as a user gives it, in one sentence; nil where it has a place for the label.
  package static func problem(ofTemplate template: String) -> String? {
    template.firstRange(of: "{}") == nil
      ? "a template holds {} where the label goes, not \"\(template)\"" : nil
  }

  /// The text of a label in a template; `{}` is the place of the label, and an empty template is the label alone.
  package static func text(_ label: String, in template: String) -> String {
    guard let place = template.firstRange(of: "{}") else {
      return label
    }
    return template.replacingCharacters(in: place, with: label)
  }
}

extension String {
  /// Where `part` stands first; nil where it does not.
  package func firstRange(of part: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(part) {
        return start..<index(start, offsetBy: part.count)
      }
      start = index(after: start)
    }
    return nil
  }

  fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}

extension Model {
  /// One unit vector a label: its texts in all templates, normalised, averaged and normalised again.
  package func labelFeatures(
    _ labels: [String], templates: [String], context: JobContext = JobContext()
  ) throws -> (features: FeatureRows, notices: [String]) {
    let templates = templates.isEmpty ? ["{}"] : templates
    var texts: [String] = []
    for label in labels { texts += templates.map { ZeroShot.text(label, in: $0) } }
    let tokens = try tokens(of: texts)
    let notices = zip(texts, tokens.rows).compactMap { text, row in
      row.notice.map { "\"\(text)\": \($0)" }
    }
    let raw = try encode(ids: tokens.ids, count: texts.count, context: context)
    guard templates.count > 1 else { return (raw, notices) }
    let unit = Scoring.unitRows(raw)
    var sums = FeatureRows(
      count: labels.count, tokens: 1, width: unit.width,
      values: [Float](repeating: 0, count: labels.count * unit.width))
    for text in 0..<texts.count {
      let label = text / templates.count
      for column in 0..<unit.width {
        sums.values[label * unit.width + column] +=
          unit.values[text * unit.width + column] / Float(templates.count)
      }
    }
    return (Scoring.unitRows(sums), notices)
  }

  /// - Parameters:
  ///   - images: raw features of the pictures.
  ///   - labels: what is scored; each stands in every template.
  package func zeroShot(
    images: FeatureRows, labels: [String], templates: [String] = ["{}"],
    context: JobContext = JobContext()
  ) throws -> ZeroShot {
    let scoring = try requireScoring()
    let (texts, notices) = try labelFeatures(labels, templates: templates, context: context)
    let logits = try scoring.logits(images: images, texts: texts)
    let probabilities = scoring.probabilities(logits, texts: labels.count)
    let scores = (0..<images.count).map { image in
      labels.indices.map { label in
        let index = image * labels.count + label
        return ZeroShot.Score(
          label: labels[label], logit: logits[index], probability: probabilities[index])
      }
    }
    return ZeroShot(labels: labels, function: scoring.function, scores: scores, notices: notices)
  }
}
