import Analysis
import Cells
import ScopeEngine

extension AttentionState {
  var exportName: String {
    let input =
      side == .text ? "text" : picture.map { FilePath.name(of: $0) } ?? "picture"
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
  var document: JSONValue {
    var document = Document()
    guard let shown else { return document.value }
    let capture = shown.capture
    document.add("tower", side == .text ? "text" : "vision")
    document.add("method", .string(method.rawValue))
    document.add("head", .string(headText))
    document.add("from", .string(originText))
    document.add("grid", .integers(capture.view.grid))
    document.add("prefix_tokens", .integer(capture.view.prefixTokens))
    document.add("tokens", .integer(capture.view.tokens))
    document.add("layer", Self.number(of: shown.choice.layer))
    document.add("discard", method == .rollout ? .number(Self.discards[discard]) : nil)
    document.add("picture", capture.request.picture.map { .string($0) })
    document.add("text", capture.request.text.map { .string($0) })
    document.add("score", capture.score.map { .single($0) })
    document.add("labels", capture.labels.isEmpty ? nil : .strings(capture.labels))
    document.add(
      "shape", .integers(capture.view.grid.isEmpty ? [shown.values.count] : capture.view.grid))
    document.add("values", .singles(shown.values))
    document.add("heads", .array(capture.measures.map(Self.json(of:))))
    return document.value
  }

  private static func number(of layer: AttentionQuery.Layer) -> JSONValue? {
    switch layer {
    case .index(let index): .integer(index)
    case .pool: "pool"
    case .all: nil
    }
  }

  private static func json(of measures: HeadMeasures) -> JSONValue {
    [
      "layer": .integer(measures.layer), "head": .integer(measures.head),
      "entropy": .single(Float(measures.entropy)),
      "distance_raw": measures.distance.map { .single(Float($0)) } ?? .null,
      "distance_renormalized": measures.renormalizedDistance.map { .single(Float($0)) } ?? .null,
    ]
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
