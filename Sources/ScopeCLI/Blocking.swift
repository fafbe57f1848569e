import Cells
package import ScopeEngine

/// Waits for a job, showing its progress where standard error is a terminal; an interruption cancels it.
///
/// The calling thread blocks: commands are synchronous and jobs have threads of their own, so no task waits for a task.
func blocking<Value: Sendable>(
  _ job: Job<Value>, showingProgressOn console: Console? = nil,
  leaving remains: Interruption.Remains = .nothing
) throws -> Value {
  try Interruption.cancelling(job, leaving: remains) {
    try waiting(for: job, showingProgressOn: console)
  }
}

private func waiting<Value: Sendable>(
  for job: Job<Value>, showingProgressOn console: Console?
) throws -> Value {
  guard let console, console.errorsAreTerminal else { return try job.wait() }
  var wasShown = false
  while !job.hasEnded(within: 200) {
    let progress = job.currentProgress
    guard progress.totalBytes > 0 else { continue }
    console.progress(ProgressText.line(progress, columns: console.size.columns))
    wasShown = true
  }
  if wasShown { console.endProgress() }
  return try job.wait()
}

/// How far a job is, as the line below the prompt has it.
package enum ProgressText {
  /// Percent, rate and time left, and what is worked on; the rate is left out until there is one.
  ///
  /// - Parameter columns: of the terminal; a line that goes round its end could not be taken away again.
  package static func line(_ progress: JobProgress, columns: Int = 80) -> String {
    var parts = [Numbers.percent(progress.fraction)]
    let left = progress.secondsLeft.map { "\(Numbers.duration(seconds: $0)) left" }
    let pace = [rate(progress), left].compactMap { $0 }.joined(separator: ", ")
    if !pace.isEmpty { parts.append(pace) }
    if !progress.currentItem.isEmpty { parts.append(String(progress.currentItem.prefix(50))) }
    return String(parts.joined(separator: "  ").prefix(max(columns - 1, 0)))
  }

  private static func rate(_ progress: JobProgress) -> String? {
    let rate = progress.bytesPerSecond
    guard progress.doneBytes > 0, rate > 0, rate < 0x1p60 else { return nil }
    guard progress.noun.isEmpty else {
      return "\(Numbers.value(rate, digits: 3)) \(progress.noun)s/s"
    }
    return rate < 1 ? nil : "\(Numbers.bytes(Int(rate)))/s"
  }
}
