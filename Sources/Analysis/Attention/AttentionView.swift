package import Inference

/// Attention of one input through one tower, ready to be asked; nothing here runs the tower.
///
/// The maps are shared with the trace, not copied.
package struct AttentionView: Sendable {
  /// Nil for a tower without transformer blocks (residual network).
  package let stack: AttentionStack?
  /// `[heads, queries, T]`; query 0 makes the feature.
  package let pooling: AttentionMap?
  /// Patch grid; empty for text.
  package let grid: [Int]
  package let prefixTokens: Int
  package let tokens: Int
  /// For the method of that name; made by `AttentionRelevance.image` or `.text` of the same input.
  package var relevance: AttentionRelevance?

  /// Whether `AttentionQuery.Origin.classToken` can be asked for.
  package let hasClassToken: Bool
  private let pooled: Pooled

  /// Which tokens of the last block the tower's vector is made of.
  private enum Pooled: Sendable {
    case token(Int)
    case patches
    case all
    case head
  }

  /// - Parameter trace: with the maps of all blocks.
  package init(
    image trace: Trace, _ config: VisionConfig, relevance: AttentionRelevance? = nil
  ) throws(AttentionError) {
    let isResidual = config.family == .residualNetwork
    stack = isResidual ? nil : try Self.stack(trace, layers: config.layers)
    pooling = trace.pooling
    grid = trace.grid
    prefixTokens = trace.prefixTokens
    tokens = trace.grid.reduce(1, *) + trace.prefixTokens
    hasClassToken = !isResidual && trace.prefixTokens > 0
    if let map = trace.pooling {
      guard map.keys == tokens, map.queries > 0, map.heads > 0,
        map.values.count == map.heads * map.queries * map.keys
      else {
        throw AttentionError("the pooling map has \(map.keys) keys, expected \(tokens)")
      }
      pooled = .head
    } else if isResidual {
      throw AttentionError("the trace has no map of the attention pool")
    } else {
      switch config.pooling {
      case .classToken: pooled = .token(0)
      case .average: pooled = .patches
      case .none: pooled = .all
      case .map, .queries: throw AttentionError("the trace has no map of the pooling head")
      }
    }
    self.relevance = relevance
  }

  /// - Parameter trace: with the maps of all blocks.
  package init(
    text trace: Trace, _ config: TextConfig, relevance: AttentionRelevance? = nil
  ) throws(AttentionError) {
    let stack = try Self.stack(trace, layers: config.layers)
    self.stack = stack
    pooling = nil
    grid = []
    prefixTokens = 0
    tokens = stack.tokens
    if case .classToken = config.pooling { hasClassToken = true } else { hasClassToken = false }
    if config.pooling == .none {
      pooled = .all
    } else {
      guard let position = trace.pooledPosition, (0..<stack.tokens).contains(position) else {
        throw AttentionError("the trace does not say which token is pooled")
      }
      pooled = .token(position)
    }
    self.relevance = relevance
  }

  private static func stack(_ trace: Trace, layers: Int) throws(AttentionError) -> AttentionStack {
    var maps: [AttentionMap] = []
    for layer in 0..<layers {
      guard let map = trace.attention[layer] else {
        throw AttentionError("the trace has no map of layer \(layer)")
      }
      maps.append(map)
    }
    return try AttentionStack(maps: maps, prefixTokens: trace.prefixTokens, grid: trace.grid)
  }

  /// The token whose vector becomes the feature; nil where it is made of several.
  package var pooledToken: Int? {
    if case .token(let index) = pooled { return index }
    return nil
  }

  /// Numbers for a query.
  ///
  /// - Raw: a row or `full` matrix of each layer and head that is asked for. `layer` and `head` both all: always matrices,
  ///   `[layers, heads, T, T]`. The pooling head gives `[heads, queries, T]` for all heads, else the row of query 0.
  /// - Rollout and relevance: one row or one matrix.
  /// - Throws: `AttentionError` that says what this tower does not have.
  package func values(
    _ query: AttentionQuery, isCancelled: () -> Bool = { false }
  ) throws(AttentionError) -> AttentionValues {
    switch query.method {
    case .raw: try raw(query)
    case .rollout(let discard): try rollout(query, discard, isCancelled)
    case .relevance: try relevance(query, isCancelled)
    }
  }

  // MARK: Methods

  private func raw(_ query: AttentionQuery) throws(AttentionError) -> AttentionValues {
    let layer =
      query.layer ?? (stack.map { AttentionQuery.Layer.index($0.layers - 1) } ?? .pool)
    if layer == .pool { return try poolingMap(query) }
    let stack = try blocks()
    let selections = try selections(query.head, of: stack.heads)
    var layers = [Int]()
    var axes: [Int] = []
    if case .index(let index) = layer {
      try check(index, of: stack.layers, "layer")
      layers = [index]
    } else {
      layers = Array(0..<stack.layers)
      axes.append(stack.layers)
    }
    if query.head == .all { axes.append(stack.heads) }
    if query.full || (layer == .all && query.head == .all) {
      var values: [Float] = []
      values.reserveCapacity(layers.count * selections.count * tokens * tokens)
      for layer in layers {
        for selection in selections {
          if case .single(let head) = selection {
            values += stack.matrix(layer: layer, head: head)
          } else {
            values += stack.fused(layer: layer, selection).map { Float($0) }
          }
        }
      }
      return AttentionValues(kind: .matrix, shape: axes + [tokens, tokens], values: values)
    }
    let weights = try weights(
      query.origin ?? (hasClassToken ? .classToken : grid.isEmpty ? .pool : .mean))
    var rows: [Double] = []
    for layer in layers {
      for selection in selections { rows += stack.maps[layer].row(selection, weights: weights) }
    }
    return shaped(rows, axes)
  }

  private func poolingMap(_ query: AttentionQuery) throws(AttentionError) -> AttentionValues {
    guard let pooling else { throw AttentionError(noPoolingHead) }
    if let origin = query.origin, origin != .pool {
      throw AttentionError("the pooling head's map has no other origin than pool")
    }
    let selections = try selections(query.head, of: pooling.heads)
    if query.head == .all {
      return AttentionValues(
        kind: .matrix, shape: [pooling.heads, pooling.queries, tokens], values: pooling.values)
    }
    if query.full {
      let matrix = pooling.fused(selections[0], queries: 0..<pooling.queries)
      return AttentionValues(
        kind: .matrix, shape: [pooling.queries, tokens], values: matrix.map { Float($0) })
    }
    return shaped(pooling.fused(selections[0], queries: 0..<1), [])
  }

  private func rollout(
    _ query: AttentionQuery, _ discard: Double, _ isCancelled: () -> Bool
  ) throws(AttentionError) -> AttentionValues {
    guard let stack else {
      throw AttentionError(
        "a residual network has no blocks to roll out, only the map of its attention pool "
          + "(method raw, layer pool)")
    }
    let (layers, forced) = try depth(query, of: stack)
    guard query.head != .all, let heads = try selections(query.head, of: stack.heads).first else {
      throw AttentionError("rollout needs one matrix a layer: head mean, max, min or a number")
    }
    if query.full {
      let matrix = try AttentionRollout.matrix(
        of: stack, heads: heads, discard: discard, layers: layers, isCancelled: isCancelled)
      return AttentionValues(
        kind: .matrix, shape: [tokens, tokens], values: matrix.map { Float($0) })
    }
    let start = try weights(forced ?? query.origin ?? (hasClassToken ? .classToken : .pool))
    return shaped(
      try AttentionRollout.rows(
        start, of: stack, heads: heads, discard: discard, layers: layers, isCancelled: isCancelled),
      [])
  }

  private func relevance(
    _ query: AttentionQuery, _ isCancelled: () -> Bool
  ) throws(AttentionError) -> AttentionValues {
    guard let relevance else {
      throw AttentionError("relevance needs the other side of the pair: a text for a picture")
    }
    guard relevance.tokens == tokens, relevance.layers.count == stack?.layers ?? 0 else {
      throw AttentionError("the relevance belongs to another input")
    }
    guard query.head == .fused(.mean) else {
      throw AttentionError("relevance is the mean over the heads: head mean is the only choice")
    }
    var layers: Int?
    var origin = query.origin ?? .pool
    if let stack {
      let (count, forced) = try depth(query, of: stack)
      layers = count
      origin = forced ?? origin
    } else if let layer = query.layer, layer != .pool {
      _ = try blocks()
    }
    if query.full {
      if stack == nil { _ = try blocks() }
      let matrix = try relevance.matrix(layers: layers, isCancelled: isCancelled)
      return AttentionValues(
        kind: .matrix, shape: [tokens, tokens], values: matrix.map { Float($0) })
    }
    let start: [Double]
    if origin == .pool, let pooling = relevance.pooling {
      start = pooling.map(Double.init)
    } else {
      start = try weights(origin)
    }
    return shaped(try relevance.rows(start, layers: layers, isCancelled: isCancelled), [])
  }

  // MARK: Parts of a query

  private var noPoolingHead: String {
    grid.isEmpty
      ? "a text tower has no pooling head"
      : "this tower has no pooling head: it pools without attention"
  }

  private func blocks() throws(AttentionError) -> AttentionStack {
    guard let stack else {
      throw AttentionError(
        "a residual network has no transformer blocks: its only map is that of the attention pool "
          + "(layer pool)")
    }
    return stack
  }

  /// Number of blocks that are multiplied, and the origin where the layer says it.
  private func depth(
    _ query: AttentionQuery, of stack: AttentionStack
  ) throws(AttentionError) -> (layers: Int, origin: AttentionQuery.Origin?) {
    switch query.layer {
    case nil, .all: return (stack.layers, nil)
    case .index(let index):
      try check(index, of: stack.layers, "layer")
      return (index + 1, nil)
    case .pool:
      guard pooling != nil else { throw AttentionError(noPoolingHead) }
      if let origin = query.origin, origin != .pool {
        throw AttentionError("layer pool has no other origin than pool")
      }
      return (stack.layers, .pool)
    }
  }

  private func selections(
    _ head: AttentionQuery.Head, of count: Int
  ) throws(AttentionError) -> [HeadSelection] {
    switch head {
    case .index(let index):
      try check(index, of: count, "head")
      return [.single(index)]
    case .all: return (0..<count).map(HeadSelection.single)
    case .fused(let fusion): return [.fused(fusion)]
    }
  }

  private func check(_ index: Int, of count: Int, _ what: String) throws(AttentionError) {
    guard (0..<count).contains(index) else {
      throw AttentionError("there is no \(what) \(index): they count from 0 to \(count - 1)")
    }
  }

  /// Weights of the query rows, `[T]`, sum 1.
  private func weights(_ origin: AttentionQuery.Origin) throws(AttentionError) -> [Double] {
    var result = [Double](repeating: 0, count: tokens)
    switch origin {
    case .classToken:
      guard hasClassToken else {
        throw AttentionError(
          stack == nil
            ? "a residual network has no class token: its attention pool is layer pool"
            : "this tower has no class token: use pool, a patch or the mean over queries")
      }
      // A text's class token stands behind the text and is what is pooled.
      if case .token(let index) = pooled, grid.isEmpty { result[index] = 1 } else { result[0] = 1 }
    case .mean: return [Double](repeating: 1 / Double(tokens), count: tokens)
    case .token(let index):
      try check(index, of: tokens, "token")
      result[index] = 1
    case .patch(let place): result[try token(of: place)] = 1
    case .pool:
      switch pooled {
      case .token(let index): result[index] = 1
      case .all: return [Double](repeating: 1 / Double(tokens), count: tokens)
      case .patches:
        for index in prefixTokens..<tokens { result[index] = 1 / Double(tokens - prefixTokens) }
      case .head:
        if let pooling { return pooling.fused(.fused(.mean), queries: 0..<1) }
      }
    }
    return result
  }

  /// Index of the token of a patch.
  private func token(of place: [Int]) throws(AttentionError) -> Int {
    let sizes = grid.map(String.init).joined(separator: "x")
    guard !grid.isEmpty else { throw AttentionError("a text has no patches: name a token") }
    guard place.count == grid.count else {
      throw AttentionError("a patch of the \(sizes) grid needs \(grid.count) coordinates")
    }
    var index = 0
    for (coordinate, size) in zip(place, grid) {
      guard (0..<size).contains(coordinate) else {
        let name = place.map(String.init).joined(separator: ",")
        throw AttentionError("patch \(name) is outside the \(sizes) grid")
      }
      index = index * size + coordinate
    }
    return prefixTokens + index
  }

  /// Rows `[axes..., T]` as grids without the prefix tokens, or as rows over the tokens of a text.
  private func shaped(_ rows: [Double], _ axes: [Int]) -> AttentionValues {
    guard !grid.isEmpty else {
      return AttentionValues(
        kind: .tokens, shape: axes + [tokens], values: rows.map { Float($0) })
    }
    var values: [Float] = []
    values.reserveCapacity(rows.count)
    for start in stride(from: 0, to: rows.count, by: tokens) {
      values += rows[start + prefixTokens..<start + tokens].map { Float($0) }
    }
    return AttentionValues(kind: .grid, shape: axes + grid, values: values)
  }
}
