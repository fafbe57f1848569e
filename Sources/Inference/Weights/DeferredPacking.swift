import Synchronization

/// Weights that stay in the checkpoint file until packing them pays.
///
/// One forward of one input is nearly as fast from the stored rows as from packed panels, and packing takes longer than it. So the
/// first input is run from the file, and the weights are packed when a second comes or several come at once.
final class DeferredPacking: Sendable {
  private let linears: [Linear]
  private let embedding: TokenEmbedding?
  private let isPacked = Atomic<Bool>(false)
  private let hasRun = Mutex(false)

  /// - Parameter linears: layers that read from the file; empty where all was packed at load.
  init(_ linears: [Linear], embedding: TokenEmbedding? = nil) {
    self.linears = linears
    self.embedding = embedding
    if linears.isEmpty, embedding == nil { isPacked.store(true, ordering: .releasing) }
  }

  /// To be called before a forward of `count` inputs; packs, or lets one of them pass.
  func prepare(count: Int, on team: Team) throws(InferenceError) {
    if isPacked.load(ordering: .acquiring) { return }
    let mayPass = hasRun.withLock { hasRun in
      defer { hasRun = true }
      return !hasRun && count == 1
    }
    if !mayPass { try finish(on: team) }
  }

  /// Packs whatever is not packed yet.
  func finish(on team: Team) throws(InferenceError) {
    if isPacked.load(ordering: .acquiring) { return }
    hasRun.withLock { _ in
      if !isPacked.load(ordering: .acquiring) { pack(on: team) }
    }
    try check()
  }

  /// To be called after a forward.
  /// - Throws: `InferenceError.unreadableTensor` where the file could not be read any more.
  func check() throws(InferenceError) {
    if let failure = embedding?.failure { throw failure }
    for linear in linears {
      if let failure = linear.failure { throw failure }
    }
  }

  private func pack(on team: Team) {
    let next = Atomic<Int>(0)
    team.run(team.count) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < linears.count else { return }
        linears[index].pack()
      }
    }
    embedding?.keep()
    isPacked.store(true, ordering: .releasing)
  }
}
