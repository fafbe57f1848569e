/// Which stage of a tower is wanted.
package enum TowerOutput: String, Sendable, Hashable, CaseIterable {
  /// The projected vector, as the reference's `encode_image` / `encode_text` without normalisation.
  case features
  /// The pooled vector before the projection.
  case pooled
  /// Every token of the normed output but the class token, before the projection.
  case tokens
}

/// Rows of numbers that a tower gives: `[count, tokens, width]`, row-major; `tokens` is 1 for vectors.
package struct FeatureRows: Sendable, Equatable {
  package var count: Int
  package var tokens: Int
  package var width: Int
  package var values: [Float]

  package init(count: Int, tokens: Int, width: Int, values: [Float]) {
    self.count = count
    self.tokens = tokens
    self.width = width
    self.values = values
  }

  /// The numbers of one input.
  package func row(_ index: Int) -> ArraySlice<Float> {
    values[index * tokens * width..<(index + 1) * tokens * width]
  }
}

/// How weights are brought in and products are made.
package struct LoadOptions: Sendable, Hashable {
  package var path: ProductPath
  /// Threads; nil = one a core.
  package var threads: Int?
  /// The first input is run from the checkpoint file, and packing waits for a second one.
  ///
  /// For programs that may have only one. A file that is cut short meanwhile is an error of the forward.
  package var defersPacking: Bool

  package init(path: ProductPath = .packed, threads: Int? = nil, defersPacking: Bool = false) {
    self.path = path
    self.threads = threads
    self.defersPacking = defersPacking
  }
}

/// Splits a batch over workers, collects rows and the first error.
struct BatchRunner {
  let team: Team
  /// Most inputs that one worker takes at once, so that activations stay in cache.
  let chunk: Int

  /// Calls `body(first, count, output, workspace)` for ranges that cover 0 ..< count.
  ///
  /// `rowCount` floats an input go to the result.
  func run(
    count: Int, rowCount: Int, pool: WorkspacePool,
    _ body: (Int, Int, UnsafeMutablePointer<Float>, Workspace) throws(InferenceError) -> Void
  ) throws(InferenceError) -> [Float] {
    let result = AlignedBuffer(floats: count * rowCount)
    // Whole inputs for every worker as far as they can be dealt out evenly, the rest by the whole team.
    let even = team.count > 1 ? count / team.count * team.count : 0
    let share = even / team.count
    var errors = [InferenceError?](repeating: nil, count: team.count)
    if even > 0 {
      let spaces = (0..<team.count).map { _ in pool.take(team: .alone) }
      errors.withUnsafeMutableBufferPointer { slots in
        team.run(team.count) { worker in
          do throws(InferenceError) {
            let pieces = (share + chunk - 1) / chunk
            for piece in 0..<pieces {
              let first = worker * share + share * piece / pieces
              let last = worker * share + share * (piece + 1) / pieces
              try body(first, last - first, result.floats + first * rowCount, spaces[worker])
            }
          } catch {
            slots[worker] = error
          }
        }
      }
      for space in spaces { pool.give(space) }
    }
    if let error = errors.lazy.compactMap({ $0 }).first { throw error }
    if even < count {
      let space = pool.take(team: team)
      defer { pool.give(space) }
      var first = even
      while first < count {
        let size = min(chunk, count - first)
        try body(first, size, result.floats + first * rowCount, space)
        first += size
      }
    }
    return Array(UnsafeBufferPointer(start: result.floats, count: count * rowCount))
  }
}
