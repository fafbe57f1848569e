import Synchronization

/// Where background work leaves its news for the loop, from any thread.
///
/// `wake` is called once when news arrive in an empty mailbox; of several reports on the progress of one job only the
/// newest is kept, so a busy job cannot flood the loop.
package final class Mailbox: Sendable {
  private let queue = Mutex<[Action]>([])
  private let wake: @Sendable () -> Void

  package init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

  func post(_ action: Action) {
    let wasEmpty = queue.withLock { queue in
      let wasEmpty = queue.isEmpty
      if case .conversionProgressed = action,
        let place = queue.lastIndex(where: {
          if case .conversionProgressed = $0 { true } else { false }
        })
      {
        queue[place] = action
        return wasEmpty
      }
      if case .jobProgressed(let key, _, _) = action,
        let place = queue.lastIndex(where: {
          if case .jobProgressed(key, _, _) = $0 { true } else { false }
        })
      {
        queue[place] = action
      } else {
        queue.append(action)
      }
      return wasEmpty
    }
    if wasEmpty { wake() }
  }

  /// Takes everything that is there.
  func drain() -> [Action] {
    queue.withLock { queue in
      defer { queue = [] }
      return queue
    }
  }
}
