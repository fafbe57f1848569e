import Glibc

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

  /// Refuses maps that would not fit: a video of 8,192 tokens has 4 GiB a layer.
  ///
  /// - Parameters:
  ///   - layers: blocks of the tower; those that are not asked for take nothing.
  ///   - copies: arrays of that size, for example the maps and their gradients.
  func checkSize(
    layers: Int, heads: Int, tokens: Int, copies: Int = 1
  ) throws(InferenceError) {
    let count = (0..<layers).count(where: wants)
    try Self.checkSize(
      maps: count * copies, heads: heads, tokens: tokens, limit: Self.memoryLimit)
  }

  /// Half of the machine's memory, in bytes.
  static var memoryLimit: Int { sysconf(Int32(_SC_PHYS_PAGES)) / 2 * sysconf(Int32(_SC_PAGESIZE)) }

  static func checkSize(
    maps: Int, heads: Int, tokens: Int, limit: Int
  ) throws(InferenceError) {
    let (cells, overflows) = (maps * heads * 4).multipliedReportingOverflow(by: tokens * tokens)
    guard !overflows, cells <= limit else {
      throw .unavailableOutput(
        output: "attention",
        reason:
          "\(maps) maps of \(heads) heads over \(tokens) tokens do not fit into \(limit >> 20) "
          + "MiB, half of this machine's memory; ask for fewer layers")
    }
  }
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

  /// A map whose numbers are all written by `fill`.
  init(heads: Int, queries: Int, keys: Int, filledBy fill: (UnsafeMutablePointer<Float>) -> Void) {
    let size = heads * queries * keys
    self.init(
      heads: heads, queries: queries, keys: keys,
      values: [Float](unsafeUninitializedCapacity: size) { buffer, count in
        if let base = buffer.baseAddress { fill(base) }
        count = size
      })
  }

  /// A map of the same shape, computed from this one.
  ///
  /// - Parameter fill: gets the numbers of this map, and the place of the new ones.
  func derived(
    by fill: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) -> AttentionMap {
    values.withUnsafeBufferPointer { own in
      AttentionMap(heads: heads, queries: queries, keys: keys) { target in
        if let own = own.baseAddress { fill(own, target) }
      }
    }
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
