/// What a reader of attention wants to see.
package struct AttentionQuery: Sendable, Equatable {
  package enum Method: Sendable, Hashable {
    /// The probabilities themselves.
    case raw
    case rollout(discard: Double)
    /// Needs `AttentionView.relevance`.
    case relevance
  }

  package enum Layer: Sendable, Hashable {
    /// From 0. For rollout and relevance: the product of blocks 0 ... N.
    case index(Int)
    /// Every block.
    case all
    /// The pooling head's map. For rollout and relevance: all blocks, seen from the pooled vector.
    case pool
  }

  package enum Head: Sendable, Hashable {
    /// From 0.
    case index(Int)
    /// Every head for itself; only for raw probabilities.
    case all
    case fused(HeadFusion)
  }

  /// Whose attention is shown.
  package enum Origin: Sendable, Hashable {
    /// The class token.
    case classToken
    /// What the tower makes its vector of: the class token, the pooled text position, the mean of the patches, or the pooling
    /// head's mean row.
    case pool
    /// Mean over all queries.
    case mean
    /// `[row, column]`, or `[frame, row, column]` for video.
    case patch([Int])
    /// Index of a token, prefix tokens included.
    case token(Int)
  }

  package var method: Method
  /// Nil: the last block for raw probabilities (the pool where there are no blocks), all blocks otherwise.
  package var layer: Layer?
  package var head: Head
  /// Nil: for relevance `pool`; otherwise the class token where there is one, else the pooled token of a text, else the mean over
  /// queries for raw probabilities and `pool` for rollout.
  package var origin: Origin?
  /// The `[T, T]` matrix in place of the row of `origin`.
  package var full: Bool

  package init(
    method: Method = .raw, layer: Layer? = nil, head: Head = .fused(.mean),
    origin: Origin? = nil, full: Bool = false
  ) {
    self.method = method
    self.layer = layer
    self.head = head
    self.origin = origin
    self.full = full
  }
}

/// Numbers that answer an `AttentionQuery`, never rescaled.
package struct AttentionValues: Sendable, Equatable {
  package enum Kind: String, Sendable, Hashable {
    /// The last axes are the patch grid, prefix tokens left out.
    case grid
    /// The last axis is the tokens of a text, all of them.
    case tokens
    /// The last axes are queries and keys, prefix tokens included.
    case matrix
  }

  package var kind: Kind
  /// Axes in front of the kind's own: layers where all were asked for, then heads where all were.
  package var shape: [Int]
  /// Row-major.
  package var values: [Float]

  package init(kind: Kind, shape: [Int], values: [Float]) {
    self.kind = kind
    self.shape = shape
    self.values = values
  }
}
