import Inference

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
  var document: String {
    var members = [
      "\"schema\": 1", "\"template\": \(ExportText.quotedJSON(template))",
      "\"labels\": [\(labels.map(ExportText.quotedJSON).joined(separator: ", "))]",
    ]
    if let model {
      members.append("\"model\": \(ExportText.quotedJSON(model.summary))")
      if let scoring = model.scoring {
        members.append("\"function\": \"\(scoring.function.rawValue)\"")
      }
      members.append("\"load_seconds\": \(model.loadSeconds)")
      members.append("\"threads\": \(model.threadCount)")
    }
    let rows = pictures.enumerated().map { row, picture -> String in
      var fields = ["\"path\": \(ExportText.quotedJSON(picture.path))"]
      if let problem = picture.problem {
        fields.append("\"problem\": \(ExportText.quotedJSON(problem))")
      }
      if let features = picture.features {
        fields.append("\"preprocess_seconds\": \(features.prepareSeconds)")
        fields.append("\"forward_seconds\": \(features.forwardSeconds)")
        fields.append("\"scores\": [\(json(of: row))]")
      }
      return "    {" + fields.joined(separator: ", ") + "}"
    }
    members.append("\"pictures\": [\n" + rows.joined(separator: ",\n") + "\n  ]")
    return "{\n  " + members.joined(separator: ",\n  ") + "\n}\n"
  }

  private func json(of picture: Int) -> String {
    labels.indices.map { label in
      var fields = ["\"label\": \(ExportText.quotedJSON(labels[label]))"]
      for values in InferenceScores.Values.allCases {
        let value = scores.value(values, picture: picture, label: label)
        // Absent is not the same as not a number.
        if !value.isNaN { fields.append("\"\(values.rawValue)\": \(ExportText.number(value))") }
      }
      return "{" + fields.joined(separator: ", ") + "}"
    }.joined(separator: ", ")
  }

  private static func plain(_ value: Float) -> String { value.isNaN ? "" : "\(value)" }
}
