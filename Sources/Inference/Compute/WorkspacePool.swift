import Synchronization

/// Workspaces that are not in use, kept for the next forward so that their pages stay mapped.
final class WorkspacePool: @unchecked Sendable {
  // A workspace is owned by the pool or by exactly one forward, never by both.
  private let lock = Mutex<Void>(())
  private var free: [Workspace] = []

  func take(team: Team) -> Workspace {
    lock.withLock { _ in
      if let index = free.lastIndex(where: { $0.team.count == team.count }) {
        return free.remove(at: index)
      }
      return Workspace(team: team)
    }
  }

  func give(_ workspace: Workspace) {
    lock.withLock { _ in
      if free.count < 2 * Team.availableCores { free.append(workspace) }
    }
  }
}
