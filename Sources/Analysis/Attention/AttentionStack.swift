package import Inference

/// Attention probabilities of every block of a tower for one input.
package struct AttentionStack: Sendable, Equatable {
  package var layers: Int { maps.count }
  package let heads: Int
  /// T, prefix tokens included.
  package let tokens: Int
  /// Tokens before the patches: 1 with a class token, 0 without.
  package let prefixTokens: Int
  /// Patch grid, `[rows, columns]` or `[frames, rows, columns]`; empty for text.
  package let grid: [Int]
  /// `[heads, T, T]` of each block; rows are queries and sum to one.
  package let maps: [AttentionMap]

  /// - Parameter maps: one a block, first block first; not copied.
  /// - Throws: `AttentionError` when the counts do not agree.
  package init(
    maps: [AttentionMap], prefixTokens: Int, grid: [Int]
  ) throws(AttentionError) {
    guard let first = maps.first, first.heads > 0, first.keys > 0, prefixTokens >= 0 else {
      throw AttentionError("there is no attention map")
    }
    heads = first.heads
    tokens = first.keys
    for (layer, map) in maps.enumerated() {
      guard map.heads == heads, map.queries == tokens, map.keys == tokens,
        map.values.count == heads * tokens * tokens
      else {
        throw AttentionError(
          "the map of layer \(layer) is [\(map.heads), \(map.queries), \(map.keys)], expected "
            + "[\(heads), \(tokens), \(tokens)]")
      }
    }
    if !grid.isEmpty, grid.reduce(1, *) + prefixTokens != tokens {
      let sizes = grid.map(String.init).joined(separator: "x")
      throw AttentionError("a grid of \(sizes) does not give \(tokens) tokens")
    }
    self.prefixTokens = prefixTokens
    self.grid = grid
    self.maps = maps
  }

  /// One head's matrix, `[T, T]`.
  package func matrix(layer: Int, head: Int) -> ArraySlice<Float> {
    let size = tokens * tokens
    return maps[layer].values[head * size..<(head + 1) * size]
  }

  /// Probabilities of one query row, `[T]`.
  package func row(layer: Int, head: Int, query: Int) -> ArraySlice<Float> {
    let start = (head * tokens + query) * tokens
    return maps[layer].values[start..<start + tokens]
  }
}

/// Why a reduction of attention is not made.
package enum AttentionError: Error, Equatable, Sendable, CustomStringConvertible {
  case impossible(reason: String)
  case cancelled

  package init(_ reason: String) { self = .impossible(reason: reason) }

  package var description: String {
    switch self {
    case .impossible(let reason): reason
    case .cancelled: "cancelled"
    }
  }
}

/// How the heads of a layer become one matrix, element by element.
package enum HeadFusion: String, Sendable, CaseIterable {
  case mean
  case max
  case min
}

/// Which heads of a layer make one matrix.
package enum HeadSelection: Sendable, Hashable {
  case fused(HeadFusion)
  case single(Int)
}

extension AttentionMap {
  /// Query rows weighted and summed, heads made one: `[keys]`.
  ///
  /// - Parameter weights: one a query; the rows of weight zero are not read.
  func row(_ selection: HeadSelection, weights: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: keys)
    for (query, weight) in weights.enumerated() where weight != 0 {
      let fused = fused(selection, queries: query..<query + 1)
      for key in 0..<keys { result[key] += weight * fused[key] }
    }
    return result
  }

  /// Some query rows with the heads made one, `[queries, keys]`.
  func fused(_ selection: HeadSelection, queries range: Range<Int>) -> [Double] {
    let count = range.count * keys
    let size = queries * keys
    let offset = range.lowerBound * keys
    return values.withUnsafeBufferPointer { values in
      [Double](unsafeUninitializedCapacity: count) { result, initialized in
        initialized = count
        let first = if case .single(let head) = selection { head } else { 0 }
        for index in 0..<count { result[index] = Double(values[first * size + offset + index]) }
        guard case .fused(let fusion) = selection else { return }
        for head in 1..<Swift.max(heads, 1) {
          let start = head * size + offset
          switch fusion {
          case .mean: for index in 0..<count { result[index] += Double(values[start + index]) }
          case .max:
            for index in 0..<count {
              result[index] = Swift.max(result[index], Double(values[start + index]))
            }
          case .min:
            for index in 0..<count {
              result[index] = Swift.min(result[index], Double(values[start + index]))
            }
          }
        }
        if fusion == .mean {
          let count = Double(heads)
          for index in result.indices { result[index] /= count }
        }
      }
    }
  }
}

extension AttentionStack {
  /// The heads of one layer as one matrix, `[T, T]`.
  package func fused(layer: Int, _ fusion: HeadFusion) -> [Double] {
    fused(layer: layer, .fused(fusion))
  }

  /// The same for one head too.
  package func fused(layer: Int, _ selection: HeadSelection) -> [Double] {
    maps[layer].fused(selection, queries: 0..<tokens)
  }
}
