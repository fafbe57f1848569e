/// Splits a batch over workers, collects rows and the first error.
struct BatchRunner {
  let team: Team
  /// Most inputs that one worker takes at once, so that activations stay in cache.
  let chunk: Int

  /// Inputs of so many tokens that one worker takes at once: up to 512 rows of activations are enough for the products and
  /// small enough for the caches.
  static func chunk(tokens: Int) -> Int { max(1, 512 / max(tokens, 1)) }

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
