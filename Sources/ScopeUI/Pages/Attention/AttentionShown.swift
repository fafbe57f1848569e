import Analysis
import Cells
import Inference

/// The maps on the screen.
struct AttentionShown: Equatable, Sendable {
  var capture: AttentionCapture
  var choice: AttentionChoice
  /// All frames of a grid, or the tokens of a text; those of the last choice while `isLate`.
  var values: [Float] = []
  /// The background still computes what was chosen.
  var isLate = false
  /// One map a head of the layer on show, raw probabilities.
  var heads: [[Float]] = []
  var problem: String?

  /// The part of a map that is drawn: one frame of a grid.
  func part(_ map: [Float], frame: Int) -> [Float] {
    let count = capture.rows * capture.columns
    let start = frame * count
    guard map.count >= start + count else { return [] }
    return Array(map[start..<start + count])
  }

  /// Ends of the colour scale: from zero, or below where relevance is, to the largest.
  static func range(_ values: [Float]) -> (low: Double, high: Double) {
    var low: Float = 0
    var high: Float = 0
    for value in values where value.isFinite {
      low = min(low, value)
      high = max(high, value)
    }
    return (Double(low), Double(high))
  }
}

extension AttentionState {
  /// The layer on show.
  var shownLayer: AttentionQuery.Layer? {
    guard let capture, !capture.layers.isEmpty else { return nil }
    return capture.layers[layerIndex]
  }

  var layerIndex: Int {
    guard let capture else { return 0 }
    let blocks = capture.view.stack?.layers ?? 0
    return min(max(layer ?? blocks - 1, 0), max(capture.layers.count - 1, 0))
  }

  var shownOrigin: AttentionOrigin {
    guard let capture else { return .classToken }
    if shownLayer == .pool { return .pool }
    if let origin, capture.origins.contains(origin) { return origin }
    if method == .relevance { return .pool }
    return capture.origins.first ?? .mean
  }

  /// The cursor as an origin.
  private func place(_ capture: AttentionCapture) -> AttentionQuery.Origin {
    if capture.view.grid.isEmpty { return .token(column) }
    return .patch(capture.frames > 1 ? [frame, row, column] : [row, column])
  }

  private func queryOrigin(_ capture: AttentionCapture) -> AttentionQuery.Origin? {
    guard shownLayer != .pool else { return nil }
    return switch shownOrigin {
    case .classToken: .classToken
    case .mean: .mean
    case .pool: .pool
    case .place: place(capture)
    }
  }

  /// What is chosen, in terms of the capture.
  func choice(of capture: AttentionCapture) -> AttentionChoice? {
    guard let layer = shownLayer else { return nil }
    let method: AttentionQuery.Method =
      switch self.method {
      case .raw: .raw
      case .rollout: .rollout(discard: Self.discards[discard])
      case .relevance: .relevance
      }
    return AttentionChoice(
      side: side, method: method, layer: layer,
      head: self.method == .relevance ? .fused(.mean) : head, origin: queryOrigin(capture))
  }

  /// Brings cursors back into what there is, and the maps up to date.
  mutating func settle() {
    list.settle(count: pictures.count, height: max(pictures.count, 1))
    discard = min(max(discard, 0), Self.discards.count - 1)
    guard let capture else {
      shown = nil
      return settleField()
    }
    row = min(max(row, 0), capture.rows - 1)
    column = min(max(column, 0), max(capture.columns - 1, 0))
    frame = min(max(frame, 0), capture.frames - 1)
    if layer != nil { layer = layerIndex }
    if case .index(let index) = head, let layer = shownLayer {
      head = .index(min(max(index, 0), max(capture.heads(of: layer) - 1, 0)))
    }
    settleField()
    guard let choice = choice(of: capture) else {
      shown = nil
      return
    }
    if let shown, shown.capture == capture, shown.choice == choice, !shown.isLate,
      shown.problem == nil || method != .relevance
    {
      return
    }
    show(choice, of: capture)
  }

  private mutating func settleField() {
    let fields = AttentionField.fields(of: self)
    if !fields.contains(field) { field = fields.first ?? .method }
  }

  private mutating func show(_ choice: AttentionChoice, of capture: AttentionCapture) {
    var next = AttentionShown(capture: capture, choice: choice)
    if let shown, shown.capture == capture {
      next.values = shown.values
      if shown.choice.layer == choice.layer, shown.choice.origin == choice.origin {
        next.heads = shown.heads
      }
    }
    if next.heads.isEmpty { next.heads = Self.heads(choice, of: capture) }
    do {
      if let values = try values(choice, of: capture) {
        next.values = values
      } else {
        next.isLate = true
        if let problem = shown?.problem, shown?.choice == choice { next.problem = problem }
      }
    } catch {
      next.values = []
      next.problem = error.description
    }
    shown = next
  }

  /// Nil where the answer takes too long for a key press and comes from the background.
  private mutating func values(
    _ choice: AttentionChoice, of capture: AttentionCapture
  ) throws(AttentionError) -> [Float]? {
    if choice.method == .raw { return try capture.view.values(choice.query).values }
    if let values = rolled[choice] { return values }
    if let values = fromMatrix(choice, capture) { return values }
    guard choice.method != .relevance || capture.view.relevance != nil else { return nil }
    guard Self.isQuick(capture) else { return nil }
    let values = try capture.view.values(choice.query).values
    keep(values, for: choice)
    return values
  }

  /// A row of a matrix that was computed for another patch.
  private func fromMatrix(_ choice: AttentionChoice, _ capture: AttentionCapture) -> [Float]? {
    guard let matrix = matrices[choice.matrixKey] else { return nil }
    let tokens = capture.view.tokens
    var token: Int
    switch choice.origin {
    case .token(let index)?: token = index
    case .patch(let place)?:
      token = 0
      for (coordinate, size) in zip(place, capture.view.grid) { token = token * size + coordinate }
      token += capture.view.prefixTokens
    default: return nil
    }
    let start = token * tokens
    guard token >= 0, start + tokens <= matrix.count else { return nil }
    return Array(matrix[start + capture.view.prefixTokens..<start + tokens])
  }

  /// Whether one row of a rollout is computed within a key press: up to ViT-B/16.
  private static func isQuick(_ capture: AttentionCapture) -> Bool {
    guard let stack = capture.view.stack else { return true }
    return stack.layers * stack.heads * stack.tokens * stack.tokens <= 6_000_000
  }

  /// The rollout that the background shall compute now.
  var neededMap: AttentionChoice? {
    guard let shown, shown.choice.method != .raw, shown.problem == nil,
      shown.choice.method != .relevance || shown.capture.view.relevance != nil
    else { return nil }
    if shown.isLate { return shown.choice }
    // A patch was chosen: its neighbours come next.
    guard shown.capture.view.stack != nil, shownOrigin == .place,
      matrices[shown.choice.matrixKey] == nil
    else { return nil }
    return shown.choice
  }

  /// Raw maps of all heads of the layer on show, from the same origin.
  private static func heads(
    _ choice: AttentionChoice, of capture: AttentionCapture
  ) -> [[Float]] {
    let query = AttentionQuery(layer: choice.layer, head: .all, origin: choice.origin)
    guard let answer = try? capture.view.values(query), let count = answer.shape.first, count > 0
    else { return [] }
    let size = answer.values.count / count
    return (0..<count).map { head in
      let map = answer.values[head * size..<(head + 1) * size]
      guard answer.kind == .matrix else { return Array(map) }
      // The pooling head: its first query makes the feature.
      return Array(map.prefix(capture.view.tokens).dropFirst(capture.view.prefixTokens))
    }
  }
}
