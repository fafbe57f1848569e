import Analysis
import Cells

extension AttentionState {
  var exportName: String {
    let input =
      side == .text ? "text" : picture.map { PathText.lastComponent(of: $0) } ?? "picture"
    let stem = input.split(separator: ".").first.map(String.init) ?? input
    var layer = ""
    switch shownLayer {
    case .index(let index)?: layer = "-layer\(index)"
    case .pool?: layer = "-pool"
    default: break
    }
    return "attention-\(stem)-\(method.rawValue)\(layer)"
  }

  /// What is shown and what it says, in one line, for the clipboard.
  var sentence: String {
    guard let shown else { return "" }
    let input = side == .text ? text : picture ?? ""
    let values = shown.part(shown.values, frame: frame)
    let end =
      side == .text
      ? values.indices.contains(column)
        ? "\(AttentionTokensView.label(column, shown.capture)): \(values[column])" : ""
      : AttentionPageView.readout(self, values, shown).joined(separator: "; ")
    return "\(input) · \(method.rawValue) · layer \(layerText) · head \(headText) · "
      + "from \(originText) · \(end)"
  }

  /// One value a line with its place.
  var csv: String {
    guard let shown else { return "" }
    let capture = shown.capture
    if capture.view.grid.isEmpty {
      var text = "token,label,value\r\n"
      for (index, value) in shown.values.enumerated() {
        let label = capture.labels.indices.contains(index) ? capture.labels[index] : ""
        text += "\(index),\(ExportText.quotedCSV(label)),\(value)\r\n"
      }
      return text
    }
    var text = capture.frames > 1 ? "frame,row,column,value\r\n" : "row,column,value\r\n"
    for (index, value) in shown.values.enumerated() {
      if capture.frames > 1 { text += "\(index / (capture.rows * capture.columns))," }
      text +=
        "\(index / capture.columns % capture.rows),\(index % capture.columns),\(value)\r\n"
    }
    return text
  }

  /// The map, what was asked for, and the measures of every head.
  var document: String {
    guard let shown else { return "{\n  \"schema\": 1\n}\n" }
    let capture = shown.capture
    var members = [
      "\"schema\": 1", "\"tower\": \"\(side == .text ? "text" : "vision")\"",
      "\"method\": \"\(method.rawValue)\"", "\"head\": \"\(headText)\"",
      "\"from\": \(ExportText.quotedJSON(originText))",
      "\"grid\": \(capture.view.grid)", "\"prefix_tokens\": \(capture.view.prefixTokens)",
      "\"tokens\": \(capture.view.tokens)",
    ]
    switch shown.choice.layer {
    case .index(let index): members.append("\"layer\": \(index)")
    case .pool: members.append("\"layer\": \"pool\"")
    case .all: break
    }
    if method == .rollout { members.append("\"discard\": \(Self.discards[discard])") }
    if let picture = capture.request.picture {
      members.append("\"picture\": \(ExportText.quotedJSON(picture))")
    }
    if let text = capture.request.text {
      members.append("\"text\": \(ExportText.quotedJSON(text))")
    }
    if let score = capture.score { members.append("\"score\": \(ExportText.number(score))") }
    if !capture.labels.isEmpty {
      members.append(
        "\"labels\": [\(capture.labels.map(ExportText.quotedJSON).joined(separator: ", "))]")
    }
    let shape = capture.view.grid.isEmpty ? [shown.values.count] : capture.view.grid
    members.append("\"shape\": \(shape)")
    members.append(
      "\"values\": [\(shown.values.map(ExportText.number).joined(separator: ", "))]")
    let heads = capture.measures.map { item in
      "{\"layer\": \(item.layer), \"head\": \(item.head), "
        + "\"entropy\": \(ExportText.number(Float(item.entropy))), "
        + "\"distance_raw\": \(Self.optional(item.distance)), "
        + "\"distance_renormalized\": \(Self.optional(item.renormalizedDistance))}"
    }
    members.append("\"heads\": [\n    " + heads.joined(separator: ",\n    ") + "\n  ]")
    return "{\n  " + members.joined(separator: ",\n  ") + "\n}\n"
  }

  private static func optional(_ value: Double?) -> String {
    value.map { ExportText.number(Float($0)) } ?? "null"
  }

  /// The picture with its map, in pixels of the model input or several to a patch; nil for texts.
  func overlay(colorScale: Int) -> PixelGrid? {
    guard let shown, !shown.capture.view.grid.isEmpty else { return nil }
    let values = shown.part(shown.values, frame: frame)
    guard !values.isEmpty else { return nil }
    let capture = shown.capture
    let preview = capture.preview(frame: frame)
    let zoom = max(Self.exportSide / max(capture.rows, capture.columns), 1)
    return AttentionColors(values, colorScale: colorScale).pixels(
      values, rows: capture.rows, columns: capture.columns,
      width: preview?.width ?? capture.columns * zoom,
      height: preview?.height ?? capture.rows * zoom, over: preview,
      opacity: opacity)
  }

  static let exportSide = 448
}
