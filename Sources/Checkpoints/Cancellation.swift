/// Whether somebody still waits for what is being read.
///
/// Readers ask between pieces of work that are short by themselves.
struct Cancellation: Sendable {
  private let isRequested: @Sendable () -> Bool

  /// For work that nobody can stop.
  static let never = Cancellation { false }

  init(_ isRequested: @escaping @Sendable () -> Bool) { self.isRequested = isRequested }

  /// - Throws: `CheckpointError.cancelled`.
  func check() throws(CheckpointError) {
    if isRequested() { throw .cancelled }
  }
}
