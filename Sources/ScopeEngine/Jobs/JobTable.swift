import Synchronization

/// The jobs under way.
///
/// A new job cancels an older one of the same kind.
final class JobTable: Sendable {
  private struct State {
    var nextNumber = 1
    var running: [JobID: (kind: JobKind, context: JobContext)] = [:]
    var newest: [JobKind: JobID] = [:]
  }

  private let state = Mutex(State())

  func register(_ kind: JobKind, _ context: JobContext) -> JobID {
    state.withLock { state in
      if let older = state.newest[kind] { state.running[older]?.context.cancel() }
      let id = JobID(number: state.nextNumber)
      state.nextNumber += 1
      state.running[id] = (kind, context)
      state.newest[kind] = id
      return id
    }
  }

  func remove(_ id: JobID) {
    state.withLock { state in
      guard let job = state.running.removeValue(forKey: id) else { return }
      if state.newest[job.kind] == id { state.newest[job.kind] = nil }
    }
  }

  func cancel(_ id: JobID) {
    state.withLock { $0.running[id] }?.context.cancel()
  }

  func cancelAll() {
    for job in state.withLock({ $0.running.values.map(\.context) }) { job.cancel() }
  }
}
