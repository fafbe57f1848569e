import Synchronization

/// Weights that stay in the mapped checkpoint until packing them pays.
///
/// One forward of one input is about as fast from the mapped rows as from packed panels, and packing takes longer than it. So the
/// first input is run from the file, and the weights are packed when a second comes or several come at once.
final class DeferredPacking: Sendable {
  private let linears: [Linear]
  private let embedding: TokenEmbedding?
  private let isPacked = Atomic<Bool>(false)
  private let hasRun = Mutex(false)

  /// - Parameter linears: layers that read from the mapped file; empty where all was packed at load.
  init(_ linears: [Linear], embedding: TokenEmbedding? = nil) {
    self.linears = linears
    self.embedding = embedding
    if linears.isEmpty, embedding == nil { isPacked.store(true, ordering: .releasing) }
  }

  /// To be called before a forward of `count` inputs; packs, or lets one of them pass.
  func prepare(count: Int, on team: Team) {
    if isPacked.load(ordering: .acquiring) { return }
    hasRun.withLock { hasRun in
      if !hasRun, count == 1 {
        hasRun = true
      } else {
        pack(on: team)
      }
    }
  }

  /// Packs whatever is not packed yet.
  func finish(on team: Team) {
    if isPacked.load(ordering: .acquiring) { return }
    hasRun.withLock { _ in pack(on: team) }
  }

  private func pack(on team: Team) {
    if isPacked.load(ordering: .acquiring) { return }
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
