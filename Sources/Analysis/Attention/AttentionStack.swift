/// Attention probabilities of every block of a tower for one input.
package struct AttentionStack: Sendable, Equatable {
  package var layers: Int
  package var heads: Int
  /// T, prefix tokens included.
  package var tokens: Int
  /// Tokens before the patches: 1 with a class token, 0 without.
  package var prefixTokens: Int
  /// Patch grid; nil for text.
  package var grid: (rows: Int, columns: Int)? {
    gridRows > 0 ? (gridRows, gridColumns) : nil
  }
  private var gridRows: Int
  private var gridColumns: Int
  /// `[layers, heads, T, T]`, row-major; rows are queries and sum to one.
  package var probabilities: [Float]

  /// - Throws: `AttentionError` when the counts do not agree.
  package init(
    layers: Int, heads: Int, tokens: Int, prefixTokens: Int, grid: (rows: Int, columns: Int)?,
    probabilities: [Float]
  ) throws(AttentionError) {
    guard layers > 0, heads > 0, tokens > 0,
      probabilities.count == layers * heads * tokens * tokens
    else {
      throw AttentionError("attention of \(layers) layers does not hold the stated numbers")
    }
    if let grid, grid.rows * grid.columns + prefixTokens != tokens {
      throw AttentionError("a grid of \(grid.rows)x\(grid.columns) does not give \(tokens) tokens")
    }
    self.layers = layers
    self.heads = heads
    self.tokens = tokens
    self.prefixTokens = prefixTokens
    gridRows = grid?.rows ?? 0
    gridColumns = grid?.columns ?? 0
    self.probabilities = probabilities
  }

  /// One head's matrix, `[T, T]`.
  package func matrix(layer: Int, head: Int) -> ArraySlice<Float> {
    let size = tokens * tokens
    let start = (layer * heads + head) * size
    return probabilities[start..<start + size]
  }

  /// Probabilities of one query row, `[T]`.
  package func row(layer: Int, head: Int, query: Int) -> ArraySlice<Float> {
    let start = ((layer * heads + head) * tokens + query) * tokens
    return probabilities[start..<start + tokens]
  }
}

/// A reduction of attention that cannot be made.
package struct AttentionError: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}

/// How the heads of a layer become one matrix, element by element.
package enum HeadFusion: String, Sendable, CaseIterable {
  case mean
  case max
  case min
}

extension AttentionStack {
  /// The heads of one layer as one matrix, `[T, T]`.
  package func fused(layer: Int, _ fusion: HeadFusion) -> [Double] {
    let size = tokens * tokens
    var result = matrix(layer: layer, head: 0).map(Double.init)
    for head in 1..<Swift.max(heads, 1) {
      for (index, value) in matrix(layer: layer, head: head).enumerated() {
        let value = Double(value)
        switch fusion {
        case .mean: result[index] += value
        case .max: result[index] = Swift.max(result[index], value)
        case .min: result[index] = Swift.min(result[index], value)
        }
      }
    }
    if fusion == .mean {
      for index in 0..<size { result[index] /= Double(heads) }
    }
    return result
  }
}
