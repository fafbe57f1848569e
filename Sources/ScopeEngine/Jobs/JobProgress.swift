/// How far a job is.
///
/// Newest wins: a reader that is slow misses steps, never the end.
package struct JobProgress: Sendable, Equatable {
  package var doneBytes: Int
  /// 0 where the size of the work is not known.
  package var totalBytes: Int
  package var bytesPerSecond: Double
  package var elapsedSeconds: Double
  /// What is being worked on: a tensor, a file.
  package var currentItem: String
  /// What is counted in place of bytes, in the singular: a picture; empty for bytes.
  package var noun: String

  package init(
    doneBytes: Int = 0, totalBytes: Int = 0, bytesPerSecond: Double = 0,
    elapsedSeconds: Double = 0, currentItem: String = "", noun: String = ""
  ) {
    self.doneBytes = doneBytes
    self.totalBytes = totalBytes
    self.bytesPerSecond = bytesPerSecond
    self.elapsedSeconds = elapsedSeconds
    self.currentItem = currentItem
    self.noun = noun
  }

  /// From 0 to 1.
  package var fraction: Double {
    totalBytes > 0 ? min(max(Double(doneBytes) / Double(totalBytes), 0), 1) : 0
  }

  /// nil until a rate is known.
  package var secondsLeft: Double? {
    guard totalBytes > 0, bytesPerSecond > 0 else { return nil }
    return max(Double(totalBytes) - Double(doneBytes), 0) / bytesPerSecond
  }
}
