import CKernels
import Glibc

/// What the machine can do at best: multiply-adds on registers, with no memory to wait for.
package enum MachinePeak {
  /// Operations a second (a multiply-add counts as two) of `threads` threads together.
  package static func measure(threads: Int? = nil) -> Double {
    let team = Team(count: threads)
    let steps = 2_000_000
    let results = AlignedBuffer(floats: team.count * 16)
    let counts = (0..<team.count).map { _ in AlignedBuffer(floats: 16) }
    var best = 0.0
    for _ in 0..<3 {
      var start = timespec()
      clock_gettime(CLOCK_MONOTONIC, &start)
      team.run(team.count) { part in
        let made = ck_multiply_add_burst(steps, results.floats + part * 16)
        counts[part].base.storeBytes(of: made, as: Int.self)
      }
      var end = timespec()
      clock_gettime(CLOCK_MONOTONIC, &end)
      let seconds = Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) * 1e-9
      let made = counts.reduce(0) { $0 + $1.base.load(as: Int.self) }
      best = max(best, 2 * Double(made) / seconds)
    }
    return best
  }
}
