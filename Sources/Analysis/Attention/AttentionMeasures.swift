import Glibc

/// Numbers that describe one head.
package struct HeadMeasures: Sendable, Equatable {
  package var layer: Int
  package var head: Int
  /// Mean over queries of −Σ A log A, in nats; 0 for a head that looks at one token, ln T for a uniform one.
  package var entropy: Double
  /// Mean over patch queries of Σ_j A_ij D_ij in pixels of the model input, patch-to-patch entries as they are.
  package var distance: Double?
  /// The same after renormalising each row over the patches.
  package var renormalizedDistance: Double?
}

extension AttentionStack {
  /// Entropy and mean attention distance of every head.
  ///
  /// Distances: Raghu et al., "Do vision transformers see like convolutional neural networks?" (2021); D_ij is
  /// `patchSize` times the Euclidean distance of the patch centres. The raw figure is smaller by the mass on prefix tokens.
  package func measures(patchSize: Int) -> [HeadMeasures] {
    let distances = patchDistances(patchSize: patchSize)
    var result: [HeadMeasures] = []
    for layer in 0..<layers {
      for head in 0..<heads {
        var entropy = 0.0
        for value in matrix(layer: layer, head: head) where value > 0 {
          entropy -= Double(value) * log(Double(value))
        }
        var measures = HeadMeasures(
          layer: layer, head: head, entropy: entropy / Double(tokens), distance: nil,
          renormalizedDistance: nil)
        if let distances { addDistances(to: &measures, distances) }
        result.append(measures)
      }
    }
    return result
  }

  private func addDistances(to measures: inout HeadMeasures, _ distances: [Double]) {
    let patches = tokens - prefixTokens
    var raw = 0.0
    var renormalized = 0.0
    for query in 0..<patches {
      let row = row(layer: measures.layer, head: measures.head, query: query + prefixTokens)
      var sum = 0.0
      var mass = 0.0
      for (key, value) in row.dropFirst(prefixTokens).enumerated() {
        sum += Double(value) * distances[query * patches + key]
        mass += Double(value)
      }
      raw += sum
      if mass > 0 { renormalized += sum / mass }
    }
    measures.distance = raw / Double(patches)
    measures.renormalizedDistance = renormalized / Double(patches)
  }

  private func patchDistances(patchSize: Int) -> [Double]? {
    // Frames have no distance in pixels, so a video has none.
    guard grid.count == 2 else { return nil }
    let (count, columns) = (grid[0] * grid[1], grid[1])
    var result = [Double](repeating: 0, count: count * count)
    for a in 0..<count {
      for b in 0..<count {
        let dy = Double(a / columns - b / columns)
        let dx = Double(a % columns - b % columns)
        result[a * count + b] = Double(patchSize) * hypot(dy, dx)
      }
    }
    return result
  }
}
