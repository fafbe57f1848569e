import Cells
import ScopeEngine

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
    let rate = "\(Numbers.bytes(Int(progress.bytesPerSecond)))/s"
    let left =
      progress.secondsLeft.map { ", \(Numbers.duration(seconds: $0)) left" } ?? ""
    console.progress(
      "\(Numbers.percent(progress.fraction))  \(rate)\(left)  \(progress.currentItem.prefix(50))")
    wasShown = true
  }
  if wasShown { console.endProgress() }
  return try job.wait()
}
