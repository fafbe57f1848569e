import Inference
import ScopeEngine

extension InferenceState {
  /// The selected picture's labels as they stand, a line each; its path where nothing is scored.
  var copiedText: String? {
    guard let picture = selectedPicture else {
      return labels.isEmpty ? nil : labels.joined(separator: "\n")
    }
    let lines = order.compactMap { label -> String? in
      let similarity = scores.value(.similarity, picture: list.selected, label: label)
      guard !similarity.isNaN else { return nil }
      let numbers = InferenceScores.Values.allCases.reversed().map { values in
        Self.plain(scores.value(values, picture: list.selected, label: label))
      }
      return ([labels[label]] + numbers).joined(separator: "\t")
    }
    return ([picture.path] + lines).joined(separator: "\n")
  }

  /// A row a pair.
  var csv: String {
    var text = "picture,label,text,similarity,logit,probability\r\n"
    for (row, picture) in pictures.enumerated() {
      for label in labels.indices {
        var fields = [picture.path, labels[label], self.text(of: label)]
          .map(ExportText.quotedCSV)
        fields += InferenceScores.Values.allCases.map {
          Self.plain(scores.value($0, picture: row, label: label))
        }
        text += fields.joined(separator: ",") + "\r\n"
      }
    }
    return text
  }

  /// Model, labels, scores and times.
  var document: JSONValue {
    var document = Document()
    document.add("template", .string(template))
    document.add("labels", .strings(labels))
    if let model {
      document.add("model", .string(model.summary))
      document.add("function", model.scoring.map { .string($0.function.rawValue) })
      document.add("load_seconds", .number(model.loadSeconds))
      document.add("threads", .integer(model.threadCount))
    }
    document.add("pictures", .array(pictures.indices.map(json(ofPicture:))))
    return document.value
  }

  private func json(ofPicture index: Int) -> JSONValue {
    let picture = pictures[index]
    let features = picture.features
    return .members([
      ("path", .string(picture.path)), ("problem", picture.problem.map { .string($0) }),
      ("preprocess_seconds", features.map { .number($0.prepareSeconds) }),
      ("forward_seconds", features.map { .number($0.forwardSeconds) }),
      (
        "scores",
        features == nil ? nil : .array(labels.indices.map { json(ofLabel: $0, picture: index) })
      ),
    ])
  }

  private func json(ofLabel label: Int, picture: Int) -> JSONValue {
    let numbers = InferenceScores.Values.allCases.map { values -> (String, JSONValue?) in
      let value = scores.value(values, picture: picture, label: label)
      // Absent is not the same as not a number.
      return (values.rawValue, value.isNaN ? nil : .single(value))
    }
    return .members([("label", .string(labels[label]))] + numbers)
  }

  private static func plain(_ value: Float) -> String { value.isNaN ? "" : "\(value)" }
}
