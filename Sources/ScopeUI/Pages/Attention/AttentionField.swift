import Analysis
import Cells
import ScopeEngine

/// One value of the page that left and right change.
enum AttentionField: String, Equatable, Sendable, CaseIterable {
  case layer, head, from, method, discard, frame, tower, map, activation, heads

  /// The fields that mean something for what is shown, in their order.
  static func fields(of attention: AttentionState) -> [AttentionField] {
    guard attention.outlook?.refusal == nil else { return [] }
    let tower: [AttentionField] = attention.sides.count > 1 ? [.tower] : []
    guard let capture = attention.capture else {
      return [.method] + tower + modelFields(of: attention)
    }
    var fields: [AttentionField] = [.layer]
    if attention.method != .relevance { fields.append(.head) }
    fields += [.from, .method]
    if attention.method == .rollout { fields.append(.discard) }
    if capture.frames > 1 { fields.append(.frame) }
    fields += tower
    if !capture.previews.isEmpty { fields.append(.map) }
    return fields + modelFields(of: attention)
  }

  /// What the file does not say, and what the user said in its place.
  private static func modelFields(of attention: AttentionState) -> [AttentionField] {
    var fields: [AttentionField] = []
    let lack = attention.problem?.problem.lack
    if lack == .activation || attention.choice.activation != nil { fields.append(.activation) }
    if lack == .heads || attention.chosenHeads != nil { fields.append(.heads) }
    return fields
  }

  private func value(_ attention: AttentionState) -> String {
    switch self {
    case .layer: attention.layerText
    case .head: attention.headText
    case .from: attention.originText
    case .method:
      attention.method == .relevance && !attention.text.isEmpty
        ? "relevance \"\(attention.text.prefix(24))\"" : attention.method.rawValue
    case .discard: Numbers.percent(AttentionState.discards[attention.discard])
    case .frame: "\(attention.frame)"
    case .tower: attention.side == .picture ? "image" : "text"
    case .map: "\(attention.opacity) %"
    case .activation: attention.choice.activation ?? "unknown"
    case .heads: attention.chosenHeads.map(String.init) ?? "unknown"
    }
  }

  func text(_ attention: AttentionState) -> FieldText {
    FieldText(label: rawValue, value: value(attention))
  }
}

extension AttentionState {
  var layerText: String {
    guard let layer = shownLayer, let capture else { return "" }
    switch layer {
    case .index(let index):
      let count = capture.view.stack?.layers ?? 0
      return method == .raw ? "\(index) of \(count)" : "0-\(index) of \(count)"
    case .pool: return "pool"
    case .all: return "all"
    }
  }

  var headText: String {
    switch head {
    case .index(let index): "\(index)"
    case .all: "all"
    case .fused(let fusion): fusion.rawValue
    }
  }

  var originText: String {
    guard shownOrigin == .place, let capture else { return shownOrigin.rawValue }
    if capture.view.grid.isEmpty { return "token \(column)" }
    return capture.frames > 1 ? "(\(frame), \(row), \(column))" : "(\(row), \(column))"
  }

  /// Changes a field by one step, or by a large one.
  mutating func step(_ field: AttentionField, by step: Int) {
    switch field {
    // The model is changed for every page, which this state cannot do.
    case .activation, .heads: break
    case .layer:
      let next = min(max(layerIndex + step, 0), max((capture?.layers.count ?? 1) - 1, 0))
      // The usual layer, which is not chosen, is left as it is where it is the last one.
      if next != layerIndex { layer = next }
    case .head:
      let fused = HeadFusion.allCases.map { AttentionQuery.Head.fused($0) }
      let heads = shownLayer.flatMap { capture?.heads(of: $0) } ?? 0
      let choices = fused + (0..<heads).map { .index($0) }
      let place = choices.firstIndex(of: head) ?? 0
      head = choices[min(max(place + step, 0), choices.count - 1)]
    case .from:
      let origins = capture?.origins ?? []
      guard !origins.isEmpty, shownLayer != .pool else { return }
      origin = origins.neighbour(of: shownOrigin, step)
    case .method: method = methods.neighbour(of: method, step)
    case .discard: discard += step
    case .frame: frame += step
    case .tower: side = sides.neighbour(of: side, step)
    case .map:
      let place = Self.opacities.firstIndex { $0 >= opacity } ?? 0
      opacity = Self.opacities[min(max(place + step, 0), Self.opacities.count - 1)]
    }
  }
}
