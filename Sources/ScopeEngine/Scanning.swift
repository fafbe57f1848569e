import Checkpoints

extension Session {
  /// Findings of the container's reader, and of the values where `readsValues`.
  package func scan(
    readsValues: Bool = true, context: JobContext = JobContext()
  ) throws -> [Finding] {
    []
  }
}
