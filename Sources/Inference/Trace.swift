/// What a forward should keep besides its result.
///
/// An empty request costs nothing.
package struct TraceRequest: Sendable, Equatable {
  /// Attention probabilities of these blocks; nil = of all.
  package var layers: Set<Int>?
  /// Also the input of every block and the output of the last, `[layers + 1, T, D]`.
  package var hiddenStates: Bool

  package init(layers: Set<Int>? = nil, hiddenStates: Bool = false) {
    self.layers = layers
    self.hiddenStates = hiddenStates
  }

  func wants(_ layer: Int) -> Bool { layers?.contains(layer) ?? true }
}

/// Attention probabilities `[heads, queries, keys]` of one block or pooling head, for one input; rows sum to 1.
package struct AttentionMap: Sendable, Equatable {
  package var heads: Int
  package var queries: Int
  package var keys: Int
  package var values: [Float]

  package init(heads: Int, queries: Int, keys: Int, values: [Float]) {
    self.heads = heads
    self.queries = queries
    self.keys = keys
    self.values = values
  }
}

/// What was kept of the forward of one input.
package struct Trace: Sendable, Equatable {
  /// By block index.
  package var attention: [Int: AttentionMap] = [:]
  /// Attention of the pooling head over the tokens, where the tower has one.
  package var pooling: AttentionMap?
  /// `[layers + 1][T * D]` where asked for.
  package var hiddenStates: [[Float]] = []
  /// Tokens in front of the patches (class token).
  package var prefixTokens = 0
  /// Patch grid, `[rows, columns]` or `[frames, rows, columns]`; empty for text.
  package var grid: [Int] = []
  /// Token whose output becomes the feature, for text.
  package var pooledPosition: Int?

  package init() {}
}
